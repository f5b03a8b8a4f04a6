"""Turn spans of characters into spans of words."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ..doc import Span

#: What becomes of a span of characters that is not one of words.
Misaligned = Literal["error", "skip", "expand"]


class CharacterSpan(NamedTuple):
    """A labelled run of characters: ``text[start:end]``."""

    start: int
    end: int
    label: str


def align_spans(
    spans: Iterable[CharacterSpan],
    words: Sequence[str],
    starts: Sequence[int],
    *,
    misaligned: Misaligned = "error",
) -> list[Span]:
    """Find the words that spans of characters cover, in the order of the text.

    starts: Of each word, where it begins in the text.
    misaligned: What becomes of a span that begins or ends within a word or in white
        space: "error", "skip" it, or "expand" it to all words that it touches; one
        that touches none is skipped then.

    Raises ValueError for spans that are misaligned, empty, or overlap.
    """
    ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
    found: list[Span] = []
    for span in sorted(spans):
        first = bisect_right(ends, span.start)
        last = bisect_left(starts, span.end)
        if span.start < 0 or span.start >= span.end:
            raise ValueError(
                f"a span must begin at character 0 or later, and end after that, got "
                f"{_show(span)}."
            )
        fits = first < last and starts[first] == span.start
        if not (fits and ends[last - 1] == span.end):
            if misaligned == "error":
                near = " ".join(words[max(first - 1, 0) : last + 1])
                raise ValueError(
                    f"a span must begin and end with a word, got {_show(span)} among "
                    f"the words {near!r}."
                )
            if misaligned == "skip" or first >= last:
                continue
        if found and first < found[-1].end:
            raise ValueError(f"spans must not overlap, got {_show(span)} too.")
        found.append(Span(first, last, span.label))
    return found


def _show(span: CharacterSpan) -> str:
    return f"{span.start}:{span.end} ({span.label})"
