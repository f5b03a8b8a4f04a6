"""Find the characters without which a regular expression cannot match."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

#: The characters that are told apart. A string with others may always match.
_UNIVERSE: Final = "".join(map(chr, range(0x250)))
#: What is needed where nothing is known: any character at all, or none.
_UNKNOWN: Final = (1 << len(_UNIVERSE)) - 1
_LETTERS: Final = sum(1 << i for i, c in enumerate(_UNIVERSE) if c.isalpha())
#: Groups in one another that are looked into.
_MAX_DEPTH: Final = 50

#: Flags at the start of a pattern.
FLAGS: Final = re.compile(r"\(\?([imsu]+)\)")
#: The parts of a pattern.
TOKEN: Final = re.compile(
    r"(?P<set>\[\^?\]?(?:[^\]\\]|\\.)*\])"
    r"|(?P<escape>\\(?:x..|u.{4}|U.{8}|.))"
    r"|(?P<group>\((?:\?(?::|=|!|<=|<!))?(?!\?))"
    r"|(?P<other>.)",
    re.DOTALL,
)
_REPEAT: Final = re.compile(r"(?:([*?+])|\{(\d*)(?:,\d*)?\})[?+]?")
#: Escapes of one letter that stand for a character or a set of them.
_CHARACTER_ESCAPES: Final = frozenset("dDwWsSafnrtvxuU")


def may_match(pattern: str) -> Callable[[str], object]:
    """Return a quick test that holds for every string that a pattern matches in.

    The test looks for a character that every match needs, of those up to U+024F;
    ``may_match("ab?|-")("bc")`` fails, as all matches need an "a" or a "-". It holds
    for some strings that do not match, too, and always where nothing is found out.
    """
    try:
        needed = _Parser(pattern).parse()
    except (ValueError, re.error, RecursionError):
        needed = _UNKNOWN
    if needed == _UNKNOWN:
        return _always
    return _test_for(needed)


def may_match_any(*patterns: str) -> Callable[[str], object]:
    """Return a test like that of `may_match` for several patterns at once."""
    return may_match("|".join(f"(?:{pattern})" for pattern in patterns))


@lru_cache(maxsize=64)
def _test_for(needed: int) -> Callable[[str], object]:
    characters = (c for i, c in enumerate(_UNIVERSE) if needed >> i & 1)
    listed = "".join(map(re.escape, characters))
    return re.compile(f"[{listed}{chr(0x250)}-{chr(0x10FFFF)}]").search


def _always(string: str) -> object:
    return True


class _Parser:
    """Go through a pattern; what is needed is a set of bits, one per character."""

    def __init__(self, pattern: str) -> None:
        self.flags = 0
        if match := FLAGS.match(pattern):
            self.flags = re.IGNORECASE if "i" in match[1] else 0
            pattern = pattern[match.end() :]
        self.pattern = pattern
        self.place = 0

    def parse(self) -> int:
        needed = self.parse_alternatives(0)
        if self.place < len(self.pattern):
            raise ValueError("a bracket that was not opened")
        return needed

    def parse_alternatives(self, depth: int) -> int:
        """Read up to the end of a group: a match needs what one of them needs."""
        if depth > _MAX_DEPTH:
            raise ValueError("groups too deep")
        needed, branch = 0, _UNKNOWN
        while self.place < len(self.pattern):
            character = self.pattern[self.place]
            if character == ")":
                break
            if character == "|":
                self.place += 1
                needed, branch = needed | branch, _UNKNOWN
            else:
                branch = min(branch, self.parse_item(depth), key=_cost)
        return needed | branch

    def parse_item(self, depth: int) -> int:
        """Read an item with the repetition that follows it."""
        match = TOKEN.match(self.pattern, self.place)
        if match is None:
            raise ValueError("an unknown item")
        self.place = match.end()
        if match.lastgroup == "group":
            needed = self.parse_group(match[0], depth)
        elif match.lastgroup == "escape" and match[0][1] not in _CHARACTER_ESCAPES:
            # Numbers refer to groups, and other letters stand between characters.
            needed = _UNKNOWN if match[0][1].isalnum() else self.mask_of(match[0])
        elif match.lastgroup == "other" and match[0] in "^$.":
            needed = _UNKNOWN
        else:
            needed = self.mask_of(match[0])
        if repeat := _REPEAT.match(self.pattern, self.place):
            self.place = repeat.end()
            least = {"*": 0, "?": 0, "+": 1}.get(repeat[1], int(repeat[2] or 0))
            needed = needed if least else _UNKNOWN
        return needed

    def parse_group(self, opening: str, depth: int) -> int:
        if self.pattern.startswith("?", self.place):
            raise ValueError("a group of another kind")
        needed = self.parse_alternatives(depth + 1)
        if not self.pattern.startswith(")", self.place):
            raise ValueError("a group that does not end")
        self.place += 1
        # What must not stand there is not needed.
        return _UNKNOWN if opening.endswith("!") else needed

    def mask_of(self, item: str) -> int:
        return _mask_of(item, self.flags)


@lru_cache(maxsize=1024)
def _mask_of(item: str, flags: int) -> int:
    """Find out which characters an item stands for, by trying all of them."""
    found = re.compile(_escaped(item), flags).finditer(_UNIVERSE)
    return sum(1 << match.start() for match in found)


def _escaped(item: str) -> str:
    return re.escape(item) if len(item) == 1 else item


def _cost(needed: int) -> tuple[int, int]:
    """Rank what is needed: best is what few words have, so few letters."""
    return (needed & _LETTERS).bit_count(), needed.bit_count()
