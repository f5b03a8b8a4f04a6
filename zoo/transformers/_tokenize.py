"""Build the texts of spans, and split them into pieces."""

from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any

import numpy as np

from .._types import Array, Docs
from ..doc import Doc, DocLike, words_and_norms
from .spans import SpanGetter


@dataclass
class Texts:
    """The texts of the spans of a batch, and the positions of their tokens.

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
    reaches: Array  # (n_places,): the one after the space behind it, if there is one.
    edge: Array  # (n_places,): tokens to the nearer end of its span that cuts the text.


def read_texts(docs: Docs, get_spans: SpanGetter) -> Texts:
    """Build the texts of the spans that a getter chooses.

    Raises:
        ValueError: It gives not one list of spans per document, or a span that lies
            outside of its document.
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
    parts: list[tuple[Array, ...]] = []
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
            # A text ends with its last word, so that no space stands behind it.
            reaches = np.minimum(starts + widths, base + len(text))
            parts.append(
                (
                    firsts[i] + at,
                    starts,
                    starts + lengths[start:end],
                    reaches,
                    _distance_to_cuts(at, start, end, len(units)),
                )
            )
            texts.append(text)
            span_docs.append(i)
            base += len(text)
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    tokens, starts, ends, reaches, edge = columns or [np.zeros(0, dtype="i8")] * 5
    return Texts(
        texts,
        np.array([0, *accumulate(map(len, texts))], dtype="i8")[:-1],
        np.array(span_docs, dtype="i8"),
        n_tokens,
        tokens,
        starts,
        ends,
        reaches,
        edge,
    )


def _lay_out(doc: DocLike) -> tuple[Any, list[str], Array]:
    """Return the words, each with the space after it, and the lengths without."""
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
    """Return the words of a document, and whether a space follows each (None: yes)."""
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
    nearer: Array = np.minimum(left, right)
    return nearer


@dataclass
class Pieces:
    """The pieces of all texts of a batch, one text after another."""

    ids: Array  # (n_pieces,)
    starts: Array  # (n_pieces,): the first character, as Texts numbers them,
    ends: Array  # (n_pieces,): and the one after the last.
    n_pieces: Array  # (n_spans,)


@dataclass(frozen=True)
class SpecialPieces:
    """The special pieces around a text: their ids and types."""

    before: tuple[int, ...]
    behind: tuple[int, ...]
    types_before: tuple[int, ...]
    types_behind: tuple[int, ...]
    type_of_text: int

    def __len__(self) -> int:
        return len(self.before) + len(self.behind)

    @property
    def class_row(self) -> int | None:
        """Return the position of the class token in a window: 0, or -1 for the last."""
        return 0 if self.before else -1 if self.behind else None


def own_copy(tokenizer: Any) -> Any:
    """Copy a tokenizer without the truncation and padding that it may be set to.

    Raises:
        ValueError: It cannot be written to a file, as RoFormer's cannot.
    """
    try:
        text = tokenizer.to_str()
    except Exception as error:  # The package raises bare ones.
        raise ValueError(
            f"Transformer: the tokenizer must be one that can be saved, got an error: "
            f"{error} It has a part that is written in Python. Replace that part, or "
            f"give another transformer."
        ) from error
    copied = type(tokenizer).from_str(text)
    copied.no_truncation()
    copied.no_padding()
    return copied


def find_special_pieces(tokenizer: Any) -> SpecialPieces:
    """Find what a tokenizer adds to a text, by an example."""
    encoding = tokenizer.encode("a", add_special_tokens=True)
    marks = encoding.special_tokens_mask
    # What stands for the text is marked too where all of it is an unknown piece.
    n_text = len(tokenizer.encode("a", add_special_tokens=False).ids)
    n_before = marks.index(0) if 0 in marks else (len(marks) - n_text) // 2
    n_behind = len(marks) - n_before - n_text
    ids, types = encoding.ids, encoding.type_ids
    end = len(ids) - n_behind
    return SpecialPieces(
        tuple(ids[:n_before]),
        tuple(ids[end:]),
        tuple(types[:n_before]),
        tuple(types[end:]),
        types[n_before] if n_text else 0,
    )


def read_pieces(tokenizer: Any, texts: Texts) -> Pieces:
    """Cut all texts into pieces, without special ones."""
    encodings = tokenizer.encode_batch(texts.texts, add_special_tokens=False)
    ids = [encoding.ids for encoding in encodings]
    n_pieces = np.fromiter(map(len, ids), "i8", len(ids))
    total = int(n_pieces.sum())
    offsets = chain.from_iterable(encoding.offsets for encoding in encodings)
    bounds = np.fromiter(chain.from_iterable(offsets), "i8", 2 * total)
    bounds = bounds.reshape(-1, 2) + np.repeat(texts.text_starts, n_pieces)[:, None]
    return Pieces(
        np.fromiter(chain.from_iterable(ids), "i8", total),
        bounds[:, 0],
        bounds[:, 1],
        n_pieces,
    )
