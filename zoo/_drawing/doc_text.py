"""Draw documents as text: a table with arcs of line characters beside the words."""

from collections.abc import Iterator

from rich.cells import cell_len

from .._terminal import escape_controls
from ..doc import Doc
from .arcs import find_arcs, find_roots, split_lines
from .marks import find_groups, show_word

#: Arcs on more levels than this are not drawn, as no terminal has room for them.
MOST_LEVELS = 24
#: The directions that each line character goes: up, down, left and right.
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LINES = {
    0: " ",
    _UP: "\u2575",
    _DOWN: "\u2577",
    _UP | _DOWN: "\u2502",
    _LEFT | _RIGHT: "\u2500",
    _DOWN | _RIGHT: "\u256d",
    _UP | _RIGHT: "\u2570",
    _UP | _DOWN | _RIGHT: "\u251c",
    _DOWN | _LEFT | _RIGHT: "\u252c",
    _UP | _LEFT | _RIGHT: "\u2534",
    _UP | _DOWN | _LEFT | _RIGHT: "\u253c",
    _RIGHT: "\u2576",
}


def draw_text(doc: Doc) -> str:
    """Return a document as lines, a word in each, without control characters."""
    if not doc.words:
        return "(no words)\n"
    parts = []
    if doc.cats:
        shown = sorted(doc.cats.items(), key=lambda pair: -pair[1])
        cats = ", ".join(f"{label} {score:.2f}" for label, score in shown)
        parts.append(f"{escape_controls(cats, '')}\n")
    for start, end in split_lines(doc):
        rows = list(_rows(doc, start, end))
        columns = [list(column) for column in zip(*rows, strict=True)]
        wide = [max(map(cell_len, column)) for column in columns]
        lines = (
            "  ".join(
                cell + " " * (width - cell_len(cell))
                for cell, width in zip(row, wide, strict=True)
                if width
            ).rstrip()
            for row in rows
        )
        parts.append("".join(f"{line}\n" for line in lines))
    return "\n".join(parts)


def _rows(doc: Doc, start: int, end: int) -> Iterator[list[str]]:
    """Return the cells of each word of a line."""
    drawn = _draw_arcs(doc, start, end)
    labels = [""] * (end - start)
    for child, label in find_roots(doc, start, end).items():
        labels[child] = label
    for arc in find_arcs(doc, start, end):
        labels[arc.child] = arc.label
    marks = [""] * (end - start)
    for group in find_groups(doc, start, end):
        for mark in group.marks:
            for i in range(mark.start, mark.end):
                begins = i == mark.start and not mark.goes_on[0]
                name = f"{group.name}:" if group.name else ""
                again = "" if begins else "\u00b7"
                marks[i] = f"{marks[i]} {name}{again}{mark.label}".lstrip()
    for i in range(end - start):
        tags = [values[start + i] or "" for values in (doc.pos, doc.tags) if values]
        cells = [show_word(doc.words[start + i]), *tags, labels[i], marks[i]]
        yield [drawn[i], *(escape_controls(cell, "") for cell in cells)]


def _draw_arcs(doc: Doc, start: int, end: int) -> list[str]:
    """Draw the arcs of a line beside its words, the lowest level nearest to them."""
    arcs = [arc for arc in find_arcs(doc, start, end) if arc.level <= MOST_LEVELS]
    roots = find_roots(doc, start, end)
    if not arcs and not roots:
        return [""] * (end - start)
    n_levels = max((arc.level for arc in arcs), default=0)
    cells = [[0] * (n_levels + 1) for _ in range(end - start)]
    for arc in arcs:
        column = n_levels - arc.level
        for i in range(arc.left, arc.right + 1):
            cells[i][column] |= (_UP if i > arc.left else 0) | (
                _DOWN if i < arc.right else 0
            )
        for i in (arc.left, arc.right):
            cells[i][column] |= _RIGHT
            for j in range(column + 1, n_levels + 1):
                cells[i][j] |= _LEFT | _RIGHT
    children = {arc.child for arc in arcs}
    drawn = []
    for i, row in enumerate(cells):
        line = "".join(_character(cell) for cell in row)
        tip = "\u25b6" if i in children else "\u25cf" if i in roots else ""
        drawn.append(line[:-1] + (tip or line[-1]))
    return drawn


def _character(directions: int) -> str:
    return _LINES.get(directions, "\u253c")
