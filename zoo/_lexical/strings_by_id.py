"""Find the strings that spaCy's 64-bit ids stand for."""

from collections.abc import Iterable, Sequence

import numpy as np

from .attributes import string_ids
from .key_cache import Keys
from .symbols import SYMBOLS

#: The strings that spaCy never writes among the others, as it knows their numbers.
_SYMBOLS = [name for name in SYMBOLS if name]


def find_strings(ids: Iterable[int], strings: Sequence[str]) -> list[str | None]:
    """Return the string that each id stands for, or None if there is none.

    Arrays are sorted and searched, which for half a million ids takes a third of the
    time of a dictionary of all strings.

    Args:
        ids: Ids, 0 to 2 ** 64 - 1.
        strings: The strings that there may be beside spaCy's symbols.

    Raises:
        TypeError: An id is no whole number, or a string no string.
        OverflowError: An id is out of range.
    """
    wanted: Keys = np.fromiter(ids, np.uint64)
    known = [*_SYMBOLS, *strings]
    # The string of the number 0 is the empty one, which is not asked for.
    numbers = np.append(string_ids(known), np.uint64(0))
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    places = np.searchsorted(ordered, wanted).clip(max=len(ordered) - 1)
    is_found = (ordered[places] == wanted) & (wanted != 0)
    found = np.where(is_found, order[places], len(known)).tolist()
    names: list[str | None] = [*known, None]
    return [names[place] for place in found]
