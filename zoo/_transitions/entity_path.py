"""Choose which entities are on the way through a document, from left to right."""

from collections.abc import Sequence
from typing import NamedTuple

#: Words after which it is first asked which entities are on the way, and which need
#: not be followed any further.
FIRST_WORDS = 16


class Path(NamedTuple):
    """Which candidates are on the way.

    Attributes:
        kept: Their places among all, in order.
        open: Places of those, at most one of each document, whose ends have to be known
            to go on.
    """

    kept: list[int]
    open: list[int]


def choose_path(
    starts: Sequence[int], ends: Sequence[int], owners: Sequence[int]
) -> Path:
    """Choose the first entity of each document, then the first one behind it, etc.

    Args:
        starts: Of candidates, in order.
        ends: The token behind each; 0 if it is not known yet.
        owners: The document of each.
    """
    kept: list[int] = []
    unknown: list[int] = []
    free, stuck = 0, -1
    for place, (start, end, owner) in enumerate(zip(starts, ends, owners, strict=True)):
        if owner == stuck or start < free:
            continue
        if end:
            kept.append(place)
            free = end
        else:
            unknown.append(place)
            stuck = owner
    return Path(kept, unknown)
