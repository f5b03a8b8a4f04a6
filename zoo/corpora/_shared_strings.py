"""Keep strings that documents have in common in memory once."""

from collections.abc import Sequence
from typing import TypeVar

#: Strings that are kept. After so many a file has shown what it repeats.
MAX_STRINGS = 1 << 16

T = TypeVar("T", bound=str | None)


class SharedStrings:
    """Strings of a file, each of which documents hold once.

    (`sys.intern` would do, but in Python 3.12 it keeps each string for ever.)
    """

    def __init__(self) -> None:
        self._known: dict[str | None, str | None] = {}

    def share(self, values: Sequence[T]) -> list[T]:
        """Return strings, or None, as the objects that came first of each."""
        known: dict[T, T] = self._known  # type: ignore[assignment]
        if len(known) > MAX_STRINGS:
            known.clear()
        return [*map(known.setdefault, values, values)]
