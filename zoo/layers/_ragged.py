"""Handle Raggeds whose lengths are known on the host, without waiting for a GPU."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from thinc.api import Model, Ops
from thinc.types import ArrayXd, Ints1d, Ragged

from .._arrays import as_array, as_thinc, on_device
from .._types import Array
from .scatter import scatter_add


class SizedRagged(Ragged):
    """A Ragged that keeps its lengths on the host too.

    To read them from a GPU would wait until the GPU has done all its work.

    Args:
        data: Rows of all documents, end to end.
        lengths: Rows of each document, (n_docs,), on the device of the data.
        sizes: The same numbers on the host.
    """

    def __init__(self, data: Array, lengths: Ints1d, sizes: list[int]) -> None:
        super().__init__(as_thinc(data), lengths)
        self.sizes = sizes


def from_sizes(ops: Ops, data: Array, sizes: Iterable[int]) -> SizedRagged:
    """Build a Ragged from rows and from lengths on the host."""
    sizes = list(map(int, sizes))
    return SizedRagged(data, as_lengths(ops, sizes), sizes)


def as_lengths(ops: Ops, sizes: list[int]) -> Ints1d:
    """Return lengths as an array on the device of some ops."""
    # Thinc's function takes several times as long for few numbers.
    if ops.device_type != "cpu":
        return ops.asarray1i(sizes)
    lengths: Ints1d = as_thinc(np.array(sizes, "i4"))
    return lengths


def sizes_of(X: Ragged) -> list[int]:
    """Return the lengths of a Ragged, on the host."""
    sizes: list[int] = X.sizes if isinstance(X, SizedRagged) else X.lengths.tolist()
    return sizes


def lengths_of(X: Ragged) -> Array:
    """Return the lengths of a Ragged as an array on the host, (n_docs,)."""
    return np.array(sizes_of(X), dtype="i4")


def with_data(X: Ragged, data: Array | ArrayXd) -> Ragged:
    """Return a Ragged with other rows and the lengths of X."""
    if isinstance(X, SizedRagged):
        return SizedRagged(as_array(data), X.lengths, X.sizes)
    return Ragged(as_thinc(as_array(data)), X.lengths)


def check_ragged(model: Model[Any, Any], X: Any) -> None:
    """Raise TypeError if the input of a layer is not a Ragged."""
    if not isinstance(X, Ragged):
        raise TypeError(
            f"{model.name}: the input must be a Ragged, got {type(X).__name__}. If it "
            f"is a list of arrays, put to_ragged() before the layer, from zoo.layers."
        )


class SpreadRagged(SizedRagged):
    """A SizedRagged whose rows repeat fewer ones: ``distinct[index]``.

    A layer can compute on each distinct row once.

    Args:
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
        """Whether rows repeat so often that computing on distinct rows is faster."""
        return len(self.distinct) < 0.75 * len(self.index)


def pack(lengths: Array) -> tuple[Array, Array]:
    """Order tokens as PyTorch packs them: all first ones, all second ones, and so on.

    Within a step the longest document comes first, so that the documents with a next
    token are always the first ones of a step.

    Args:
        lengths: Tokens of each document, (n_docs,).

    Returns:
        The position of each token in the packed order, (n_tokens,), and the number of
        tokens of each step, (n_steps,).
    """
    starts = np.cumsum(lengths) - lengths
    steps = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    order = np.lexsort((-np.repeat(lengths, lengths), steps))
    return order, np.bincount(steps)


class Sequences:
    """Sequences whose rows are in one array, one sequence after the other.

    Everything that follows from their lengths is computed on the host, because
    reading from a GPU waits until it has done all its work. On a GPU one thread per
    number sums the rows, where Thinc has one per sequence.

    Args:
        lengths: Rows of each sequence, (n_sequences,), on the host.
    """

    def __init__(self, ops: Ops, lengths: Array) -> None:
        self.ops = ops
        self.lengths = lengths
        self._where: Array = np.flatnonzero(lengths)

    @cached_property
    def filled(self) -> Any:
        """The sequences that have rows: (n_filled,), or a slice if all have."""
        is_all = len(self._where) == len(self.lengths)
        return slice(None) if is_all else on_device(self.ops, self._where)

    @cached_property
    def sizes(self) -> Array:
        """The lengths of the sequences that have rows: (n_filled,)."""
        return self._ints(self.lengths[self._where])

    @cached_property
    def starts(self) -> Array:
        """The first row of each sequence that has rows: (n_filled,)."""
        starts = np.cumsum(self.lengths) - self.lengths
        return self._ints(starts[self._where])

    @cached_property
    def owner(self) -> Array:
        """The sequence of each row: (n_rows,)."""
        return self._ints(np.repeat(np.arange(len(self.lengths)), self.lengths))

    @cached_property
    def shares(self) -> Array:
        """The weight of a row in the mean of its sequence: (n_sequences, 1)."""
        shares = 1 / np.maximum(self.lengths, 1)[:, None]
        return as_array(self.ops.asarray2f(as_thinc(shares)))

    def sum(self, X: Array) -> Array:
        """Sum the rows of each sequence: (n_sequences, width)."""
        if self.ops.device_type != "gpu":
            return self.fill(self.ops.reduce_sum(as_thinc(X), as_thinc(self.sizes)))
        sums: Array = self.ops.xp.zeros((len(self.lengths), X.shape[1]), dtype=X.dtype)
        scatter_add(self.ops, sums, self.owner, X)
        return sums

    def mean(self, X: Array) -> Array:
        """Average the rows of each sequence: (n_sequences, width)."""
        if self.ops.device_type != "gpu":
            return self.fill(self.ops.reduce_mean(as_thinc(X), as_thinc(self.sizes)))
        return self.sum(X) * self.shares

    def spread(self, Y: Array | ArrayXd) -> Array:
        """Repeat the row of each sequence for all its rows: (n_rows, width)."""
        return as_array(Y).take(self.owner, axis=0)

    def fill(self, Y: Array | ArrayXd) -> Array:
        """Insert a row of zeros for each empty sequence: (n_sequences, width)."""
        if isinstance(self.filled, slice):
            return as_array(Y)
        filled: Array = self.ops.xp.zeros((len(self.lengths), Y.shape[1]), Y.dtype)
        filled[self.filled] = Y
        return filled

    def _ints(self, array: Array) -> Array:
        return as_array(self.ops.asarray1i(as_thinc(array)))
