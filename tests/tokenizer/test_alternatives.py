"""Check that patterns which are compiled in parts match as they do whole."""

import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zoo.tokenizer import _alternatives
from zoo.tokenizer._alternatives import split_alternatives

PATTERNS = [
    "(?iu)(?:^a[-–]b[a-z]+$)|(?:^ab[-']c$)|^aa-b",
    "(?u)ab|(?:a|b)-c|[a|)(]b|\\|a|\\)b|",
    "a?b|a*c|a{0,2}-|(?:ab)?c",
    "(?i)k-s|ß-a|İ|(?!a)b|(?<=a)b",
    "(?:a|(?:b|(?:c-)))|(?:a)(?:b)",
]
#: A set that is long, and has no "c".
LONG_SET = "[abABk" + "".join(map(chr, range(0x100, 0x400))) + "]"
LONG_PATTERNS = [
    "(?iu)^b-LONG+$|^LONGLONG*'c|^k-(?:LONG|-)(?=LONG)",
    "(?u)a-LONG*|b-[^LONG|ß-LONG?$",
    "(?i)a(?!LONG)|b(?<!-LONG)|LONG*+a|c(?<=LONG|c)-",
]
strings = st.text("abcABC-'–|)(kKsſK İiıßS", max_size=4)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(string=strings)
@example(string="")
def test_strings_match_as_they_do_the_whole_pattern(pattern, string):
    parts = split_alternatives(pattern)
    assert parts is not None
    assert parts.match(string) == bool(re.match(pattern, string))


@pytest.mark.parametrize("pattern", LONG_PATTERNS)
@pytest.mark.parametrize("most", [0, 1, 1000])
@given(seen=st.lists(strings, min_size=3, max_size=3))
@example(seen=["b-ā", "b-c", "b-K"])
def test_long_sets_match_the_same_characters(pattern, most, seen):
    if sys.version_info < (3, 11):
        pattern = pattern.replace("*+", "*")
    pattern = pattern.replace("[^LONG", "[^" + LONG_SET[1:]).replace("LONG", LONG_SET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_alternatives, "_MOST_STRINGS", most)
        parts = split_alternatives(pattern)
        assert parts is not None
        for string in seen:
            assert parts.match(string) == bool(re.match(pattern, string))


def test_long_sets_are_compiled_once_and_alternatives_without_them(monkeypatch):
    compiled, compile_pattern = [], re.compile

    def note(pattern, flags=0):
        compiled.append(pattern)
        return compile_pattern(pattern, flags)

    parts = split_alternatives(f"(?i)^a-{LONG_SET}+$|^b-{LONG_SET}+$")
    monkeypatch.setattr(re, "compile", note)
    words = ["A-ab", "b-ā", "b-c", "a-c", "a", "b-bbbb"]
    assert [*map(parts.match, words)] == [True, True, False, False, False, True]
    assert [p for p in compiled if len(p) > 256] == [f"(?i){LONG_SET}"]


@pytest.mark.parametrize("pattern", [r"(a)|b", r"(?P<n>a)|b", r"(?i:a)|b", "(?:a|b"])
def test_patterns_whose_groups_are_counted_or_broken_stay_whole(pattern):
    assert split_alternatives(pattern) is None


def test_deep_groups_are_not_split_without_end():
    deep = "(?:" * 50 + "a|b" + ")" * 50
    parts = split_alternatives(deep)
    assert parts is not None
    assert parts.match("b")
    assert not parts.match("c")


def test_only_what_may_match_is_compiled(monkeypatch):
    compiled, compile_pattern = [], re.compile

    def note(pattern, flags=0):
        compiled.append(pattern)
        return compile_pattern(pattern, flags)

    parts = split_alternatives("(?i)^ab-c|^ad-c|^[b]-c|^e'f")
    monkeypatch.setattr(re, "compile", note)
    assert parts.match("AB-c")
    assert [p for p in compiled if p.startswith("(?i)^")] == ["(?i)^ab-c"]
