"""Check pictures of curves: what they show, and that no number breaks them."""

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo._drawing.line_chart import (
    LEGEND_WIDTH,
    N_INTERVALS,
    Marker,
    Panel,
    arrange_legend,
    draw_panels,
    show,
    ticks_of,
)
from zoo._drawing.tree_svg import measure

SVG = "{http://www.w3.org/2000/svg}"
MARKER = Marker(200, "best")


def draw(lines, from_zero=False, x=(100, 200, 300)):
    panels = [Panel("Title", "unit", lines, from_zero)]
    return ElementTree.fromstring(draw_panels(x, "words", panels, MARKER))


def lines_of(root):
    """Return the points of each line, without those of the legend."""
    paths = [p for p in root.iter(f"{SVG}path") if p.get("class").startswith("line")]
    drawn = [p.get("d") for p in paths if "h" not in p.get("d")]
    return [
        [tuple(map(float, step.split(","))) for step in re.findall(r"[\d.]+,[\d.]+", d)]
        for d in drawn
    ]


def test_higher_numbers_are_drawn_higher_and_in_their_order():
    (points,) = lines_of(draw({"f": [1.0, 3.0, 2.0]}))
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    first, second, third = (y for _, y in points)
    assert second < third < first  # Pixels are counted from the top.
    assert first - third == pytest.approx(third - second, abs=0.2)


def test_picture_names_its_lines_its_axes_and_each_value():
    root = draw({"tag_acc": [1.0, 3.0, 2.0], "<b>": [1.0, 1.0, 1.0]})
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert {"Title", "unit", "words", "tag_acc", "<b>", "best"} < {*texts}
    titles = [node.text for node in root.iter(f"{SVG}title")]
    assert titles[:3] == [
        "tag_acc: 1 at 100",
        "tag_acc: 3 at 200",
        "tag_acc: 2 at 300",
    ]


def test_line_has_a_gap_where_a_value_is_missing():
    root = draw({"f": [1.0, math.nan, 2.0]})
    (d,) = [p.get("d") for p in root.iter(f"{SVG}path") if p.get("class") == "line c0"][
        1:
    ]
    assert d.count("M") == 2
    assert "L" not in d
    assert len([*root.iter(f"{SVG}title")]) == 2


def test_losses_begin_at_zero_if_none_is_below():
    def lowest(values):
        texts = [t for t in draw({"f": values}, True).iter(f"{SVG}text")]
        return texts[[t.get("class") for t in texts].index("small end")].text

    assert float(lowest([8.0, 9.0, 9.5])) == 0
    assert float(lowest([-8.0, 9.0, 9.5])) < 0


@given(*[st.floats(-1e30, 1e30)] * 2)
@example(3e11, -2e-313)
def test_ticks_are_few_and_span_the_range(a, b):
    least, most = sorted([a, b])
    ticks = ticks_of(least, most)
    assert ticks[0] <= least
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= N_INTERVALS + 3
    assert sorted({*ticks}) == ticks


def test_ticks_are_round():
    assert ticks_of(0, 1_250_000) == [250_000 * i for i in range(6)]
    assert ticks_of(84.1, 93.9) == [84, 86, 88, 90, 92, 94]


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.25, 0.25, "0.25"),
        (1.0, 0.25, "1.00"),
        (84, 2, "84"),
        (1_250_000, 250_000, "1,250,000"),
        (1e20, 1e19, "1e+20"),
        (3e-13, 1e-13, "3e-13"),
    ],
)
def test_tick_has_the_decimals_that_it_needs(value, step, text):
    assert show(value, step, 9) == text


@given(st.lists(st.text(max_size=80), min_size=1, max_size=12))
def test_legend_has_every_name_once_in_rows_that_fit(names):
    rows = arrange_legend(names)
    assert [name for row in rows for _, name, _ in row] == names
    assert [i for row in rows for i, _, _ in row] == [*range(len(names) - 1), -1]
    for row in rows:
        places = [at for _, _, at in row]
        assert places == sorted({*places})
        assert places[-1] < LEGEND_WIDTH


@settings(deadline=None)
@given(st.data())
def test_any_numbers_and_names_can_be_drawn(data):
    n = data.draw(st.integers(1, 5))
    x = sorted(data.draw(st.lists(st.integers(0, 10**9), min_size=n, max_size=n)))
    columns = st.lists(st.floats(), min_size=n, max_size=n)
    lines = data.draw(st.dictionaries(st.text(max_size=9), columns, max_size=9))
    root = draw(lines, data.draw(st.booleans()), x)
    for points in lines_of(root):
        assert all(0 <= number <= 500 for point in points for number in point)


@pytest.mark.parametrize("most", [300, 1_200_000, 9.9e9, 1e25])
def test_ticks_stay_within_the_picture(most):
    root = draw({"a": [1.0, 2.0, 3.0]}, x=(0, most / 2, most))
    for text in root.iter(f"{SVG}text"):
        if text.get("class") == "small":
            right = float(text.get("x")) + measure(text.text, 12) / 2
            assert right <= float(root.get("width")), text.text
