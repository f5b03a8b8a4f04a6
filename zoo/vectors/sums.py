"""Average rows of a table, each vector its own number of them."""

import numpy as np
from numpy.typing import NDArray

from .matrix import Matrix
from .protocol import Floats

#: Numbers of the vectors that are summed at a time, so that they stay in the cache.
_NUMBERS = 1 << 16


def average_rows(
    matrix: Matrix,
    rows: NDArray[np.int64],
    counts: NDArray[np.int64],
    vectors: Floats,
) -> None:
    """Compute vectors as means of rows, added one by one in their order.

    The sum is multiplied by the inverse of the count, as fastText does it, so that the
    last bits agree.

    rows: The rows of the first vector, then those of the second, and so on.
    counts: How many rows each vector has, 1 or more: (n_vectors,).
    vectors: Is written to: (n_vectors, width).
    """
    # Longest first, so that those with a row j are the first n_with[j] of their part.
    order = np.argsort(-counts, kind="stable")
    starts = (np.cumsum(counts) - counts)[order]
    counts = counts[order]
    step = max(16, _NUMBERS // max(1, matrix.shape[1]))
    for i in range(0, len(counts), step):
        part = slice(i, i + step)
        vectors[order[part]] = _average_some(matrix, rows, starts[part], counts[part])


def _average_some(
    matrix: Matrix,
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Floats:
    """Compute a few means; the counts descend."""
    total = np.empty((len(counts), matrix.shape[1]), np.float32)
    more = np.empty_like(total)
    n_with = len(counts) - np.cumsum(np.bincount(counts))
    matrix.take(rows[starts], total)
    for j in range(1, len(n_with) - 1):
        n = int(n_with[j])
        total[:n] += matrix.take(rows[starts[:n] + j], more[:n])
    total *= (1.0 / counts).astype(np.float32)[:, None]
    return total
