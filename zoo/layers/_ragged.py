"""Keep the lengths of documents on the host too, so that nobody waits for a GPU."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from thinc.api import Ops
from thinc.types import Ints1d, Ragged

from .._types import Array
from .scatter import scatter_add


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


class SpreadRagged(SizedRagged):
    """A SizedRagged whose rows are repeats of fewer ones, ``distinct[index]``.

    A layer that knows of it can compute on each distinct row once.

    distinct: (n_distinct, width).
    index: The distinct row of each token, (n_tokens,).
    lengths, sizes: Tokens of each document, (n_docs,), the latter on the host.
    """

    def __init__(
        self, distinct: Array, index: Array, lengths: Ints1d, sizes: list[int]
    ) -> None:
        super().__init__(distinct.take(index, axis=0), lengths, sizes)
        self.distinct = distinct
        self.index = index

    @property
    def repeats(self) -> bool:
        """Whether so many rows are the same that it pays to add up what they share."""
        return len(self.distinct) < 0.75 * len(self.index)


def pack(lengths: Array) -> tuple[Array, Array]:
    """Order tokens as PyTorch packs them: all first ones, all second ones, and so on.

    Within these the longest document comes first, so that the documents that have a
    next token are always the first ones of a step. Also gives how many tokens each
    step has.
    """
    starts = np.cumsum(lengths) - lengths
    steps = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    order = np.lexsort((-np.repeat(lengths, lengths), steps))
    return order, np.bincount(steps)


class Sequences:
    """Sequences whose rows lie in one array, one sequence after the other.

    What follows from their lengths is computed on the host, as a GPU that is asked
    must first do all its work. A GPU adds up the rows by a thread for each number,
    where Thinc has one for each sequence.

    lengths: Rows of each sequence, (n_sequences,), on the host.
    """

    def __init__(self, ops: Ops, lengths: Array) -> None:
        self.ops = ops
        self.lengths = lengths
        self._where: Array = np.flatnonzero(lengths)

    @cached_property
    def filled(self) -> Any:
        """The sequences that have rows: (n_filled,), or a slice of all."""
        is_all = len(self._where) == len(self.lengths)
        return slice(None) if is_all else self.ops.asarray(self._where)

    @cached_property
    def sizes(self) -> Array:
        """The lengths of those that have rows: (n_filled,)."""
        return self.ops.asarray1i(self.lengths[self._where])

    @cached_property
    def starts(self) -> Array:
        """The first row of those that have rows: (n_filled,)."""
        starts = np.cumsum(self.lengths) - self.lengths
        return self.ops.asarray1i(starts[self._where])

    @cached_property
    def owner(self) -> Array:
        """The sequence of each row: (n_rows,)."""
        owner: Array = np.repeat(np.arange(len(self.lengths)), self.lengths)
        return self.ops.asarray1i(owner)

    @cached_property
    def shares(self) -> Array:
        """What each row counts in the mean of its sequence: (n_sequences, 1)."""
        return self.ops.asarray2f(1 / np.maximum(self.lengths, 1)[:, None])

    def sum(self, X: Array) -> Array:
        """Add up the rows of each sequence: (n_sequences, width)."""
        if self.ops.device_type != "gpu":
            return self.fill(self.ops.reduce_sum(X, self.sizes))
        sums = self.ops.xp.zeros((len(self.lengths), X.shape[1]), dtype=X.dtype)
        scatter_add(self.ops, sums, self.owner, X)
        return sums

    def mean(self, X: Array) -> Array:
        """Average the rows of each sequence: (n_sequences, width)."""
        if self.ops.device_type != "gpu":
            return self.fill(self.ops.reduce_mean(X, self.sizes))
        return self.sum(X) * self.shares

    def spread(self, Y: Array) -> Array:
        """Give each row what belongs to its sequence: (n_rows, width)."""
        rows: Array = Y.take(self.owner, axis=0)
        return rows

    def fill(self, Y: Array) -> Array:
        """Put a row of zeros for each sequence without rows: (n_sequences, width)."""
        if isinstance(self.filled, slice):
            return Y
        filled: Array = self.ops.xp.zeros((len(self.lengths), Y.shape[1]), Y.dtype)
        filled[self.filled] = Y
        return filled
