"""Add up the rows of sequences, some of which may have none."""

from functools import cached_property
from typing import Any

import numpy as np
from thinc.api import Ops

from ..types import Array
from .scatter import scatter_add


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
