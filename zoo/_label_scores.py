"""Score features and groups of spans."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from ._lexical.feats import split_feats
from ._scores import _doc_pairs, _prf, token_accuracy
from .doc import Doc, Span

#: A gold set and a predicted set.
_Sets = tuple[set[Any], set[Any]]


def score_morphs(gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
    """Score features: ``morph_acc``, ``morph_micro_*`` and ``morph_per_feat``.

    ``morph_acc`` is the fraction of words with all the gold features, of those whose
    features are known. The others count single features, such as "Number=Sing", of
    words that have any: ``morph_micro_p``, ``_r`` and ``_f`` of all together, and p, r
    and f of each name. They are None if there is nothing to count.

    Args:
        gold: Documents as they should be.
        predicted: The same documents.

    Raises:
        ValueError: The documents do not go together.

    Source:
        spaCy 3.8, `Scorer.score_token_attr_per_feat`, which gives the same numbers.
    """
    golds: Counter[str] = Counter()
    guesses: Counter[str] = Counter()
    right: Counter[str] = Counter()
    accuracy = token_accuracy(gold, predicted, "morphs")
    for doc, guess in _doc_pairs(gold, predicted):
        if doc.morphs is None:
            continue
        pairs = zip(doc.morphs, guess.morphs or repeat(None, len(doc)), strict=True)
        for feats, guessed in pairs:
            if wanted := {*split_feats(feats).items()}:
                found = {*split_feats(guessed).items()}
                golds.update(name for name, _ in wanted)
                guesses.update(name for name, _ in found)
                right.update(name for name, _ in wanted & found)
    names = sorted({*golds, *guesses})
    micro = _prf(right.total(), guesses.total(), golds.total())
    scores: dict[str, Any] = {
        **{f"morph_micro_{kind}": micro[kind] for kind in "prf"},
        "morph_per_feat": {n: _prf(right[n], guesses[n], golds[n]) for n in names},
    }
    return {"morph_acc": accuracy, **(scores if names else dict.fromkeys(scores))}


def score_spans(
    gold: Sequence[Doc], predicted: Sequence[Doc], key: str = "sc"
) -> dict[str, Any]:
    """Score a group of spans: ``spans_sc_p``, ``_r``, ``_f`` and ``_per_type``.

    A span is right if its first word, its last word and its label are the gold ones. A
    document without the group in its gold `spans` is not counted.

    Args:
        gold: Documents as they should be.
        predicted: The same documents.
        key: Name of the group, which the names of the scores have in them.

    Raises:
        ValueError: The documents do not go together.

    Source:
        spaCy 3.8, `Scorer.score_spans`, which gives the same numbers.
    """
    sets = [
        ({*(doc.spans or {})[key]}, {*(guess.spans or {}).get(key, ())})
        for doc, guess in _doc_pairs(gold, predicted)
        if key in (doc.spans or {})
    ]
    name = f"spans_{key}"
    labels = sorted({span.label for pair in sets for spans in pair for span in spans})
    per_type = {
        label: _count_sets((_of_label(g, label), _of_label(p, label)) for g, p in sets)
        for label in labels
    }
    scores = _score_sets(name, sets)
    scores[f"{name}_per_type"] = per_type if labels else None
    return scores


def _score_sets(name: str, sets: Iterable[_Sets]) -> dict[str, Any]:
    pairs = [*sets]
    scores: dict[str, Any] = {
        f"{name}_{kind}": value for kind, value in _count_sets(pairs).items()
    }
    return scores if any(g or p for g, p in pairs) else dict.fromkeys(scores)


def _count_sets(pairs: Iterable[_Sets]) -> dict[str, float]:
    counts = [(len(g & p), len(p), len(g)) for g, p in pairs]
    return _prf(*map(sum, zip(*counts, strict=True)))


def _of_label(spans: set[Span], label: str) -> set[Span]:
    return {span for span in spans if span.label == label}
