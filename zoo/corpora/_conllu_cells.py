"""Read cells of CoNLL-U, each of which most rows repeat, only once."""

from collections.abc import Callable
from typing import TypeVar

from .._lexical.feats import NORMAL_FEATS
from ._misc_entities import Scheme, quiet_miscs
from ._shared_strings import MAX_STRINGS

T = TypeVar("T")


class Known(dict[str, T]):
    """What cells say, by cell; a bounded number is kept.

    Args:
        read: Reads a cell; KeyError if it must not be empty.
    """

    def __init__(self, read: Callable[[str], T]) -> None:
        self._read = read

    def __missing__(self, cell: str) -> T:
        if len(self) >= MAX_STRINGS:
            self.clear()
        found = self[cell] = self._read(cell)
        return found


class KnownCells:
    """What the cells of a file say.

    Each string is kept once. (`sys.intern` would do, but in Python 3.12 it keeps each
    string for ever.)

    Args:
        scheme: How the file holds entities.

    Attributes:
        words: Words by FORM.
        labels: Labels, None if unknown, by LEMMA, UPOS, XPOS and DEPREL.
        feats: Normal features by FEATS.
        spaces: Whether a space follows by MISC.
        quiet: Those in MISC that say nothing which is not read.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.words = words = Known(_filled)
        self.labels = Known(lambda cell: None if cell == "_" else words[cell])
        self.feats = Known(lambda cell: NORMAL_FEATS[_filled(cell)])
        self.spaces = Known(space_after)
        self.quiet = quiet_miscs(scheme)


def space_after(misc: str) -> bool:
    """Return whether a space follows a word, as MISC says."""
    return "SpaceAfter=No" not in misc.rstrip("\r").split("|")


def _filled(cell: str) -> str:
    if not cell:
        raise KeyError(cell)
    return cell
