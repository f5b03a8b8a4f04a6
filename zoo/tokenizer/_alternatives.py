"""Compile a long pattern an alternative at a time, when a string first needs it.

The pattern of French words has hundreds of alternatives, and Python takes seconds to
compile it. Few of them can match a given string: those that begin as the string does.
What takes long of one alternative are its sets of hundreds of letters, of which any
string holds few.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from ._needed import FLAGS, TOKEN, may_match

#: Patterns of fewer characters are compiled as a whole.
LONG: Final = 1 << 14
#: Groups in one another that are split.
_MAX_DEPTH: Final = 20
#: Sets with fewer characters are quick to compile.
_LONG_SET: Final = 256
#: Strings after which a pattern is compiled with its long sets.
_MOST_STRINGS: Final = 32
#: What may match less if a set in it matches more.
_NOT_MONOTONE: Final = re.compile(r"\(\?(?:!|<!)|[*+?}]\+")
#: What makes an alternative depend on others: groups that are counted or named.
_COUNTED: Final = re.compile(r"\((?!\?(?:[:=!]|<[=!]))|\\[1-9]")


class Alternatives:
    """Match one of several patterns from the start.

    Args:
        flags: Such as "(?iu)"; those of all patterns.
        patterns: The patterns.
    """

    def __init__(self, flags: str, patterns: list[str]) -> None:
        self._pairs = [(_literal_start(p), p) for p in patterns]
        self._of_character = cache(self._find_by_character)
        self._compile = cache(lambda pattern: re.compile(flags + pattern))
        is_in_set = cache(lambda set_: re.compile(flags + set_).match)
        self._matcher = cache(lambda pattern: _Alternative(flags, pattern, is_in_set))

    def match(self, string: str) -> bool:
        """Return whether one of the patterns matches from the start of a string."""
        return any(
            self._compile(start).match(string) and self._matcher(pattern).match(string)
            for start, pattern in self._of_character(string[:1])
        )

    def _find_by_character(self, first: str) -> list[tuple[str, str]]:
        """Return the patterns that may match strings with this first character."""
        return [
            (re.escape(start), pattern)
            for start, pattern in self._pairs
            if self._compile(re.escape(start[:1])).match(first)
        ]


class _Alternative:
    """Match a pattern from the start, and compile no long set if that can be avoided.

    A string is first matched with any character in the place of each long set, which
    holds for all strings that match; then with those of the string's own characters
    that are in the set, which holds for no others.

    Args:
        flags, pattern: The pattern.
        is_in_set: Returns what matches a character of a set.
    """

    def __init__(
        self, flags: str, pattern: str, is_in_set: Callable[[str], Callable[[str], Any]]
    ) -> None:
        self._flags, self._pattern, self._is_in_set = flags, pattern, is_in_set
        self._parts = _split_at_long_sets(pattern)
        self._match: Callable[[str], Any] | None = None
        self._n_strings = 0
        if len(self._parts) > 1 and not _NOT_MONOTONE.search(_without_sets(pattern)):
            loose = self._replace_sets(lambda set_: r"[\s\S]")
            self._may_match: Callable[[str], Any] = re.compile(loose).match
        else:
            self._may_match = may_match(flags + pattern)

    def match(self, string: str) -> bool:
        """Return whether the pattern matches from the start of a string."""
        if not self._may_match(string):
            return False
        if self._match is None:
            self._n_strings += 1
            if len(self._parts) > 1 and self._n_strings <= _MOST_STRINGS:
                return self._match_by_own_characters(string)
            self._match = re.compile(self._flags + self._pattern).match
        return self._match(string) is not None

    def _match_by_own_characters(self, string: str) -> bool:
        """Match with sets of nothing but characters of the string."""
        characters = dict.fromkeys(string)

        def reduce(set_: str) -> str:
            inside = "".join(map(re.escape, filter(self._is_in_set(set_), characters)))
            return f"(?-i:[{inside}])" if inside else r"[^\s\S]"

        return re.compile(self._replace_sets(reduce)).match(string) is not None

    def _replace_sets(self, replace: Callable[[str], str]) -> str:
        """Return the pattern with other sets in the place of long ones."""
        pairs = enumerate(self._parts)
        return self._flags + "".join(replace(p) if i % 2 else p for i, p in pairs)


def _split_at_long_sets(pattern: str) -> list[str]:
    """Split a pattern so that each second part is a long set."""
    parts, start = [], 0
    for match in TOKEN.finditer(pattern):
        if match.lastgroup == "set" and len(match[0]) > _LONG_SET:
            parts += [pattern[start : match.start()], match[0]]
            start = match.end()
    return [*parts, pattern[start:]]


def split_alternatives(pattern: str) -> Alternatives | None:
    """Split a pattern at the bars outside of all groups; None if that is not possible.

    Args:
        pattern: Any pattern of Python's `re`.
    """
    flags = FLAGS.match(pattern)
    body = pattern[flags.end() :] if flags else pattern
    if _COUNTED.search(_without_sets(body)):
        return None
    parts = _split(body)
    if parts is None:
        return None
    return Alternatives(flags[0] if flags else "", parts)


def _without_sets(pattern: str) -> str:
    """Leave out sets and escaped characters, which may hold brackets."""
    kept = (
        match[0]
        for match in TOKEN.finditer(pattern)
        if match.lastgroup != "set"
        and (match.lastgroup != "escape" or match[0][1].isdigit())
    )
    return "".join(kept)


def _split(pattern: str, level: int = 0) -> list[str] | None:
    """Split at the bars outside of groups, also of a group that holds a whole part."""
    parts, start, depth = [], 0, 0
    opened = closed = -1
    for match in TOKEN.finditer(pattern):
        if match.lastgroup == "group":
            if depth == 0:
                opened = match.start()
            depth += 1
        elif match[0] == ")":
            depth -= 1
            closed = match.end()
        elif match[0] == "|" and depth == 0:
            parts.append((start, match.start(), opened, closed))
            start = match.end()
        if depth < 0:
            return None
    if depth:
        return None
    parts.append((start, len(pattern), opened, closed))
    found: list[str] = []
    for start, end, opened, closed in parts:
        part = pattern[start:end]
        is_group = opened == start and closed == end and part.startswith("(?:")
        if is_group and level < _MAX_DEPTH:
            inner = _split(part[3:-1], level + 1)
            if inner is None:
                return None
            found += inner
        else:
            found.append(part)
    return found


def _literal_start(pattern: str) -> str:
    """Return the letters and digits that all matches begin with."""
    body = pattern.removeprefix("^")
    match = re.match(r"[^\W_]*", body)
    start = match[0] if match else ""
    # What follows may say that the last one is not needed.
    rest = body[len(start) :]
    return start[:-1] if rest[:1] and rest[0] in "*?{" else start
