"""Choose the stretches of text that a transformer reads, each by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .._registry import registry
from .._types import Docs
from ..doc import DocSlice


class Bounds(Protocol):
    """A stretch of a document, by words: a DocSlice, or a Span of zoo or of spaCy."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


#: Returns the stretches of each document, which may overlap or leave words out.
SpanGetter = Callable[[Docs], Sequence[Sequence[Bounds]]]


@registry.span_getters("zoo.doc_spans.v1")
def doc_spans() -> SpanGetter:
    """Read each document as a whole, as far as the transformer's windows reach."""
    return whole_docs


@registry.span_getters("zoo.sent_spans.v1")
def sent_spans() -> SpanGetter:
    """Read each sentence by itself; documents must know where these begin."""
    return sentences


@registry.span_getters("zoo.strided_spans.v1")
def strided_spans(window: int = 128, stride: int = 96) -> SpanGetter:
    """Read each document in windows that overlap.

    Args:
        window: Pieces in a window, beside the special ones that the tokenizer adds.
        stride: Pieces from the start of one window to that of the next.

    Raises:
        ValueError: Unless 1 <= stride <= window.
    """
    return StridedSpans(window, stride)


@dataclass(frozen=True)
class StridedSpans:
    """Return whole documents, and say what windows to cut them into."""

    window: int
    stride: int

    def __post_init__(self) -> None:
        if not 1 <= self.stride <= self.window:
            raise ValueError(
                f"strided_spans: stride must be 1 to {self.window}, the window, so "
                f"that no piece is left out, got {self.stride}."
            )

    def __call__(self, docs: Docs) -> list[list[DocSlice]]:
        return whole_docs(docs)


@registry.span_getters("zoo.token_spans.v1")
def token_spans(window: int = 128, stride: int = 96) -> SpanGetter:
    """Read each document in windows of tokens that overlap, as spacy-transformers.

    A token that stands in two windows has the pieces of both. `strided_spans` is
    better for new models: its windows are of equal length for the transformer, and each
    piece has the vector with more context.

    Args:
        window: Tokens in a window.
        stride: Tokens from the start of one window to that of the next.

    Raises:
        ValueError: Unless 1 <= stride <= window.
    """
    return TokenSpans(window, stride)


@registry.span_getters("zoo.token_pieces.v1")
def token_pieces(
    window: int = 128,
    stride: int = 96,
    *,
    spaced: bool = False,
    partial: bool = False,
) -> SpanGetter:
    """Cut each token into pieces by itself, as spacy-curated-transformers does.

    Documents are read in windows of pieces, of which the first begins with the class
    token and the last ends with the separator. The vectors of a piece that stands in
    two windows are averaged.

    Args:
        window: Pieces in a window, special ones included.
        stride: Pieces from the start of one window to that of the next.
        spaced: Whether the space before a token belongs to its first piece.
        partial: Whether a word that ends in something unknown has the pieces of its
            beginning, then an unknown one; else the whole word is unknown. For
            tokenizers of the kind WordPiece.

    Raises:
        ValueError: Unless window / 2 <= stride <= window.
    """
    return TokenPieces(window, stride, spaced, partial)


@dataclass(frozen=True)
class TokenSpans:
    """Return the windows of tokens of each document."""

    window: int
    stride: int

    def __post_init__(self) -> None:
        if not 1 <= self.stride <= self.window:
            raise ValueError(
                f"token_spans: stride must be 1 to {self.window}, the window, so that "
                f"no token is left out, got {self.stride}."
            )

    def __call__(self, docs: Docs) -> list[list[DocSlice]]:
        return [self._windows(doc) for doc in docs]

    def _windows(self, doc: Any) -> list[DocSlice]:
        windows, start = [], 0
        while start < len(doc):
            end = min(start + self.window, len(doc))
            windows.append(DocSlice(doc, start, end))
            if end == len(doc):
                break
            start += self.stride
        return windows


@dataclass(frozen=True)
class TokenPieces:
    """Return whole documents, and say how to cut them into pieces and windows."""

    window: int
    stride: int
    spaced: bool
    partial: bool

    def __post_init__(self) -> None:
        least = max(1, -(-self.window // 2))
        if not least <= self.stride <= self.window:
            raise ValueError(
                f"token_pieces: stride must be {least} to {self.window}, "
                f"half the window and the window, got {self.stride}."
            )

    def __call__(self, docs: Docs) -> list[list[DocSlice]]:
        return whole_docs(docs)


def whole_docs(docs: Docs) -> list[list[DocSlice]]:
    """Return each document as one stretch; an empty one has none."""
    return [[DocSlice(doc, 0, len(doc))] if len(doc) else [] for doc in docs]


def sentences(docs: Docs) -> list[list[Any]]:
    """Return the sentences of each document."""
    for doc in docs:
        if not hasattr(doc, "sents"):
            raise ValueError(
                f"sent_spans: documents must know their sentences, got a "
                f"{type(doc).__name__}. Use zoo.Doc with sent_starts, or doc_spans."
            )
    return [list(doc.sents) for doc in docs]  # type: ignore[union-attr]
