"""Add values to rows of a table, on a GPU in a fixed order if wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from thinc.api import Ops

from .._arrays import as_thinc
from .._types import Array


class _Setting:
    is_deterministic = False


@contextmanager
def deterministic(is_on: bool = True) -> Iterator[None]:
    """Make gradients on a GPU bitwise identical from run to run, inside the block.

    Normally the threads of a GPU add to the rows of a table in any order, and sums of
    floats depend on the order. Here the values are sorted first, which takes longer.
    On CPU the order is always the same.

    Args:
        is_on: Whether the order is fixed inside the block.

    Raises:
        TypeError: `is_on` is neither True nor False.
    """
    if not isinstance(is_on, bool):
        raise TypeError(f"deterministic: is_on must be True or False, got {is_on!r}.")
    before = _Setting.is_deterministic
    _Setting.is_deterministic = is_on
    try:
        yield
    finally:
        _Setting.is_deterministic = before


def scatter_add(ops: Ops, table: Array, rows: Array, values: Array) -> None:
    """Add ``values[i]`` to ``table[rows[i]]``, for each i, in place.

    Args:
        table: (n_rows, width), or (n_rows,).
        rows: (n,), of any integers.
        values: (n, width), or (n,).
    """
    if ops.device_type != "gpu":
        ops.scatter_add(as_thinc(table), as_thinc(rows), as_thinc(values))
    elif _Setting.is_deterministic:
        rows, values = sum_by_row(ops.xp, rows, values)
        table[rows] += values
    else:
        ops.xp.add.at(
            table, rows, values
        )  # Thinc's own function is deprecated in CuPy.


def sum_by_row(xp: Any, rows: Array, values: Array) -> tuple[Array, Array]:
    """Return each row once, in order, and the sum of its values.

    The values of a row are added as the leaves of a tree, two neighbours at a time, so
    the number of steps is the logarithm of the number of its values.
    """
    n = len(rows)
    # All keys differ, so that every sorting algorithm gives the same order.
    order = (rows.astype("int64") * n + xp.arange(n)).argsort()
    rows, values = rows[order], values[order]
    while True:
        is_first = xp.ones(len(rows), dtype=bool)
        is_first[1:] = rows[1:] != rows[:-1]
        if is_first.all():
            return rows, values
        run = xp.cumsum(is_first) - 1
        place = xp.arange(len(rows)) - xp.flatnonzero(is_first)[run]
        left = xp.flatnonzero(place % 2 == 0)
        pairs = left[:-1][rows[left[:-1] + 1] == rows[left[:-1]]]
        if left[-1] + 1 < len(rows):
            pairs = xp.append(pairs, left[-1:])
        values[pairs] += values[pairs + 1]
        rows, values = rows[left], values[left]
