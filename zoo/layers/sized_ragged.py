"""Keep the lengths of documents on the host too, so that nobody waits for a GPU."""

from collections.abc import Iterable

import numpy as np
from thinc.api import Ops
from thinc.types import Ints1d, Ragged

from ..types import Array


class SizedRagged(Ragged):
    """A Ragged that knows its lengths without asking a GPU, which would wait for it.

    data: Rows of all documents, end to end.
    lengths: Rows of each document, (n_docs,), where the data are.
    sizes: The same on the host.
    """

    def __init__(self, data: Array, lengths: Ints1d, sizes: list[int]) -> None:
        super().__init__(data, lengths)
        self.sizes = sizes


def from_sizes(ops: Ops, data: Array, sizes: Iterable[int]) -> SizedRagged:
    """Make a Ragged of rows and lengths that are on the host."""
    sizes = list(map(int, sizes))
    return SizedRagged(data, ops.asarray1i(sizes), sizes)


def sizes_of(X: Ragged) -> list[int]:
    """Give the lengths of a Ragged, on the host."""
    sizes: list[int] = X.sizes if isinstance(X, SizedRagged) else X.lengths.tolist()
    return sizes


def lengths_of(X: Ragged) -> Array:
    """Give the same as an array on the host, (n_docs,)."""
    return np.array(sizes_of(X), dtype="i4")


def with_data(X: Ragged, data: Array) -> Ragged:
    """Give other rows for the same documents."""
    if isinstance(X, SizedRagged):
        return SizedRagged(data, X.lengths, X.sizes)
    return Ragged(data, X.lengths)
