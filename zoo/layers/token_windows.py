"""Lay tokens out with padding between documents, and cut them into parts."""

from typing import Any, NamedTuple

import numpy as np
from thinc.api import Ops

from ..types import Array
from .chunks import cut


class Part(NamedTuple):
    """Some tokens of a batch, to be encoded apart from the others.

    Around them are the rows that reach them through the blocks; what a block computes
    there is computed again in the part that they belong to.
    """

    tokens: slice  # Of the batch, without padding.
    rows: slice  # Of the padded batch: the tokens and the rows around them.
    own: Array  # Where the tokens are in `rows`.
    needed: list[Array]  # Rows of `rows` that each block must compute.


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
        own = tokens[chunk]
        start, stop = int(own[0]) - reach, int(own[-1]) + reach + 1
        own = own - start
        needed = _find_needed(stop - start, own, size, depth)
        rows = [ops.asarray(places) for places in needed]
        parts.append(Part(chunk, slice(start, stop), ops.asarray(own), rows))
    return parts


def lay_out(xp: Any, X: Array, rows: Array, size: int) -> Array:
    """Lay the windows of some rows side by side, (n_rows, n_window * width)."""
    places = rows[:, None] + xp.arange(-size, size + 1)
    return X.take(places, axis=0).reshape(len(rows), places.shape[1] * X.shape[1])


def add_back(dX: Array, d_windows: Array, rows: Array, size: int) -> None:
    """Add the gradient of windows to the rows that they were laid out from."""
    width = dX.shape[1]
    for i in range(2 * size + 1):
        dX[rows + (i - size)] += d_windows[:, i * width : (i + 1) * width]


def _find_needed(n_rows: int, own: Array, size: int, depth: int) -> list[Array]:
    """Find the rows that each block must compute for the ones after it."""
    is_needed = np.zeros(n_rows, dtype=bool)
    is_needed[own] = True
    needed = []
    for _ in range(depth):
        needed.append(np.flatnonzero(is_needed))
        wider = is_needed.copy()
        for offset in range(1, size + 1):
            wider[offset:] |= is_needed[:-offset]
            wider[:-offset] |= is_needed[offset:]
        is_needed = wider
    return needed[::-1]
