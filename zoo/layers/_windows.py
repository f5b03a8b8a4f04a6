"""Lay tokens out with padding between documents, and cut them into parts."""

from typing import Any, NamedTuple

import numpy as np
from thinc.api import Ops

from .._types import Array
from ..threads import cut

#: Rows of an array: their places, or a slice if none between them is left out.
Rows = Array | slice


class Part(NamedTuple):
    """Some tokens of a batch, to be encoded apart from the others.

    Around them are the rows that reach them through the blocks; what a block computes
    there is computed again in the part that they belong to.
    """

    tokens: slice  # Of the batch, without padding.
    rows: slice  # Of the padded batch: the tokens and the rows around them.
    own: Rows  # Where the tokens are in `rows`.
    needed: list[Rows]  # Rows of `rows` that each block must compute.


def token_rows(lengths: Array, padding: int) -> Array:
    """Give the row of each token, where rows of padding surround each document.

    Documents without tokens get no padding of their own.
    """
    lengths = lengths[lengths > 0]
    before = padding * np.arange(1, len(lengths) + 1)
    return np.arange(lengths.sum()) + np.repeat(before, lengths)


def cut_parts(ops: Ops, tokens: Array, size: int, depth: int) -> list[Part]:
    """Cut tokens into parts for several threads.

    tokens: Their rows in the padded batch, (n_tokens,), on the host.
    size: Rows that one block looks at to either side.
    depth: Blocks. Of the rows between documents each computes only what later ones
        still need, and the last one none.
    """
    reach = size * depth
    parts = []
    for chunk in cut(ops, len(tokens)):
        start, stop = int(tokens[chunk][0]) - reach, int(tokens[chunk][-1]) + reach + 1
        own = tokens[chunk] - start
        if ops.device_type == "cpu":
            needed = _find_needed(stop - start, own, size, depth)
        else:  # To tell a GPU which rows it may leave out takes longer than they do.
            needed = [slice(size, stop - start - size)] * depth
        rows = [_as_rows(ops, places) for places in (own, *needed)]
        parts.append(Part(chunk, slice(start, stop), rows[0], rows[1:]))
    return parts


def shift(rows: Rows, offset: int) -> Rows:
    """Give the rows that stand so many places after others."""
    if isinstance(rows, slice):
        return slice(rows.start + offset, rows.stop + offset)
    return rows + offset


def lay_out(xp: Any, X: Array, rows: Rows, size: int) -> Array:
    """Lay the windows of some rows side by side, (n_rows, n_window * width)."""
    offsets = range(-size, size + 1)
    if isinstance(rows, slice):
        return xp.concatenate([X[shift(rows, i)] for i in offsets], axis=1)
    windows = X.take(rows[:, None] + xp.arange(-size, size + 1), axis=0)
    return windows.reshape(len(rows), len(offsets) * X.shape[1])


def add_back(dX: Array, d_windows: Array, rows: Rows, size: int) -> None:
    """Add the gradient of windows to the rows that they were laid out from."""
    width = dX.shape[1]
    for i in range(2 * size + 1):
        dX[shift(rows, i - size)] += d_windows[:, i * width : (i + 1) * width]


def _find_needed(n_rows: int, own: Array, size: int, depth: int) -> list[Rows]:
    """Find the rows that each block must compute for the ones after it."""
    if _is_run(own):
        reaches = [size * i for i in reversed(range(depth))]
        return [slice(int(own[0]) - n, int(own[-1]) + 1 + n) for n in reaches]
    is_needed = np.zeros(n_rows, dtype=bool)
    is_needed[own] = True
    needed: list[Rows] = []
    for _ in range(depth):
        needed.append(np.flatnonzero(is_needed))
        wider = is_needed.copy()
        for offset in range(1, size + 1):
            wider[offset:] |= is_needed[:-offset]
            wider[:-offset] |= is_needed[offset:]
        is_needed = wider
    return needed[::-1]


def _as_rows(ops: Ops, places: Rows) -> Rows:
    """Give rows as a slice, which costs less to read and write, where that can be."""
    if isinstance(places, slice):
        return places
    if _is_run(places):
        return slice(int(places[0]), int(places[-1]) + 1)
    rows: Array = ops.asarray(places)
    return rows


def _is_run(places: Array) -> bool:
    """Tell whether no place between the first and the last is left out."""
    return int(places[-1]) - int(places[0]) + 1 == len(places)
