"""Collect what the actors of a run did not read, in an actor that imports little.

No module of zoo is imported here: Ray starts the actor beside those that annotate, and
zoo's corpora take seconds to import.
"""

from collections.abc import Iterable, Mapping
from typing import Any

#: The file, what the kind is called, where it was first, and how often it was.
Tallied = tuple[str, tuple[str, ...], str, int]


class UnreadLog:
    """Add up what was not read, by file and kind, in an actor of Ray."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, tuple[str, ...]], tuple[str, int]] = {}

    def add(self, found: Iterable[Tallied]) -> None:
        """Add the tallies of a batch."""
        for path, kind, first, count in found:
            known, n = self._found.get((path, kind), (first, 0))
            self._found[path, kind] = known, n + count

    def collect(self) -> list[Tallied]:
        """Return all tallies, in the order in which they were found."""
        return [(*key, *tally) for key, tally in self._found.items()]


def tallies_of(found: Mapping[tuple[str, Any], Any]) -> list[Tallied]:
    """Turn what `Unread` found into plain values, which any process can read."""
    return [
        (path, tuple(kind), tally.first, tally.count)
        for (path, kind), tally in found.items()
    ]
