"""Draw lines of a document as SVG: words, arcs above them, and spans below."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rich.cells import cell_len

from ..doc import Doc
from .arcs import Arc, find_arcs, find_roots, split_lines
from .marks import Group, Mark, find_groups, is_right_to_left, show_word
from .styles import clean, escape, style_sheet

#: Sizes in pixels: of the margin, the gap between words, a level of arcs, a row of
#: marks, and a row of text.
MARGIN, GAP, LEVEL, ROW, TEXT = 14, 20, 28, 25, 19
#: Where lines without arcs are broken.
WIDTH = 900
#: What arcs that meet at one word keep apart.
APART = 6
#: Narrow letters, and wide ones.
_NARROW, _WIDE = frozenset("iIjlft.,:;'|!()[] "), frozenset("mwMW@%\u2014")


def measure(text: str, size: float = 16) -> float:
    """Estimate the width of text in pixels, rather too wide than too narrow."""
    width = 0.0
    for char in clean(text):
        cells = cell_len(char)
        if cells != 1:
            width += cells * 0.52 + (0.1 if cells else 0)
        elif char in _NARROW:
            width += 0.34
        elif char in _WIDE or char.isupper():
            width += 0.92 if char in _WIDE else 0.72
        else:
            width += 0.58
    return width * size


class Line(NamedTuple):
    """A line of a document and where its parts stand, in pixels."""

    words: list[str]
    below: list[list[str]]  # Rows of text below the words.
    arcs: list[Arc]
    roots: dict[int, str]
    groups: list[Group]
    centers: list[float]
    widths: list[float]  # Of the column of each word.
    width: float
    caption: float  # Width of the names of groups.
    n_levels: int
    is_reversed: bool

    @property
    def height(self) -> float:
        n_rows = sum(group.n_rows for group in self.groups)
        top = (self.n_levels + 0.8) * LEVEL if self.arcs or self.roots else 4
        return top + TEXT * (1 + len(self.below)) + 8 + n_rows * ROW


def draw_svg(docs: list[Doc], colors: Mapping[str, int], title: str) -> str:
    """Return a picture of documents that stands by itself.

    Args:
        docs: The documents.
        colors: The number of the colour of each label.
        title: What the picture shows, for people who cannot see it.
    """
    lines = [line for doc in docs for line in lay_out(doc)]
    return _svg(lines, colors, title, style_sheet())


def draw_rows(doc: Doc, colors: Mapping[str, int]) -> list[str]:
    """Return a picture for each line of a document, for pages with their own styles."""
    return [
        _svg([line], colors, describe("".join(f"{w} " for w in line.words)))
        for line in lay_out(doc)
    ]


def describe(text: str) -> str:
    """Return what a picture of some words shows, shortened."""
    plain = " ".join(text.split())
    shown = plain if len(plain) <= 200 else f"{plain[:199]}\u2026"
    return f"Annotations of: {shown}" if plain else "An empty document"


def lay_out(doc: Doc) -> Iterator[Line]:
    """Compute where the parts of each line stand."""
    has_arcs = doc.heads is not None
    for start, end in split_lines(doc):
        if has_arcs:
            yield _line(doc, start, end)
            continue
        first, width = start, 0.0
        for i in range(start, end):
            column = _column(doc, i)
            if i > first and width + column > WIDTH:
                yield _line(doc, first, i)
                first, width = i, 0.0
            width += column
        yield _line(doc, first, end)


def _column(doc: Doc, i: int) -> float:
    """Return the width of the column of a word."""
    below = [row[0] for row in _rows_below(doc, i, i + 1)]
    return max(
        [measure(show_word(doc.words[i])), *(measure(t, 12) for t in below), 14]
    ) + (GAP if doc.heads is not None else GAP / 2)


def _rows_below(doc: Doc, start: int, end: int) -> list[list[str]]:
    """Return the tags of words: coarse and fine ones, without twins."""
    rows: list[list[str]] = []
    for values in (doc.pos, doc.tags):
        row = [value or "" for value in (values or [])[start:end]]
        if any(row) and row not in rows:
            rows.append(row)
    return rows


def _line(doc: Doc, start: int, end: int) -> Line:
    words = [show_word(word) for word in doc.words[start:end]]
    arcs, roots = find_arcs(doc, start, end), find_roots(doc, start, end)
    groups = find_groups(doc, start, end)
    widths = [_column(doc, i) for i in range(start, end)]
    for group in groups:  # A mark must have room for its label.
        for mark in group.marks:
            lacks = measure(mark.label, 12) + 16 - sum(widths[mark.start : mark.end])
            for i in range(mark.start, mark.end):
                widths[i] += max(0.0, lacks) / (mark.end - mark.start)
    for i, label in roots.items():
        widths[i] = max(widths[i], measure(label, 12) + 8)
    _make_room(widths, arcs)
    caption = max((measure(g.name, 12) + 10 for g in groups if g.name), default=0.0)
    centers, at = [], MARGIN + caption
    for width in widths:
        centers.append(at + width / 2)
        at += width
    levels = [arc.level for arc in arcs] or [0]
    return Line(
        words,
        _rows_below(doc, start, end),
        arcs,
        roots,
        groups,
        centers,
        widths,
        at + MARGIN,
        caption,
        max(levels) + bool(roots),
        is_right_to_left(doc.words[start:end]),
    )


def _make_room(widths: list[float], arcs: list[Arc]) -> None:
    """Widen columns until each label fits below its arc."""
    starts = Counter(arc.left for arc in arcs)
    ends = Counter(arc.right for arc in arcs)
    for arc in arcs:  # The shortest first.
        inner = sum(widths[arc.left + 1 : arc.right])
        span = inner + (widths[arc.left] + widths[arc.right]) / 2
        taken = APART * (starts[arc.left] + ends[arc.right])
        lacks = measure(arc.label, 12) + 20 + taken - span
        if lacks > 0:
            widths[arc.left] += lacks
            widths[arc.right] += lacks


def _svg(
    lines: list[Line], colors: Mapping[str, int], title: str, styles: str = ""
) -> str:
    width = max((line.width for line in lines), default=200.0)
    height = sum(line.height + MARGIN for line in lines) + MARGIN
    if not lines:
        height = 2 * MARGIN + TEXT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="zoo-view" role="img" '
        f'aria-label="{escape(title)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{escape(title)}</title>",
        f"<style>{styles}</style>" if styles else "",
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>',
    ]
    if not lines:
        parts.append(
            _text(width / 2, MARGIN + TEXT / 2 + 5, "(no words)", "small soft")
        )
    top = float(MARGIN)
    for line in lines:
        parts += _draw_line(line, top, colors)
        top += line.height + MARGIN
    return "".join([*parts, "</svg>"])


def _draw_line(line: Line, top: float, colors: Mapping[str, int]) -> Iterator[str]:
    def flip(x: float) -> float:
        return line.width - x if line.is_reversed else x

    base = top
    if line.arcs or line.roots:
        base += (line.n_levels + 0.8) * LEVEL
        yield from _draw_arcs(line, base, flip)
    for i, word in enumerate(line.words):
        x = flip(line.centers[i])
        yield _text(x, base + 15, word)
        for n, row in enumerate(line.below):
            yield _text(x, base + 15 + TEXT * (n + 1), row[i], "small soft")
    at = base + TEXT * (1 + len(line.below)) + 8
    for group in line.groups:
        if group.name:
            x = line.width - MARGIN if line.is_reversed else MARGIN
            side = "caption end" if line.is_reversed else "caption"
            yield _text(x, at + 14.5, group.name, f"small soft {side}")
        for mark in group.marks:
            yield _draw_mark(line, mark, at + mark.row * ROW, colors, flip)
        at += group.n_rows * ROW


def _draw_mark(
    line: Line, mark: Mark, y: float, colors: Mapping[str, int], flip: Any
) -> str:
    """Draw a span as a bar with its label; it reaches the edge where it goes on."""
    first, last = mark.start, mark.end - 1
    left = line.centers[first] - line.widths[first] / 2 + (0 if mark.goes_on[0] else 3)
    right = line.centers[last] + line.widths[last] / 2 - (0 if mark.goes_on[1] else 3)
    ends = sorted([flip(left), flip(right)])
    words = " ".join(line.words[mark.start : mark.end])
    dots = ["\u2026" if goes_on else "" for goes_on in mark.goes_on]
    return (
        f'<g class="mark c{colors.get(mark.label, 0)}">'
        f"<title>{escape(mark.label)}: {escape(words)}</title>"
        f'<rect x="{ends[0]:.1f}" y="{y:.1f}" width="{ends[1] - ends[0]:.1f}" '
        f'height="{ROW - 5}" rx="4"/>'
        f"{_text(sum(ends) / 2, y + 14.5, dots[0] + mark.label + dots[1], 'small')}</g>"
    )


def _draw_arcs(line: Line, base: float, flip: Any) -> Iterator[str]:
    """Draw all arcs, then all labels, which stand on what they cross."""
    feet = _find_feet(line)
    foot = base - 2
    labels = []
    for arc in line.arcs:
        y = base - 6 - arc.level * LEVEL
        start, end = (flip(feet[arc, word]) for word in (arc.head, arc.child))
        turn = 7.0 if start < end else -7.0
        yield (
            f'<path d="M{start:.1f},{foot:.1f}V{y + 7:.1f}Q{start:.1f},{y:.1f} '
            f"{start + turn:.1f},{y:.1f}H{end - turn:.1f}Q{end:.1f},{y:.1f} "
            f'{end:.1f},{y + 7:.1f}V{foot - 6:.1f}"/>{_tip(end, foot)}'
        )
        labels.append(_label((start + end) / 2, y, arc.label))
    for word, label in line.roots.items():
        x, y = flip(line.centers[word]), base - 6 - line.n_levels * LEVEL
        yield f'<path d="M{x:.1f},{y + 6:.1f}V{foot - 6:.1f}"/>{_tip(x, foot)}'
        labels.append(_label(x, y, label))
    yield from labels


def _find_feet(line: Line) -> dict[tuple[Arc, int], float]:
    """Return where each arc meets its words: the longer, the nearer to the middle."""
    sides: dict[tuple[int, bool], list[Arc]] = {}
    for arc in line.arcs:
        sides.setdefault((arc.left, True), []).append(arc)
        sides.setdefault((arc.right, False), []).append(arc)
    feet = {}
    for (word, is_right), arcs in sides.items():
        arcs.sort(key=lambda arc: arc.left - arc.right)
        room = line.widths[word] / 2 - 4
        step = min(APART, room / len(arcs))
        for n, arc in enumerate(arcs, start=1):
            offset = step * n if is_right else -step * n
            feet[arc, word] = line.centers[word] + offset
    return feet


def _tip(x: float, y: float) -> str:
    return f'<path class="tip" d="M{x:.1f},{y:.1f}l-3.5,-7h7z"/>'


def _label(x: float, y: float, label: str) -> str:
    if not label:
        return ""
    width = measure(label, 12) + 4
    return (
        f'<rect class="page" x="{x - width / 2:.1f}" y="{y - 8:.1f}" '
        f'width="{width:.1f}" height="16"/>{_text(x, y + 4, label, "small")}'
    )


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
