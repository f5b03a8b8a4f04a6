"""Name the first of many things in a message."""

from collections.abc import Collection
from itertools import islice

#: As many as are read at a glance.
N_NAMED = 5


def name_some(names: Collection[str], n_named: int = N_NAMED) -> str:
    """Return the first names with commas between, and an ellipsis if there are more."""
    more = ", …" if len(names) > n_named else ""
    return ", ".join(islice(names, n_named)) + more
