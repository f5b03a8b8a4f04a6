"""Check that patterns which are compiled in parts match as they do whole."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zoo.tokenizer._alternatives import split_alternatives

PATTERNS = [
    "(?iu)(?:^a[-–]b[a-z]+$)|(?:^ab[-']c$)|^aa-b",
    "(?u)ab|(?:a|b)-c|[a|)(]b|\\|a|\\)b|",
    "a?b|a*c|a{0,2}-|(?:ab)?c",
    "(?i)k-s|ß-a|İ|(?!a)b|(?<=a)b",
    "(?:a|(?:b|(?:c-)))|(?:a)(?:b)",
]
strings = st.text("abcABC-'–|)(kKsſK İiıßS", max_size=4)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(string=strings)
@example(string="")
def test_strings_match_as_they_do_the_whole_pattern(pattern, string):
    parts = split_alternatives(pattern)
    assert parts is not None
    assert parts.match(string) == bool(re.match(pattern, string))


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
