"""Turn spans of characters into spans of words, and settle overlaps."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple, get_args

from ..doc import Span

#: What becomes of a span of characters that does not fit the words.
Misaligned = Literal["error", "skip", "expand"]
#: What becomes of entities that overlap.
Overlapping = Literal["error", "longest"]


class CharacterSpan(NamedTuple):
    """A labelled run of characters: ``text[start:end]``."""

    start: int
    end: int
    label: str


@dataclass
class WordSpans:
    """Spans of words, and what was left out on the way to them.

    Attributes:
        spans: The spans, in the order of the text.
        n_misaligned: Spans of characters that were left out, as they do not fit.
        n_overlapping: Spans that were left out, as they overlap a longer one.
        unknown: Indices of words of which nothing is known, as they belong to a span
            that was left out and to none that was kept.
    """

    spans: list[Span]
    n_misaligned: int = 0
    n_overlapping: int = 0
    unknown: set[int] = field(default_factory=set)

    def known(self, n_words: int) -> list[bool] | None:
        """Return whether each word is known, or None if all are."""
        if not self.unknown:
            return None
        return [i not in self.unknown for i in range(n_words)]


def check_choice(owner: str, name: str, choices: Any, value: str) -> None:
    """Raise ValueError if a value is not one of the choices of a `Literal`."""
    if value not in get_args(choices):
        raise ValueError(
            f"{owner}: {name} must be one of {', '.join(get_args(choices))}, got "
            f"{value!r}."
        )


def align_spans(
    spans: Iterable[CharacterSpan],
    words: Sequence[str],
    starts: Sequence[int],
    *,
    misaligned: Misaligned = "error",
) -> WordSpans:
    """Find the words that spans of characters cover.

    Args:
        spans: The spans of characters.
        words: The words of the text.
        starts: Of each word, its first character in the text.
        misaligned: What becomes of a span that begins or ends within a word or in
            white space: "error", "skip" it, or "expand" it to all words that it
            touches; one that touches none is skipped then.

    Returns:
        The spans of words. They may overlap.

    Raises:
        ValueError: A span is misaligned, empty, or begins before the text.
    """
    ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
    found = WordSpans([])
    skipped: set[int] = set()
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
                    f'the words {near!r}. With misaligned = "skip" such spans are left '
                    f'out, and with "expand" they are widened to whole words.'
                )
            if misaligned == "skip" or first >= last:
                found.n_misaligned += 1
                skipped.update(range(first, last))
                continue
        found.spans.append(Span(first, last, span.label))
    kept = {i for span in found.spans for i in range(span.start, span.end)}
    found.unknown = skipped - kept
    return found


def settle_overlaps(found: WordSpans, overlapping: Overlapping) -> WordSpans:
    """Leave out spans that overlap a longer one, or refuse them.

    Args:
        found: The spans.
        overlapping: "error", or "longest": of spans that overlap, the longest is
            kept, of equally long ones the first.

    Returns:
        The spans that are left, in the order of the text.

    Raises:
        ValueError: Spans overlap, or are the same, and are not to be left out.
    """
    ordered = sorted(found.spans)
    if all(left.end <= right.start for left, right in pairwise(ordered)):
        found.spans = ordered
        return found
    if overlapping == "error":
        pairs = pairwise(ordered)
        left, right = next(pair for pair in pairs if pair[0].end > pair[1].start)
        raise ValueError(
            f"spans must not overlap, got {_show(left)} and {_show(right)}, counted in "
            f'words. With overlapping = "longest" the longest of them is kept.'
        )
    kept: list[Span] = []
    taken: set[int] = set()
    for span in sorted(ordered, key=lambda span: span.start - span.end):
        inside = range(span.start, span.end)
        if taken.isdisjoint(inside):
            kept.append(span)
            taken.update(inside)
    touched = {i for span in ordered for i in range(span.start, span.end)}
    return WordSpans(
        sorted(kept),
        found.n_misaligned,
        len(ordered) - len(kept),
        (found.unknown | touched) - taken,
    )


def _show(span: CharacterSpan | Span) -> str:
    return f"{span.start}:{span.end} ({span.label})"
