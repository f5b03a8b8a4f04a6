"""Look keys up in a hashed table, and pass gradients back to its rows."""

from collections.abc import Callable
from typing import Any

from thinc.api import Model

from ..types import Array
from .scatter import scatter_add


def look_up(
    table: Model[Any, Any], keys: Array, is_train: bool
) -> tuple[Array, Callable[[Array], None]]:
    """Sum the four rows of each key, and drop some dimensions of the whole batch.

    table: A HashEmbed. Without a dropout rate, it drops none.
    keys: (n_keys,) uint64.
    """
    ops = table.ops
    E: Array = table.get_param("E")
    n_rows, width = E.shape
    rows = (ops.hash(keys, table.attrs["seed"]) % n_rows).T
    Y: Array = E.take(rows, axis=0).sum(axis=0)
    mask = draw_mask(table, width, is_train)
    if mask is not None:
        Y *= mask

    def backprop(dY: Array) -> None:
        dY = ops.xp.ascontiguousarray(dY if mask is None else dY * mask)
        if not table.has_grad("E"):
            table.set_grad("E", ops.xp.zeros_like(E))
        for hashed in ops.xp.ascontiguousarray(rows.astype("int32")):
            scatter_add(ops, table.get_grad("E"), hashed, dY)

    return Y, backprop


def draw_mask(model: Model[Any, Any], width: int, is_train: bool) -> Array | None:
    """Draw which dimensions of the whole batch to keep; None if all are kept."""
    rate = model.attrs.get("dropout_rate", 0.0)
    return model.ops.get_dropout_mask((width,), rate) if is_train and rate else None
