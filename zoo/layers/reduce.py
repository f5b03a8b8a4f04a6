"""Pool the vectors of each document into one, documents without tokens included."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ..registries import layer
from ..types import Array

#: The ways to pool, in the order in which their outputs are joined.
POOLINGS = ("first", "last", "max", "mean", "sum")


@layer("zoo.reduce.v1")
def reduce(poolings: Sequence[str]) -> Model[Ragged, Floats2d]:
    """Pool the rows of each sequence in one or more ways, side by side.

    A sequence without rows gives zeros and takes no gradient, where Thinc's
    `reduce_first`, `reduce_last` and `reduce_max` raise an error.

    Input: Ragged of Floats2d, (n_rows, width), in n_sequences parts.
    Output: Floats2d, (n_sequences, n_poolings * width).

    poolings: Any of "first", "last", "max", "mean" and "sum". The outputs are
        joined in this order, whatever order they are given in.

    Raises ValueError if one is unknown, or none is given.
    """
    unknown = sorted(set(poolings) - set(POOLINGS))
    if unknown or not poolings:
        raise ValueError(
            f"reduce: poolings must be one or more of {', '.join(POOLINGS)}, "
            f"got {list(poolings)}."
        )
    return Model(
        "reduce",
        forward,
        attrs={"poolings": [name for name in POOLINGS if name in poolings]},
    )


def forward(
    model: Model[Ragged, Floats2d], X: Ragged, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Ragged]]:
    xp = model.ops.xp
    data: Array = X.dataXd
    lengths: Array = X.lengths
    filled = xp.flatnonzero(lengths)
    ends = xp.cumsum(lengths)[filled]
    starts = ends - lengths[filled]
    poolings = model.attrs["poolings"]
    width = data.shape[1]
    Y = xp.zeros((len(lengths), len(poolings) * width), dtype=data.dtype)
    callbacks = []
    for i, name in enumerate(poolings):
        part = slice(i * width, (i + 1) * width)
        if len(filled):
            Y[filled, part], callback = _POOL[name](model.ops, data, starts, ends)
            callbacks.append((part, callback))

    def backprop(dY: Floats2d) -> Ragged:
        dX = xp.zeros_like(data)
        for part, callback in callbacks:
            callback(dX, dY[filled, part])
        return Ragged(cast(Floats2d, dX), lengths)

    return cast(Floats2d, Y), backprop


# Each takes an array of rows and the bounds of sequences, none of them empty, and
# gives a row per sequence and a function that adds to the gradient of the rows.
Pooled = tuple[Any, Callable[[Any, Any], None]]


def _first(ops: Any, X: Any, starts: Any, ends: Any) -> Pooled:
    def backprop(dX: Any, dY: Any) -> None:
        dX[starts] += dY

    return X[starts], backprop


def _last(ops: Any, X: Any, starts: Any, ends: Any) -> Pooled:
    return _first(ops, X, ends - 1, ends)


def _max(ops: Any, X: Any, starts: Any, ends: Any) -> Pooled:
    Y, which = ops.reduce_max(X, (ends - starts).astype("int32"))

    def backprop(dX: Any, dY: Any) -> None:
        dX += ops.backprop_reduce_max(dY, which, (ends - starts).astype("int32"))

    return Y, backprop


def _sum(ops: Any, X: Any, starts: Any, ends: Any) -> Pooled:
    lengths = (ends - starts).astype("int32")

    def backprop(dX: Any, dY: Any) -> None:
        dX += ops.backprop_reduce_sum(dY, lengths)

    return ops.reduce_sum(X, lengths), backprop


def _mean(ops: Any, X: Any, starts: Any, ends: Any) -> Pooled:
    lengths = (ends - starts).astype("int32")

    def backprop(dX: Any, dY: Any) -> None:
        dX += ops.backprop_reduce_mean(dY, lengths)

    return ops.reduce_mean(X, lengths), backprop


_POOL = {"first": _first, "last": _last, "max": _max, "mean": _mean, "sum": _sum}
