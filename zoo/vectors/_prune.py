"""Reduce a table to fewer rows, shared by more words."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._check_numbers import check_sizes
from ._matrix import Matrix
from ._nearest import nearest_rows
from .base import Floats
from .table import Vectors


class Pruned(NamedTuple):
    """A smaller table, and how near each removed row is to what stands for it."""

    table: Vectors
    cosines: Floats  # (n_removed,)


def prune(
    table: Vectors, n_rows: int, report: Callable[[float], None] = lambda share: None
) -> Pruned:
    """Keep the first rows of a table, and give their vectors to the words of others.

    No word is lost: one whose row is removed shares that of the nearest row that is
    kept, by cosine. The rows of the first words are kept; files of vectors begin with
    the most frequent words.

    Args:
        n_rows: How many rows to keep, 1 or more; a table with fewer stays as it is.
        report: Called from time to time with the share that is done, 0 to 1.
    """
    check_sizes("prune", 1, n_rows=n_rows)
    rows = table.index.rows()
    used, first = np.unique(rows, return_index=True)
    used = used[np.argsort(first, kind="stable")]
    if len(used) <= n_rows and len(used) == table.shape[0]:
        return Pruned(table, np.zeros(0, np.float32))
    kept, removed = used[:n_rows], used[n_rows:]
    scales = table.matrix.scales
    matrix = Matrix(table.matrix.values[kept], None if scales is None else scales[kept])
    place = np.zeros(table.shape[0], np.int64)
    place[kept] = np.arange(len(kept))
    cosines = np.zeros(0, np.float32)
    if len(removed):
        best, scores = nearest_rows(
            matrix,
            table.matrix.take(removed),
            1,
            report=lambda n: report(n / len(removed)),
        )
        place[removed], cosines = best[:, 0], scores[:, 0]
    words = dict(zip(table.words, place[rows].tolist(), strict=True))
    pruned = Vectors(words, matrix, name=table.name, unknown=table.unknown)
    return Pruned(pruned, cosines)
