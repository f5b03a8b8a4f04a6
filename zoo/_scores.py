"""Score predicted annotations against gold ones."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from .doc import TOKEN_FIELDS, Doc

#: Precision, recall and their harmonic mean, by ``"p"``, ``"r"`` and ``"f"``.
PRF = dict[str, float]
#: A gold and a predicted label; None stands for none of the labels.
Pair = tuple[Any, Any]


def token_accuracy(
    gold: Sequence[Doc], predicted: Sequence[Doc], field: str
) -> float | None:
    """Compute the fraction of words whose predicted value is the gold one.

    A word without a gold value is not counted; one without a predicted value is wrong.

    Args:
        gold: The documents with the right values.
        predicted: The same documents, with the same number of words each.
        field: Name of a field of Doc with one value per word, such as ``"tags"``.

    Returns:
        The fraction, 0 to 1, or None if there was no word to count.

    Raises:
        ValueError: The field is another, or the documents do not go together.
    """
    return _accuracy(_token_pairs(gold, predicted, field))


def token_prf(
    gold: Sequence[Doc], predicted: Sequence[Doc], field: str
) -> dict[Any, PRF]:
    """Compute precision, recall and F-score of each value that words have.

    Words count as in `token_accuracy`, whose arguments and errors these are.

    Returns:
        The scores by value, for the values of gold and predicted words, sorted. Where
        there is nothing to divide by, precision or recall is 0.
    """
    return _prf_by_value(_token_pairs(gold, predicted, field))


def score_tags(
    gold: Sequence[Doc], predicted: Sequence[Doc], field: str = "tags"
) -> dict[str, Any]:
    """Score tags: ``tag_acc`` and ``tag_per_type``, or the same beginning with ``pos``.

    They are what `token_accuracy` and `token_prf` return for the same arguments.
    """
    name = "tag" if field == "tags" else field
    pairs = _token_pairs(gold, predicted, field)
    return {
        f"{name}_acc": _accuracy(pairs),
        f"{name}_per_type": _prf_by_value(pairs),
    }


def score_cats(
    gold: Sequence[Doc],
    predicted: Sequence[Doc],
    labels: Iterable[str],
    *,
    exclusive: bool,
    threshold: float = 0.5,
) -> dict[str, Any]:
    """Score the categories of documents.

    A document without a gold score for one of the labels is not counted, whatever is
    predicted for it.

    Args:
        gold: The documents with the right categories.
        predicted: The same documents.
        labels: All labels; scores of others are not looked at.
        exclusive: Whether each document has one label. The one with the best score is
            then predicted, and a label without a gold score has 0. If not, each label
            is decided by itself, and not counted where it has no gold score.
        threshold: From which score on a label that is not exclusive is predicted, 0 to
            1.

    Returns:
        A dictionary. ``cats_score`` is ``cats_macro_f`` of exclusive labels and
        ``cats_macro_auc`` of others, as ``cats_score_desc`` says. ``cats_micro_*`` (p,
        r, f) count the decisions on all labels together, ``cats_macro_*`` are means
        over the labels that have any score, and ``cats_f_per_type`` has p, r and f of
        each label: None for one that no document has, neither gold nor predicted.
        ``cats_auc_per_type`` is the area under the ROC curve: the probability that a
        document of the label has a higher score than one that is not, equal scores
        counting half. It is None for a label whose gold scores are not of two values,
        of which the greater means the label. ``cats_acc`` is the fraction of documents
        whose best label is the gold one, None if labels are not exclusive. Every score
        is None where there is nothing to compare with.

    Raises:
        ValueError: The documents do not go together.

    Source:
        spaCy's ``Scorer.score_cats``, with the same numbers where each document has
        categories, and each label is there or not in some. Unlike there, what cannot be
        scored is no 0 in the mean, a document without categories is not counted, and
        one without a predicted score misses its label.
    """
    known = dict.fromkeys(labels)
    cats = [
        (_among(known, doc.cats), _among(known, guess.cats))
        for doc, guess in _doc_pairs(gold, predicted)
    ]
    cats = [(doc, guess) for doc, guess in cats if doc]
    pairs = Counter(_best(cats) if exclusive else _decisions(cats, known, threshold))
    seen = {label for pair in pairs for label in pair}
    per_label = _prf_by_label(pairs, known)
    areas = {label: _auc(cats, label, exclusive) for label in known}
    micro = _prf(*map(sum, zip(*_counts(pairs, known).values(), strict=True)))
    macro = {
        kind: _mean(prf[kind] for label, prf in per_label.items() if label in seen)
        for kind in "prf"
    }
    macro_auc = _mean(area for area in areas.values() if area is not None)
    any_label = bool(seen - {None})
    scores = {
        "cats_score": macro["f"] if exclusive else macro_auc,
        "cats_score_desc": "macro F" if exclusive else "macro AUC",
        **{f"cats_micro_{kind}": micro[kind] if any_label else None for kind in "prf"},
        **{f"cats_macro_{kind}": macro[kind] for kind in "prf"},
        "cats_macro_auc": macro_auc,
        "cats_f_per_type": {
            label: prf if label in seen else dict.fromkeys(prf)
            for label, prf in per_label.items()
        },
        "cats_auc_per_type": areas,
        "cats_acc": _accuracy(pairs) if exclusive else None,
    }
    return scores if cats else dict.fromkeys(scores)


def score_ents(gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
    """Score named entities: ``ents_p``, ``ents_r``, ``ents_f`` and ``ents_per_type``.

    An entity is right if its first word, its last word and its label are the gold
    ones. A document whose gold `ents` is None is not counted, nor is a predicted
    entity with a word that gold `ents_known` calls unknown.

    Args:
        gold: The documents with the right entities.
        predicted: The same documents.

    Returns:
        The scores; all are None if there is no entity to count, neither gold nor
        predicted.

    Raises:
        ValueError: The documents do not go together.

    Source:
        spaCy's ``get_ner_prf``, with the same numbers.
    """
    pairs = Counter(_entity_pairs(gold, predicted))
    labels = sorted({label for pair in pairs for label in pair if label is not None})
    total = _prf(*map(sum, zip(*_counts(pairs, labels).values(), strict=True)))
    scores = {
        **{f"ents_{kind}": total[kind] for kind in "prf"},
        "ents_per_type": _prf_by_label(pairs, labels),
    }
    return scores if pairs else dict.fromkeys(scores)


#: Labels of arcs to marks, which are not counted.
PUNCTUATION = frozenset(["p", "punct"])


def score_deps(gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
    """Score dependency trees: ``dep_uas``, ``dep_las`` and ``dep_las_per_type``.

    They are F-scores of arcs; an arc is right if its head, and for ``dep_las`` its
    label, is the gold one, upper and lower case being one. A word without a gold head
    or label is not counted, nor are punctuation, as its label says, and predictions
    for white space. All scores are None if there is no arc to count.

    Args:
        gold: The documents with the right arcs.
        predicted: The same documents, with the same number of words each.

    Raises:
        ValueError: The documents do not go together.

    Source:
        spaCy's ``Scorer.score_deps`` as its parser calls it, with the same numbers
        where all words have gold arcs. Elsewhere it also leaves out words of later
        documents at the positions of those without.
    """
    golds, guesses = set(), set()
    for number, (doc, guess) in enumerate(_doc_pairs(gold, predicted)):
        _check_lengths(number + 1, doc, guess)
        known, found = dict(_arcs(doc)), dict(_arcs(guess))
        golds |= {(number, i, *arc) for i, arc in known.items()}
        guesses |= {
            (number, i, *arc)
            for i, arc in found.items()
            if _has_arc(doc, i) and not guess.words[i].isspace()
        }
    bare = {arc[:3] for arc in guesses}, {arc[:3] for arc in golds}
    labels = sorted({arc[3] for arc in golds | guesses})
    if not labels:
        return dict.fromkeys(["dep_uas", "dep_las", "dep_las_per_type"])
    return {
        "dep_uas": _set_prf(*bare)["f"],
        "dep_las": _set_prf(guesses, golds)["f"],
        "dep_las_per_type": {
            label: _set_prf(
                {arc for arc in guesses if arc[3] == label},
                {arc for arc in golds if arc[3] == label},
            )
            for label in labels
        },
    }


def score_sents(gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
    """Score sentences: ``sents_p``, ``sents_r`` and ``sents_f``.

    A sentence is right if its first and its last word are the gold ones. A document
    whose gold `sent_starts` is None is not counted. All scores are None if there is no
    sentence to count.

    Args:
        gold: The documents with the right sentences.
        predicted: The same documents.

    Raises:
        ValueError: The documents do not go together.

    Source:
        spaCy's ``Scorer.score_spans`` of sentences, with the same numbers.
    """
    golds, guesses = set(), set()
    for number, (doc, guess) in enumerate(_doc_pairs(gold, predicted)):
        if doc.sent_starts is not None:
            golds |= {(number, part.start, part.end) for part in doc.sents}
            if guess.sent_starts is not None:
                guesses |= {(number, part.start, part.end) for part in guess.sents}
    prf = _set_prf(guesses, golds)
    known = bool(golds or guesses)
    return {f"sents_{kind}": prf[kind] if known else None for kind in "prf"}


def _arcs(doc: Doc) -> Iterator[tuple[int, tuple[int, str]]]:
    """Yield each word with an arc that counts, its head and the label in lower case."""
    for i in range(len(doc)):
        if _has_arc(doc, i):
            assert doc.heads is not None and doc.deps is not None
            head, label = doc.heads[i], doc.deps[i]
            assert head is not None and label is not None
            if label.lower() not in PUNCTUATION:
                yield i, (head, label.lower())


def _has_arc(doc: Doc, i: int) -> bool:
    heads, deps = doc.heads, doc.deps
    return bool(heads and deps and heads[i] is not None and deps[i])


def _check_lengths(number: int, doc: Doc, guess: Doc) -> None:
    if len(doc) != len(guess):
        raise ValueError(
            f"Scoring: document {number} must have the same words in gold and "
            f"predicted, got {len(doc)} and {len(guess)} of them."
        )


def _set_prf(guesses: set[Any], golds: set[Any]) -> PRF:
    return _prf(len(guesses & golds), len(guesses), len(golds))


def _doc_pairs(
    gold: Sequence[Doc], predicted: Sequence[Doc]
) -> Iterator[tuple[Doc, Doc]]:
    if len(gold) != len(predicted):
        raise ValueError(
            f"Scoring: gold and predicted must be the same documents, got {len(gold)} "
            f"and {len(predicted)} of them."
        )
    return zip(gold, predicted, strict=True)


def _token_pairs(
    gold: Sequence[Doc], predicted: Sequence[Doc], field: str
) -> Counter[Pair]:
    """Count the pairs of words that have a gold value."""
    if field not in TOKEN_FIELDS:
        raise ValueError(
            f"Scoring: field must be one of {', '.join(TOKEN_FIELDS)}, got {field!r}."
        )
    golds: list[Any] = []
    guesses: list[Any] = []
    for number, (doc, guess) in enumerate(_doc_pairs(gold, predicted), start=1):
        _check_lengths(number, doc, guess)
        values = getattr(doc, field)
        if values is not None:
            golds += values
            guesses += getattr(guess, field) or [None] * len(doc)
    # The few distinct pairs are then looked at, not those of all words.
    pairs = Counter(zip(golds, guesses, strict=True))
    return Counter({pair: n for pair, n in pairs.items() if pair[0] is not None})


def _entity_pairs(gold: Sequence[Doc], predicted: Sequence[Doc]) -> Iterator[Pair]:
    """Pair the labels of entities with those of the same words, or with None."""
    for doc, guess in _doc_pairs(gold, predicted):
        if doc.ents is None:
            continue
        ents, known = set(doc.ents), doc.ents_known
        guesses = set(guess.ents or ())
        if known is not None:
            guesses = {span for span in guesses if all(known[span.start : span.end])}
        yield from ((span.label, span.label) for span in ents & guesses)
        yield from ((span.label, None) for span in ents - guesses)
        yield from ((None, span.label) for span in guesses - ents)


def _among(labels: dict[str, None], cats: dict[str, float] | None) -> dict[str, float]:
    return {label: score for label, score in (cats or {}).items() if label in labels}


def _best(cats: list[tuple[dict[str, float], dict[str, float]]]) -> Iterator[Pair]:
    """Pair the best gold label of each document with the best predicted one."""
    for gold, guess in cats:
        label = max(gold, key=gold.__getitem__)
        if guess or gold[label] > 0:
            yield label, max(guess, key=guess.__getitem__, default=None)


def _decisions(
    cats: list[tuple[dict[str, float], dict[str, float]]],
    labels: Iterable[str],
    threshold: float,
) -> Iterator[Pair]:
    """Pair each label of each document that has a gold score with its prediction."""
    for gold, guess in cats:
        for label in labels:
            if label in gold:
                held = guess.get(label, 0.0) >= threshold
                yield label if gold[label] > 0 else None, label if held else None


def _auc(
    cats: list[tuple[dict[str, float], dict[str, float]]], label: str, exclusive: bool
) -> float | None:
    points = [
        (guess.get(label, 0.0), gold.get(label, 0.0))
        for gold, guess in cats
        if exclusive or label in gold
    ]
    golds = Counter(gold for _, gold in points)
    if len(golds) != 2:
        return None
    wins, n_below, positive = 0.0, 0, max(golds)
    for _, group in groupby(sorted(points), key=lambda point: point[0]):
        found = Counter(gold == positive for _, gold in group)
        wins += found[True] * (n_below + found[False] / 2)
        n_below += found[False]
    return wins / (golds[positive] * golds[min(golds)])


def _accuracy(pairs: Counter[Pair]) -> float | None:
    right = sum(n for (gold, guess), n in pairs.items() if gold == guess)
    return right / pairs.total() if pairs else None


def _mean(values: Iterable[float]) -> float | None:
    found = [*values]
    return sum(found) / len(found) if found else None


def _counts(pairs: Counter[Pair], labels: Iterable[Any]) -> dict[Any, tuple[int, ...]]:
    """Count how often each label is right, predicted and gold."""
    right, guesses, golds = Counter[Any](), Counter[Any](), Counter[Any]()
    for (gold, guess), n in pairs.items():
        golds[gold] += n
        guesses[guess] += n
        if gold == guess:
            right[gold] += n
    return {label: (right[label], guesses[label], golds[label]) for label in labels}


def _prf_by_label(pairs: Counter[Pair], labels: Iterable[Any]) -> dict[Any, PRF]:
    counts = _counts(pairs, labels)
    return {label: _prf(*numbers) for label, numbers in counts.items()}


def _prf_by_value(pairs: Counter[Pair]) -> dict[Any, PRF]:
    values = {value for pair in pairs for value in pair if value is not None}
    return _prf_by_label(pairs, sorted(values))


def _prf(n_right: int = 0, n_predicted: int = 0, n_gold: int = 0) -> PRF:
    p = n_right / n_predicted if n_predicted else 0.0
    r = n_right / n_gold if n_gold else 0.0
    return {"p": p, "r": r, "f": 2 * p * r / (p + r) if n_right else 0.0}
