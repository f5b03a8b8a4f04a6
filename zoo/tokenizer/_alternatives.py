"""Compile a long pattern an alternative at a time, when a string first needs it.

The pattern of French words has hundreds of alternatives, and Python takes seconds to
compile it. Few of them can match a given string: those that begin as the string does.
"""

import re
from functools import cache
from typing import Final

from ._needed import FLAGS, TOKEN, may_match

#: Patterns of fewer characters are compiled as a whole.
LONG: Final = 1 << 14
#: Groups in one another that are split.
_MAX_DEPTH: Final = 20
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
        self._test = cache(lambda pattern: may_match(flags + pattern))

    def match(self, string: str) -> bool:
        """Return whether one of the patterns matches from the start of a string."""
        return any(
            self._compile(pattern).match(string)
            for start, pattern in self._of_character(string[:1])
            if self._compile(start).match(string) and self._test(pattern)(string)
        )

    def _find_by_character(self, first: str) -> list[tuple[str, str]]:
        """Return the patterns that may match strings with this first character."""
        return [
            (re.escape(start), pattern)
            for start, pattern in self._pairs
            if self._compile(re.escape(start[:1])).match(first)
        ]


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
