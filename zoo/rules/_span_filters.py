"""Choose among spans that overlap."""

from collections.abc import Callable, Iterable

from .._registry import registry
from ..doc import Span

#: From the spans that there are and those that were found, to those that are kept.
SpanFilter = Callable[[Iterable[Span], Iterable[Span]], list[Span]]


@registry.misc("zoo.FirstLongest.v1")
def FirstLongest() -> SpanFilter:
    """Make a filter that keeps the longest spans, then the first."""
    return keep_longest


@registry.misc("zoo.PreferNew.v1")
def PreferNew() -> SpanFilter:
    """Make a filter that drops the spans that new ones overlap with."""
    return prefer_new


@registry.misc("zoo.PreferExisting.v1")
def PreferExisting() -> SpanFilter:
    """Make a filter that drops new spans that overlap with those that there are."""
    return prefer_existing


def keep_longest(spans: Iterable[Span], new: Iterable[Span]) -> list[Span]:
    """Keep the longest spans, of as long ones the first, of all."""
    return sorted(_without_overlaps([*spans, *new], set()))


def prefer_new(spans: Iterable[Span], new: Iterable[Span]) -> list[Span]:
    """Keep the longest new spans, and of the others those that do not overlap."""
    kept = _without_overlaps(new, set())
    taken = {place for span in kept for place in range(span.start, span.end)}
    old = [span for span in spans if taken.isdisjoint(range(span.start, span.end))]
    return [*old, *kept]


def prefer_existing(spans: Iterable[Span], new: Iterable[Span]) -> list[Span]:
    """Keep all spans, and the longest new ones that do not overlap with them."""
    old = [*spans]
    taken = {place for span in old for place in range(span.start, span.end)}
    return [*old, *_without_overlaps(new, taken)]


def by_length(span: Span) -> tuple[int, int]:
    """Rank the longest span first, then the leftmost."""
    return span.start - span.end, span.start


def _without_overlaps(spans: Iterable[Span], taken: set[int]) -> list[Span]:
    kept = []
    for span in sorted(spans, key=by_length):
        places = range(span.start, span.end)
        if taken.isdisjoint(places):
            kept.append(span)
            taken.update(places)
    return kept
