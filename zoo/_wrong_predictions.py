"""Find where predicted annotations differ from gold ones."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .doc import TOKEN_FIELDS, Doc


class Mistake(NamedTuple):
    """A wrong prediction.

    Args:
        doc: The number of the document, from 0.
        field: The field of the document, such as "tags".
        start: The first word that it is about.
        end: The word after the last.
        gold: The right label; None if there should be none.
        predicted: The predicted label; None if there is none.
        score: The probability of the predicted label, 0 to 1; None if it is not known.
    """

    doc: int
    field: str
    start: int
    end: int
    gold: str | None
    predicted: str | None
    score: float | None = None


def find_mistakes(
    gold: Sequence[Doc],
    predicted: Sequence[Doc],
    field: str,
    *,
    exclusive: bool = True,
    threshold: float = 0.5,
) -> Iterator[Mistake]:
    """Find the wrong predictions in a field; what has no gold label is not compared.

    Args:
        gold: Documents with labels.
        predicted: The same documents with predictions.
        field: A field with a label per word, or "ents" or "cats".
        exclusive: Whether each document has one category.
        threshold: The score from which a category that is not exclusive is predicted.

    Yields:
        The mistakes, in the order of the documents.
    """
    for n, (right, guess) in enumerate(zip(gold, predicted, strict=True)):
        if field == "ents":
            yield from _compare_ents(n, right, guess)
        elif field == "cats":
            cats, scores = right.cats or {}, guess.cats or {}
            compare = _compare_best if exclusive else _compare_each
            for label, other, score in compare(cats, scores, threshold):
                yield Mistake(n, field, 0, len(right), label, other, score)
        elif field in TOKEN_FIELDS:
            yield from _compare_words(n, field, right, guess)


def count_confusions(mistakes: Iterable[Mistake]) -> Counter[tuple[str, str]]:
    """Count the pairs of a gold and a predicted label; "-" stands for none."""
    return Counter((m.gold or "-", m.predicted or "-") for m in mistakes)


def _compare_words(n: int, field: str, right: Doc, guess: Doc) -> Iterator[Mistake]:
    labels, others = getattr(right, field), getattr(guess, field)
    for i, label in enumerate(labels or ()):
        other = others[i] if others else None
        if label is not None and label != other:
            found = None if other is None else str(other)
            yield Mistake(n, field, i, i + 1, str(label), found)


def _compare_ents(n: int, right: Doc, guess: Doc) -> Iterator[Mistake]:
    """Compare entities: the same words with another label, missed and invented ones."""
    if right.ents is None:
        return
    labels = {(span.start, span.end): span.label for span in right.ents}
    others = {(span.start, span.end): span.label for span in guess.ents or ()}
    known = right.ents_known or [True] * len(right)
    for start, end in sorted({*labels, *others}):
        label, other = labels.get((start, end)), others.get((start, end))
        if label != other and all(known[start:end]):
            yield Mistake(n, "ents", start, end, label, other)


Pairs = Iterator[tuple[str | None, str | None, float | None]]


def _compare_best(
    cats: dict[str, float], scores: dict[str, float], threshold: float
) -> Pairs:
    if not cats:
        return
    label = max(cats, key=lambda name: cats[name])
    other = max(scores, key=lambda name: scores[name], default=None)
    if label != other:
        yield label, other, None if other is None else scores[other]


def _compare_each(
    cats: dict[str, float], scores: dict[str, float], threshold: float
) -> Pairs:
    for name, value in cats.items():
        is_gold, score = value >= 0.5, scores.get(name, 0.0)
        if is_gold != (score >= threshold):
            yield (name, None, score) if is_gold else (None, name, score)
