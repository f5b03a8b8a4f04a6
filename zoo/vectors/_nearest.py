"""Find the rows nearest to some vectors, block by block."""

from collections.abc import Callable

import numpy as np

from ._matrix import BLOCK, Matrix, Rows, row_norms
from .base import Floats

#: The most scores that are looked at at a time: 2 MB.
_SCORES = 1 << 19
#: How near to 1 rounding leaves the cosine of equal vectors.
_ROUNDING = 1e-5
#: The most queries at a time.
_QUERIES = 1024


def nearest_rows(
    matrix: Matrix,
    queries: Floats,
    n: int,
    *,
    rows: Rows | None = None,
    inverse: Floats | None = None,
    report: Callable[[int], None] = lambda n: None,
) -> tuple[Rows, Floats]:
    """Find the `n` rows nearest to each query by their cosine, the nearest first.

    Of rows equally near the earlier comes first. A row of zeros has the cosine 0.

    Returns:
        rows and cosines, each (n_queries, n), or fewer columns where the matrix has
        fewer rows.

    Args:
        queries: (n_queries, width).
        rows: The rows to look among, in ascending order; None for all.
        inverse: One over the length of each row of the matrix, if that is known.
        report: Is called with the number of queries that are done.
    """
    width = matrix.shape[1]
    n_rows = len(matrix.values if rows is None else rows)
    n = min(n, n_rows)
    if inverse is None:
        inverse = inverse_norms(matrix)
    best = np.zeros((len(queries), n), np.int64)
    scores = np.zeros((len(queries), n), np.float32)
    for start in range(0, len(queries) if n else 0, _QUERIES):
        part = slice(start, start + _QUERIES)
        search = _Search(unit_rows(queries[part]), n)
        step = max(n, min(_SCORES // len(search.queries), BLOCK // max(1, width)))
        for first in range(0, n_rows, step):
            stop = min(first + step, n_rows)
            some = slice(first, stop) if rows is None else rows[first:stop]
            search.look_among(matrix.take(some) * inverse[some, None], first)
        best[part], scores[part] = search.result()
        _mark_equal(matrix, queries[part], best[part], scores[part], rows)
        report(min(start + _QUERIES, len(queries)))
    return (best if rows is None else rows[best]), scores


def _mark_equal(
    matrix: Matrix, queries: Floats, best: Rows, scores: Floats, rows: Rows | None
) -> None:
    """Set the cosine of equal vectors to 1, which rounding may have missed."""
    query, rank = np.nonzero(scores > 1 - _ROUNDING)
    found = best[query, rank]
    near = matrix.take(found if rows is None else rows[found])
    equal = (near == queries[query]).all(axis=1)
    scores[query[equal], rank[equal]] = 1


class _Search:
    """Keep the best `n` of all rows seen so far, for each query."""

    def __init__(self, queries: Floats, n: int) -> None:
        self.queries = queries
        self._best = np.zeros((len(queries), n), np.int64)
        self._scores = np.full((len(queries), n), -np.inf, np.float32)
        self._buffer = np.zeros((0, 0), np.float32)

    def look_among(self, block: Floats, first: int) -> None:
        """Look among more rows of length 1, of which the first has this number.

        The first block must have `n` rows or more.
        """
        if self._buffer.shape[1] != len(block):
            self._buffer = np.empty((len(self.queries), len(block)), np.float32)
        scores = np.matmul(self.queries, block.T, out=self._buffer)
        # Few rows of a later block are better than the worst of the best so far.
        least = self._scores[:, -1]
        if first == 0:
            n = self._scores.shape[1]
            least = np.nextafter(np.partition(scores, -n, axis=1)[:, -n], -np.inf)
        found = np.flatnonzero(scores > least[:, None])
        if len(found):
            query, row = np.divmod(found, len(block))
            self._merge(query, row + first, scores.ravel()[found])

    def _merge(self, query: Rows, rows: Rows, scores: Floats) -> None:
        """Take in rows, each with its query, in the order of the queries."""
        counts = np.bincount(query, minlength=len(self.queries))
        place = np.arange(len(query)) - (np.cumsum(counts) - counts)[query]
        some = np.flatnonzero(counts)
        line = np.cumsum(counts > 0)[query] - 1
        more_scores = np.full((len(some), counts.max()), -np.inf, np.float32)
        more_rows = np.zeros(more_scores.shape, np.int64)
        more_scores[line, place], more_rows[line, place] = scores, rows
        scores = np.concatenate([self._scores[some], more_scores], axis=1)
        rows = np.concatenate([self._best[some], more_rows], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, : self._best.shape[1]]
        self._scores[some] = np.take_along_axis(scores, order, axis=1)
        self._best[some] = np.take_along_axis(rows, order, axis=1)

    def result(self) -> tuple[Rows, Floats]:
        """Return the best rows and their scores, at most 1 and at least -1."""
        return self._best, np.clip(self._scores, -1, 1)


def inverse_norms(matrix: Matrix) -> Floats:
    """Return one over the length of each row, 0 for a row of zeros."""
    norms = matrix.norms()
    return np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)


def unit_rows(rows: Floats) -> Floats:
    """Scale rows to the length 1; rows of zeros stay."""
    norms = row_norms(rows)
    norms[norms == 0] = 1
    return rows / norms[:, None]
