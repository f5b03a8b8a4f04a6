"""Find the entities and spans of a line of words, and stack those that overlap."""

import unicodedata
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from ..doc import Doc, Span

#: Colours that marks may have; see `styles`.
N_COLORS = 8
#: What is shown of words that show nothing.
_VISIBLE = {"\n": "\u21b5", "\t": "\u21e5", "\r": "\u240d", " ": "\u2423"}


class Mark(NamedTuple):
    """A span of a line, by positions in it, and where it is shown."""

    start: int
    end: int
    label: str
    row: int  # 0 is nearest to the words.
    goes_on: tuple[bool, bool]  # Whether it began before the line, and ends behind it.


class Group(NamedTuple):
    """The marks of a line that belong together, and their rows."""

    name: str
    marks: list[Mark]
    n_rows: int


def find_groups(doc: Doc, start: int, end: int) -> list[Group]:
    """Return the entities and the groups of spans among some words, without empty ones.

    The group of the entities has no name and comes first.
    """
    named: list[tuple[str, list[Span]]] = [("", doc.ents or [])]
    named += list((doc.spans or {}).items())
    groups = [_stack(name, spans, start, end) for name, spans in named]
    return [group for group in groups if group.marks]


def _stack(name: str, spans: Iterable[Span], start: int, end: int) -> Group:
    """Put spans into rows, so that those of one row do not overlap."""
    inside = [s for s in spans if s.start < end and s.end > start]
    ends: list[int] = []
    marks = []
    for span in sorted(inside, key=lambda s: (s.start, -s.end)):
        first, last = max(span.start, start), min(span.end, end)
        free = (row for row, at in enumerate(ends) if at <= first)
        row = next(free, len(ends))
        ends[row:] = [last, *ends[row + 1 :]]
        goes_on = (span.start < start, span.end > end)
        mark = Mark(first - start, last - start, span.label, row, goes_on)
        marks.append(mark)
    return Group(name, marks, len(ends))


def choose_colors(docs: Iterable[Doc]) -> dict[str, int]:
    """Choose a colour for each label: the same one each time, unless it is taken.

    With more labels than colours some share one.
    """
    labels = {
        span.label
        for doc in docs
        for spans in [doc.ents or [], *(doc.spans or {}).values()]
        for span in spans
    }
    colors: dict[str, int] = {}
    taken: set[int] = set()
    for label in sorted(labels):
        code = label.encode("utf-8", "surrogatepass")
        wanted = zlib.crc32(code) % N_COLORS
        free = (c % N_COLORS for c in range(wanted, wanted + N_COLORS))
        colors[label] = next((c for c in free if c not in taken), wanted)
        taken.add(colors[label])
    return colors


def show_word(word: str) -> str:
    """Return a word as it is shown: whitespace alone and nothing at all are visible."""
    if not word:
        return "\u2205"
    if word.isspace():
        return "".join(_VISIBLE.get(char, "\u2423") for char in word)
    return word


def is_right_to_left(words: Iterable[str]) -> bool:
    """Check whether the first letter of some words is of a script from the right."""
    for word in words:
        for char in word:
            kind = unicodedata.bidirectional(char)
            if kind in ("L", "R", "AL"):
                return kind != "L"
    return False
