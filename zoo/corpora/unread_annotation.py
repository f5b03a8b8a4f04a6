"""Count what files hold and zoo does not read, and say it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Kind(NamedTuple):
    """Something that a reader does not take from a file.

    Attributes:
        one: What it is called, such as "word without a label".
        many: The same in the plural.
        advice: A sentence on what that means, or how to have it read.
    """

    one: str
    many: str
    advice: str


@dataclass
class Tally:
    """How often a kind occurs in a file, and where the first time."""

    first: str
    count: int = 0


@dataclass
class Unread:
    """What files hold and was not read: by file and kind, with the first place.

    Readers fill the object that they are given as `unread`. Without one they warn of
    what they did not read, once for each file, when its end is reached or no more of
    it is wanted.
    """

    found: dict[tuple[str, Kind], Tally] = field(default_factory=dict)

    def add(self, kind: Kind, path: str | Path, place: str, count: int = 1) -> None:
        """Count something that was not read.

        Args:
            kind: What it is.
            path: The file.
            place: Where it stands, such as "line 3"; the first place is kept.
            count: How many there are; 0 adds nothing.
        """
        if count:
            tally = self.found.setdefault((str(path), kind), Tally(place))
            tally.count += count

    def describe(self) -> list[str]:
        """Return a sentence or two for each file and kind, in the order found."""
        return [
            f"{path}: {tally.count:,} {kind.one if tally.count == 1 else kind.many}, "
            f"the first in {tally.first}. {kind.advice}"
            for (path, kind), tally in self.found.items()
        ]

    def warn(self) -> None:
        """Warn of each kind (`UserWarning`), in the words of `describe`."""
        for message in self.describe():
            warnings.warn(message, stacklevel=3)


@contextmanager
def collect(unread: Unread | None) -> Iterator[Unread]:
    """Return the object to add to; if none was given, warn of its content at the end.

    The end is also reached by a generator that is closed before its last item.
    """
    if unread is not None:
        yield unread
        return
    own = Unread()
    try:
        yield own
    except GeneratorExit:
        own.warn()
        raise
    own.warn()
