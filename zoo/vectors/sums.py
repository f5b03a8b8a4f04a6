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
    starts = np.cumsum(counts) - counts
    step = max(16, _NUMBERS // max(1, matrix.shape[1]))
    for i in range(0, len(counts), step):
        part = slice(i, i + step)
        _average_some(matrix, rows, starts[part], counts[part], vectors[part])


def _average_some(
    matrix: Matrix,
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
    vectors: Floats,
) -> None:
    # Longest first, so that those with a row j are the first n_with[j].
    order = np.argsort(-counts, kind="stable")
    n_with = len(order) - np.cumsum(np.bincount(counts))
    starts = starts[order]
    total, more = np.empty_like(vectors), np.empty_like(vectors)
    matrix.take(rows[starts], total)
    for j in range(1, len(n_with) - 1):
        n = int(n_with[j])
        total[:n] += matrix.take(rows[starts[:n] + j], more[:n])
    vectors[order] = total
    vectors *= (1.0 / counts).astype(np.float32)[:, None]
