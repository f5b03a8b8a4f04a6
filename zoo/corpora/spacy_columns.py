"""Check the columns of numbers in spaCy's binary files, and name what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lexical.attributes import string_ids
from ..lexical.symbols import SYMBOLS

Numbers = NDArray[np.uint64]
Flags = NDArray[np.bool_]


def wrong(expected: str, found: Any) -> str:
    """Tell what was expected, and what was found instead."""
    text = repr(found)
    return f"expected {expected}, got {text if len(text) <= 60 else text[:57] + '...'}."


@dataclass
class Columns:
    """The numbers of all words of a file, and the strings that they stand for."""

    tokens: Numbers  # (n_tokens, n_attrs)
    attrs: list[int]
    starts: NDArray[np.int64]  # (n_docs,) Of each document, its first word.
    ends: NDArray[np.int64]  # (n_docs,)
    names: dict[int, str | None]  # The strings by their ids, None for 0.

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> "Columns":
        """Check that all parts are there and fit together; ValueError if not."""
        attrs = message.get("attrs")
        if not isinstance(attrs, list) or not {*map(type, attrs)} <= {int}:
            raise ValueError(f"attrs: {wrong('a list of numbers', attrs)}")
        if SYMBOLS["ORTH"] not in attrs:
            raise ValueError(f"attrs: {wrong('the words (65) among them', attrs)}")
        strings = message.get("strings")
        if not isinstance(strings, list) or not {*map(type, strings)} <= {str}:
            raise ValueError(f"strings: {wrong('a list of strings', strings)}")
        data: dict[str, bytes] = {}
        for name in ("lengths", "tokens", "spaces"):
            value = message.get(name)
            if not isinstance(value, bytes):
                raise ValueError(f"{name}: {wrong('bytes', value)}")
            data[name] = value
        if len(data["lengths"]) % 4:
            problem = wrong("a multiple of 4 bytes", len(data["lengths"]))
            raise ValueError(f"lengths: {problem}")
        lengths = np.frombuffer(data["lengths"], "<i4").astype(np.int64)
        if len(lengths) and lengths.min() < 0:
            raise ValueError(f"lengths: {wrong('0 or more', int(lengths.min()))}")
        ends = np.cumsum(lengths)
        n_tokens = int(ends[-1]) if len(ends) else 0
        for name, size in (("tokens", 8 * len(attrs) * n_tokens), ("spaces", n_tokens)):
            if len(data[name]) != size:
                problem = wrong(f"{size} bytes", len(data[name]))
                raise ValueError(f"{name}: {problem}")
        tokens = np.frombuffer(data["tokens"], "<u8").reshape(n_tokens, len(attrs))
        strings = [*strings, *SYMBOLS]  # spaCy knows these without being told.
        names: dict[int, str | None] = dict(
            zip(string_ids(strings).tolist(), strings, strict=True)
        )
        return cls(tokens, attrs, ends - lengths, ends, names | {0: None})

    def numbers(self, name: str) -> Numbers:
        """Give the values of an attribute, 0 if the file lacks it: (n_tokens,)."""
        if SYMBOLS[name] not in self.attrs:
            return np.zeros(len(self.tokens), np.uint64)
        return np.ascontiguousarray(self.tokens[:, self.attrs.index(SYMBOLS[name])])

    def strings(self, name: str, numbers: Numbers) -> list[str | None]:
        """Give the strings that ids stand for, None for the id 0."""
        names = self.names
        try:
            return [names[number] for number in numbers.tolist()]
        except KeyError as error:
            problem = wrong("the id of one of the strings", error.args[0])
            raise ValueError(f"{name}: {problem}") from error

    def labels(self, name: str) -> tuple[list[str | None], list[bool]]:
        """Give the string of each word, and which documents have any."""
        numbers = self.numbers(name)
        return self.strings(name, numbers), self.are_known(numbers != 0)

    def are_known(self, known: Flags) -> list[bool]:
        """Tell for each document whether something is known of one of its words."""
        counts = np.concatenate([[0], np.cumsum(known)])
        known_in: list[bool] = (counts[self.ends] > counts[self.starts]).tolist()
        return known_in

    def firsts(self) -> Flags:
        """Tell of each word whether it is the first of a document."""
        found = np.zeros(len(self.tokens) + 1, bool)
        found[self.starts] = True
        return found[:-1]
