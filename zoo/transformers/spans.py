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
