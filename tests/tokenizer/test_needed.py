import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo.tokenizer._needed import may_match, may_match_any

LETTERS = st.sampled_from("aAbkK\u212aſsé-.'’0_ ")
ATOMS = st.one_of(
    LETTERS.map(re.escape),
    st.sampled_from([r"\w", r"\D", r"\s", r"\b", "^", "$", ".", r"\u00e9", r"\x2d"]),
    st.lists(LETTERS, min_size=1, max_size=3).map(
        lambda cs: f"[{''.join(map(re.escape, cs))}]"
    ),
    st.lists(LETTERS, min_size=1, max_size=3).map(
        lambda cs: f"[^{''.join(map(re.escape, cs))}]"
    ),
)
OPENINGS = ["(?:", "(", "(?=", "(?!"]
REPEATS = ["", "", "", "*", "+", "?", "{0,2}", "{2}", "{,1}", "{1,}", "*?", "{a"]


def grow(patterns):
    groups = st.builds("{}{})".format, st.sampled_from(OPENINGS), patterns)
    items = st.builds("{}{}".format, groups | ATOMS, st.sampled_from(REPEATS))
    sequences = st.lists(items, min_size=1, max_size=3).map("".join)
    return st.lists(sequences, min_size=1, max_size=3).map("|".join)


PATTERNS = st.builds(
    "{}{}".format,
    st.sampled_from(["", "(?i)", "(?iu)"]),
    st.recursive(ATOMS, grow, max_leaves=8),
)
STRINGS = st.text("aAbkK\u212aſsé-.'’0_ \n\u0300", max_size=6)


@settings(deadline=None, max_examples=500)
@given(PATTERNS, STRINGS)
@example("(?i)k", "\u212a")
@example("(?i)\u212a", "k")
@example("(?<=a)b", "ab")
@example("(?<!a)b", "b")
@example("a{,1}", "")
@example("(a)(?:\\1)?", "a")
def test_whatever_matches_passes_the_test(pattern, string):
    try:
        compiled = re.compile(pattern)
    except re.error:
        return
    if compiled.search(string):
        assert may_match(pattern)(string)
        assert may_match_any("-", pattern.removeprefix("(?iu)").removeprefix("(?i)"))(
            string
        ) or pattern.startswith("(?")


@pytest.mark.parametrize(
    ("pattern", "passing", "failing"),
    [
        ("ab?|-", ["ac", "x-"], ["b", "c", ""]),
        (r"(?<=[0-9])(?:km|m)$", ["5km", "7"], ["km", "a-b"]),
        (r"(?iu)^[a-z]+[-’][a-z]+$", ["a-b", "’", "\u0300"], ["ab", "A.B"]),
        (r"\.\.+|…|[^a-z]\w*", [".", "X", "…"], ["abc"]),
        (r"\d{2}\S?", ["1"], ["a", "-"]),
        (r"x*", ["", "a"], []),
        (r"(?P<n>a)", ["b"], []),
        (r"(?x) a", ["b"], []),
        ("(" * 60 + "a" + ")" * 60, ["b"], []),
        ("(a", ["b"], []),
        ("a)", ["b"], []),
    ],
)
def test_what_is_needed_is_found(pattern, passing, failing):
    test = may_match(pattern)
    assert all(map(test, passing))
    assert not any(map(test, failing))
