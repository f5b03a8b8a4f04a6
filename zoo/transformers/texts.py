"""Lay the texts of spans out, and know where in them each token stands."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from ..docs import Doc, DocLike, words_and_norms
from ..types import Array, Docs
from .spans import SpanGetter


@dataclass
class Texts:
    """The texts of the spans of a batch, and the tokens that stand in them.

    The tokens of all documents are numbered on; so are the characters of all texts.
    """

    texts: list[str]  # One per span.
    text_starts: Array  # (n_spans,): the first character of each text.
    span_docs: Array  # (n_spans,): the document that each span is of.
    n_tokens: Array  # (n_docs,)
    # One entry per token of a span; a token that stands in two spans has two.
    tokens: Array  # (n_places,): the number of the token.
    starts: Array  # (n_places,): its first character,
    ends: Array  # (n_places,): and the one after its last.
    edge: Array  # (n_places,): tokens to the nearer end of its span that cuts the text.


def read_texts(docs: Docs, get_spans: SpanGetter) -> Texts:
    """Lay out the texts of the spans that a getter chooses.

    Raises ValueError if it gives not one list of spans per document, or a span that
    lies outside of its document.
    """
    spans = get_spans(docs)
    if len(spans) != len(docs):
        raise ValueError(
            f"TransformerWrapper: get_spans must give one list of spans per document, "
            f"got {len(spans)} lists for {len(docs)} documents."
        )
    n_tokens = np.array([len(doc) for doc in docs], dtype="i8")
    firsts = np.cumsum(n_tokens) - n_tokens
    texts: list[str] = []
    span_docs: list[int] = []
    parts: list[tuple[Array, Array, Array, Array]] = []
    base = 0
    for i, doc in enumerate(docs):
        if not len(spans[i]):
            continue
        words, units, lengths = _lay_out(doc)
        for span in spans[i]:
            start, end = span.start, span.end
            if not 0 <= start <= end <= len(units):
                raise ValueError(
                    f"TransformerWrapper: get_spans must give spans within the "
                    f"{len(units)} words of a document, got {start}:{end}."
                )
            text = _join(words, units, start, end)
            widths = np.fromiter(map(len, units[start:end]), "i8", end - start)
            ends = np.cumsum(widths)
            starts = base + ends - widths
            at = np.arange(start, end)
            parts.append(
                (
                    firsts[i] + at,
                    starts,
                    starts + lengths[start:end],
                    _distance_to_cuts(at, start, end, len(units)),
                )
            )
            texts.append(text)
            span_docs.append(i)
            base += len(text)
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    tokens, starts, ends, edge = columns or [np.zeros(0, dtype="i8")] * 4
    return Texts(
        texts,
        np.array([0, *accumulate(map(len, texts))], dtype="i8")[:-1],
        np.array(span_docs, dtype="i8"),
        n_tokens,
        tokens,
        starts,
        ends,
        edge,
    )


def _lay_out(doc: DocLike) -> tuple[Any, list[str], Array]:
    """Give the words, each with the space that follows it, and the lengths without."""
    words, spaces = words_and_spaces(doc)
    lengths = np.fromiter(map(len, words), "i8", len(words))
    if spaces is None:
        return words, [f"{word} " for word in words], lengths
    pairs = zip(words, spaces, strict=True)
    return words, [f"{word} " if space else word for word, space in pairs], lengths


def _join(words: Any, units: list[str], start: int, end: int) -> str:
    """Join words as they stand in the text, without the space behind the last one."""
    return "".join(units[start : end - 1]) + words[end - 1] if end > start else ""


def words_and_spaces(doc: DocLike) -> tuple[Any, Any]:
    """Give the words of a document, and whether a space follows each; None: always."""
    if isinstance(doc, Doc):
        return doc.words, doc.spaces
    if hasattr(doc, "vocab"):
        tokens: list[Any] = list(doc)
        return [t.text for t in tokens], [bool(t.whitespace_) for t in tokens]
    return words_and_norms(doc)[0], None


def _distance_to_cuts(at: Array, start: int, end: int, length: int) -> Array:
    """Count the tokens to the nearer end of a span; the document's ends cut nothing."""
    far = np.full(len(at), np.iinfo("i8").max)
    left = at - start if start > 0 else far
    right = end - 1 - at if end < length else far
    return np.minimum(left, right)
