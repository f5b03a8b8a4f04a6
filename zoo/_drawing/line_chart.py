"""Draw curves as SVG: panels side by side, with lines over a common axis."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .styles import DARK, DARK_MARKS, FONT, LIGHT, LIGHT_MARKS, escape
from .tree_svg import measure

#: Sizes in pixels: of a panel, and of what surrounds its lines.
WIDTH, HEIGHT = 500, 400
LEFT, RIGHT, TOP, BOTTOM = 66, 48, 40, 48
#: Of a row of the legend, and of the line before a name in it.
ROW, SAMPLE = 20, 24
#: Where a legend is broken.
LEGEND_WIDTH = WIDTH - LEFT - RIGHT
#: Characters of the longest tick of each axis.
LENGTH_X, LENGTH_Y = 14, 8
#: Numbers that are larger in size are not drawn.
LARGEST = 1e30
#: The most intervals between the ticks of an axis.
N_INTERVALS = 6

#: Places a number on an axis, in pixels.
Scale = Callable[[float], float]


class Panel(NamedTuple):
    """Some lines over one pair of axes."""

    title: str
    label: str  # Of the vertical axis.
    lines: Mapping[str, Sequence[float]]  # NaN where a line has a gap.
    from_zero: bool  # Whether the vertical axis begins at 0.


class Marker(NamedTuple):
    """A vertical line in all panels."""

    x: float
    name: str


def draw_panels(
    x: Sequence[float], label: str, panels: Sequence[Panel], marker: Marker
) -> str:
    """Return a picture of panels that stands by itself.

    Args:
        x: Where each value of a line stands on the horizontal axis, one at least.
        label: Of that axis.
        panels: Their lines have a value for each of `x`.
        marker: What is marked on that axis.
    """
    rows = [arrange_legend([*panel.lines, marker.name]) for panel in panels]
    top = TOP + ROW * max(map(len, rows))
    width, height = WIDTH * len(panels), top + HEIGHT - TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="zoo-chart" role="img" '
        f'aria-label="{escape(", ".join(panel.title for panel in panels))}" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<style>{_style_sheet()}</style>",
        f'<rect class="page" width="{width}" height="{height}"/>',
    ]
    for i, (panel, legend) in enumerate(zip(panels, rows, strict=True)):
        parts.append(f'<g transform="translate({i * WIDTH},0)">')
        parts.append(_text(WIDTH / 2, 24, panel.title, "title"))
        parts += _draw_legend(legend)
        parts += _draw_lines(x, label, panel, marker, top)
        parts.append("</g>")
    return "".join([*parts, "</svg>\n"])


def ticks_of(least: float, most: float) -> list[float]:
    """Return round numbers, at equal distances, from one end of a range to the other.

    The first is not above `least`, and the last not below `most`.
    """
    size = max(abs(least), abs(most))
    if most - least <= 1e-6 * size:  # As good as one value: some room around it.
        room = 0.5 * size or 0.5
        least, most = least - room, least + room
    rough = (most - least) / N_INTERVALS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * n for n in (1, 2, 2.5, 5, 10, 20) if unit * n >= rough)
    first, last = math.floor(least / step), math.ceil(most / step)
    first -= step * first > least  # The quotient of a tiny number may round to 0.
    last += step * last < most
    return [step * i for i in range(first, last + 1)]


def arrange_legend(names: Sequence[str]) -> list[list[tuple[int, str, float]]]:
    """Arrange the names of lines in rows: the number of each, its name and place."""
    rows: list[list[tuple[int, str, float]]] = [[]]
    at = 0.0
    for i, name in enumerate(names):
        width = SAMPLE + 6 + measure(name, 13) + 14
        if rows[-1] and at + width > LEGEND_WIDTH:
            rows.append([])
            at = 0.0
        rows[-1].append((i, name, at))
        at += width
    last = len(names) - 1  # The marker, which is no line.
    return [[(-1 if i == last else i, n, a) for i, n, a in row] for row in rows]


def show(value: float, step: float, max_length: int) -> str:
    """Write a tick with as many decimals as the distance to the next one needs."""
    # 0.25 needs one more than its size says.
    n_decimals = next((n for n in range(12) if _is_whole(step * 10**n)), 12)
    text = f"{value:,.{n_decimals}f}"
    return text if len(text) <= max_length else f"{value:.3g}"


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6 * abs(number)


def _draw_legend(rows: Sequence[Sequence[tuple[int, str, float]]]) -> Iterator[str]:
    for n_row, row in enumerate(rows):
        y = TOP + ROW * n_row
        for i, name, at in row:
            x = LEFT + at
            kind = "marker" if i < 0 else f"line {_color(i)}"
            yield f'<path class="{kind}" d="M{x:.1f},{y}h{SAMPLE}"/>'
            if i >= 0:
                yield _dot(x + SAMPLE / 2, y, i)
            yield _text(x + SAMPLE + 6, y + 4.5, name, "name")


def _draw_lines(
    x: Sequence[float], label: str, panel: Panel, marker: Marker, top: float
) -> Iterator[str]:
    bottom, right = top + HEIGHT - TOP - BOTTOM, WIDTH - RIGHT
    values = [v for line in panel.lines.values() for v in line if _is_drawn(v)]
    values = values or [0.0, 1.0]
    low = min(0.0, *values) if panel.from_zero else min(values)
    y_ticks, x_ticks = ticks_of(low, max(values)), ticks_of(min(0.0, *x), max(x))
    scale_x = _scale(x_ticks[0], x_ticks[-1], LEFT, right)
    scale_y = _scale(y_ticks[0], y_ticks[-1], bottom, top)
    shown = [show(tick, x_ticks[1] - x_ticks[0], LENGTH_X) for tick in x_ticks]
    # With a gap between them.
    longest = max(measure(text, 12) for text in shown) + 12
    every = math.ceil(longest * (len(x_ticks) - 1) / (right - LEFT))
    for i, (tick, text) in enumerate(zip(x_ticks, shown, strict=True)):
        at = scale_x(tick)
        yield f'<path class="grid" d="M{at:.1f},{top:.1f}V{bottom:.1f}"/>'
        if i % every == 0:
            yield _text(at, bottom + 18, text, "small")
    for tick in y_ticks:
        at = scale_y(tick)
        yield f'<path class="grid" d="M{LEFT},{at:.1f}H{right}"/>'
        text = show(tick, y_ticks[1] - y_ticks[0], LENGTH_Y)
        yield _text(LEFT - 8, at + 4, text, "small end")
    yield _text((LEFT + right) / 2, bottom + 40, label, "axis")
    middle = (top + bottom) / 2
    yield (
        f'<g transform="translate(16,{middle:.1f}) rotate(-90)">'
        f"{_text(0, 0, panel.label, 'axis')}</g>"
    )
    yield f'<path class="frame" d="M{LEFT},{top:.1f}V{bottom:.1f}H{right}"/>'
    at = scale_x(marker.x)
    yield f'<path class="marker" d="M{at:.1f},{top:.1f}V{bottom:.1f}"/>'
    for i, (name, line) in enumerate(panel.lines.items()):
        yield from _draw_line(i, name, x, line, scale_x, scale_y)


def _draw_line(
    i: int,
    name: str,
    x: Sequence[float],
    line: Sequence[float],
    scale_x: Scale,
    scale_y: Scale,
) -> Iterator[str]:
    """Draw a line with a dot for each value, which says what it is."""
    steps, is_gap = [], True
    dots = []
    for place, value in zip(x, line, strict=True):
        if not _is_drawn(value):
            is_gap = True
            continue
        at = scale_x(place), scale_y(value)
        steps.append(f"{'M' if is_gap else 'L'}{at[0]:.1f},{at[1]:.1f}")
        is_gap = False
        dots.append(_dot(*at, i, f"{name}: {value:.6g} at {place:,.0f}"))
    if steps:
        yield f'<path class="line {_color(i)}" d="{"".join(steps)}"/>'
    yield from dots


def _is_drawn(value: float) -> bool:
    return abs(value) <= LARGEST  # NaN is not.


def _scale(first: float, last: float, start: float, end: float) -> Scale:
    """Return what maps numbers from `first` to `last` onto pixels."""
    return lambda value: start + (value - first) / (last - first) * (end - start)


def _color(i: int) -> str:
    """Return the classes of a line: its colour, and dashes if that comes again."""
    n_colors = len(LIGHT_MARKS)
    return f"c{i % n_colors}" + (" dashed" if i // n_colors % 2 else "")


def _dot(x: float, y: float, i: int, title: str = "") -> str:
    says = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<circle class="{_color(i)}" cx="{x:.1f}" cy="{y:.1f}" r="3">{says}</circle>'
    )


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _style_sheet() -> str:
    return (
        f".zoo-chart text{{font-family:{FONT};font-size:13px;text-anchor:middle}}"
        ".zoo-chart .title{font-size:16px}"
        ".zoo-chart .small{font-size:12px}"
        ".zoo-chart .end{text-anchor:end}"
        ".zoo-chart .name{text-anchor:start}"
        ".zoo-chart path{fill:none}"
        ".zoo-chart .line{stroke-width:2;stroke-linejoin:round}"
        ".zoo-chart .dashed{stroke-dasharray:6 4}"
        ".zoo-chart .grid{stroke-opacity:.25}"
        f"{_rules(LIGHT, LIGHT_MARKS)}"
        f"@media (prefers-color-scheme:dark){{{_rules(DARK, DARK_MARKS)}}}"
    )


def _rules(colors: Mapping[str, str], marks: Sequence[tuple[str, str]]) -> str:
    """Return the rules that set colours."""
    of_lines = "".join(
        f".zoo-chart path.c{i}{{stroke:{color}}}.zoo-chart circle.c{i}{{fill:{color}}}"
        for i, (_, color) in enumerate(marks)
    )
    return (
        f".zoo-chart text{{fill:{colors['ink']}}}"
        f".zoo-chart .small{{fill:{colors['soft']}}}"
        f".zoo-chart .page{{fill:{colors['page']}}}"
        f".zoo-chart path{{stroke:{colors['line']}}}"
        f"{of_lines}"
    )
