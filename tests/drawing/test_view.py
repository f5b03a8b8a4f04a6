"""Check pictures of documents: what they show, and that nothing breaks them."""

import re
from html import unescape
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoo
from zoo import Doc, Span
from zoo._drawing.arcs import find_arcs, split_lines
from zoo._drawing.marks import N_COLORS, choose_colors, find_groups, is_right_to_left
from zoo._drawing.styles import DARK, DARK_MARKS, LIGHT, LIGHT_MARKS
from zoo._drawing.tree_svg import WIDTH, lay_out, measure

SVG = "{http://www.w3.org/2000/svg}"
TREE = Doc(
    ["Mia", "saw", "Omar", "."],
    heads=[1, 1, 1, 1],
    deps=["nsubj", "ROOT", "obj", "punct"],
    pos=["PROPN", "VERB", "PROPN", "PUNCT"],
    ents=[Span(0, 1, "PER"), Span(2, 3, "PER")],
)
HOSTILE = ["</text>", "<script>x</script>", "\"&'", "\x00\x1b[2J", "\ud800", "\u202e"]


def texts_of(svg):
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@st.composite
def docs(draw):
    """Draw documents with any annotation at all, but of the right types."""
    words = draw(st.lists(st.text(max_size=4) | st.sampled_from(HOSTILE), max_size=7))
    n, labels = len(words), st.text(max_size=4) | st.sampled_from(HOSTILE)
    column = st.none() | st.lists(st.none() | labels, min_size=n, max_size=n)
    at = st.integers(0, n - 1) if n else st.nothing()
    heads = st.none() | st.lists(st.none() | at, min_size=n, max_size=n)
    spans = st.lists(
        st.tuples(st.integers(0, n), st.integers(0, n), labels)
        .filter(lambda s: s[0] < s[1])
        .map(lambda s: Span(*s)),
        max_size=4 if n else 0,
    )
    flags = st.lists(st.booleans(), min_size=n, max_size=n)
    return Doc(
        words,
        spaces=draw(st.none() | flags),
        sent_starts=draw(st.none() | flags),
        heads=draw(heads),
        deps=draw(column),
        tags=draw(column),
        pos=draw(column),
        spans={draw(labels): draw(spans)},
        ents=draw(spans)[:1],
        cats=draw(st.none() | st.dictionaries(labels, st.floats(0, 1), max_size=2)),
    )


@settings(deadline=None)
@given(st.lists(docs(), max_size=3))
def test_any_document_can_be_drawn(some):
    view = zoo.view(some)
    ElementTree.fromstring(view.svg)
    for shown in (view.svg, view.html, view._repr_html_()):
        shown.encode("utf8")
        assert "<script" not in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", view.text)
    view.text.encode("utf8")


def test_picture_of_a_tree_shows_words_tags_arcs_and_entities():
    view = zoo.view(TREE)
    root = ElementTree.fromstring(view.svg)
    wanted = [*TREE.words, *TREE.pos, *TREE.deps, "PER", "PER"]
    assert sorted(texts_of(view.svg)) == sorted(wanted)
    assert len([p for p in root.iter(f"{SVG}path") if p.get("class") == "tip"]) == 4
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Annotations of: Mia saw Omar ."
    assert root.find(f"{SVG}title").text == root.get("aria-label")


def test_text_draws_arcs_beside_the_words():
    assert zoo.view(TREE).text.splitlines() == [
        " ╭▶  Mia   PROPN  nsubj  PER",
        "╭┼●  saw   VERB   ROOT",
        "│╰▶  Omar  PROPN  obj    PER",
        "╰─▶  .     PUNCT  punct",
    ]
    assert str(zoo.view(TREE)) == zoo.view(TREE).text


def test_text_marks_where_spans_go_on():
    doc = Doc(["a", "b", "c"], ents=[Span(0, 2, "X")], spans={"g": [Span(1, 3, "Y")]})
    assert zoo.view(doc).text.splitlines() == ["a  X", "b  ·X g:Y", "c  g:·Y"]


def test_html_marks_entities_in_running_text():
    doc = Doc(["To", "Oslo", "!"], spaces=[1, 0, 0], ents=[Span(1, 2, "<LOC>")])
    html = zoo.view(doc).html
    plain = unescape(re.sub("<style>.*?</style>|<[^>]*>", "", html))
    assert "To Oslo<LOC>!" in plain
    assert re.search(r'<mark class="c\d">Oslo<b>&lt;LOC&gt;</b></mark>!', html)


@pytest.mark.parametrize("shown", [[], [Doc([])]])
def test_nothing_at_all_is_drawn(shown):
    view = zoo.view(shown)
    assert texts_of(view.svg) == ["(no words)"]
    assert "(no " in view.html
    assert view.text in ("", "(no words)\n")


@pytest.mark.parametrize("wrong", ["text", None, ["text"], 3, [TREE, None]])
def test_only_documents_are_drawn(wrong):
    with pytest.raises(TypeError, match=r"zoo\.view: expected a zoo\.Doc or a list"):
        zoo.view(wrong)


@pytest.mark.parametrize("suffix", ["svg", "html", "txt", "SVG"])
def test_picture_is_saved(tmp_path, suffix):
    path, view = tmp_path / f"a.{suffix}", zoo.view(TREE)
    view.save(path)
    key = "text" if suffix == "txt" else suffix.lower()
    assert path.read_text(encoding="utf8") == getattr(view, key)


def test_picture_of_another_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"one of \.html, \.svg, \.txt, got"):
        zoo.view(TREE).save(tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@given(st.lists(st.integers(0, 9), min_size=10, max_size=10))
def test_arcs_above_one_gap_are_on_levels_of_their_own(heads):
    arcs = find_arcs(Doc(["a"] * 10, heads=heads, deps=["x"] * 10), 0, 10)
    assert len(arcs) == sum(head != i for i, head in enumerate(heads))
    for gap in range(9):
        above = [arc.level for arc in arcs if arc.left <= gap < arc.right]
        assert len({*above}) == len(above)


@given(
    st.lists(st.none() | st.integers(0, 9), min_size=10, max_size=10),
    st.none() | st.lists(st.booleans(), min_size=10, max_size=10),
)
def test_no_line_ends_within_an_arc(heads, starts):
    lines = split_lines(Doc(["a"] * 10, heads=heads, sent_starts=starts))
    assert [i for a, b in lines for i in range(a, b)] == [*range(10)]
    for start, end in lines:
        inside = [h for h in heads[start:end] if h is not None]
        assert all(start <= head < end for head in inside)


def test_trees_stand_in_lines_of_their_own_without_sentences():
    doc = Doc(["a", "b", "c", "d"], heads=[1, 1, 2, 2], deps=["x"] * 4)
    assert split_lines(doc) == [(0, 2), (2, 4)]


def test_labels_fit_between_the_ends_of_their_arcs():
    doc = Doc(["a", "b"], heads=[1, 1], deps=["a_very_long_label", "ROOT"])
    (line,) = lay_out(doc)
    assert line.centers[1] - line.centers[0] > measure("a_very_long_label", 12)


def test_lines_without_arcs_are_broken():
    doc = Doc(["word"] * 100, ents=[Span(10, 40, "LONG")])
    lines = list(lay_out(doc))
    assert len(lines) > 3
    assert all(line.width < WIDTH + 100 for line in lines)
    marks = [mark for line in lines for group in line.groups for mark in group.marks]
    assert marks[0].goes_on == (False, True)
    assert marks[-1].goes_on == (True, False)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), max_size=6))
def test_spans_that_overlap_are_in_different_rows(pairs):
    spans = [Span(a, min(8, a + n), "X") for a, n in pairs]
    for group in find_groups(Doc(["a"] * 8, spans={"g": spans}), 0, 8):
        assert len(group.marks) == len(spans)
        cells = [(m.row, i) for m in group.marks for i in range(m.start, m.end)]
        assert len({*cells}) == len(cells)
        assert group.n_rows == 1 + max(mark.row for mark in group.marks)


def test_labels_have_colours_of_their_own_while_there_are_enough():
    def colours(n):
        spans = [Span(0, 1, f"L{i}") for i in range(n)]
        return choose_colors([Doc(["a"], spans={"g": spans})])

    assert len({*colours(N_COLORS).values()}) == N_COLORS
    assert len(colours(3 * N_COLORS)) == 3 * N_COLORS


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["هذا"], True), (["1", "שלום"], True), (["a", "هذا"], False), (["1"], False)],
)
def test_direction_is_that_of_the_first_letter(words, expected):
    assert is_right_to_left(words) is expected


def test_tree_of_a_script_from_the_right_begins_on_the_right():
    doc = Doc(["هذا", "كتاب"], heads=[1, 1], deps=["x", "ROOT"])
    root = ElementTree.fromstring(zoo.view(doc).svg)
    x = {node.text: float(node.get("x")) for node in root.iter(f"{SVG}text")}
    assert x["هذا"] > x["كتاب"]


def test_wide_characters_take_room():
    assert measure("東京") > measure("ab") > measure("il")
    assert measure("e\u0301") == measure("e")


def luminance(color):
    parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    dark, light = sorted([luminance(a), luminance(b)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("colors", "marks"), [(LIGHT, LIGHT_MARKS), (DARK, DARK_MARKS)]
)
def test_contrast_is_that_of_wcag(colors, marks):
    assert len(marks) == N_COLORS
    for name in ("ink", "soft"):
        assert contrast(colors[name], colors["page"]) >= 4.5
    assert contrast(colors["line"], colors["page"]) >= 3
    for fill, frame in marks:
        assert contrast(colors["ink"], fill) >= 7
        assert contrast(frame, colors["page"]) >= 3
