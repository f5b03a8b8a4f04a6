"""Pool the vectors of each document, including documents without tokens."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from thinc.api import Model
from thinc.types import Floats2d, Ragged

from .._arrays import as_thinc, rows_of
from .._registry import layer
from ._ragged import Sequences, check_ragged, lengths_of, with_data

#: The poolings, in the order in which their outputs are joined.
POOLINGS = ("first", "last", "max", "mean", "sum")


@layer("zoo.reduce.v1")
def reduce(poolings: Sequence[str]) -> Model[Ragged, Floats2d]:
    """Pool the rows of each sequence in one or more ways, and join the results.

    A sequence without rows gives zeros and gets no gradient, where Thinc's
    `reduce_first`, `reduce_last` and `reduce_max` raise an error.

    Input:
        Ragged of Floats2d, (n_rows, width), in n_sequences parts.
    Output:
        Floats2d, (n_sequences, n_poolings * width).

    Args:
        poolings: Any of "first", "last", "max", "mean" and "sum". The outputs are
            joined in this order, whatever the order of the argument.

    Raises:
        ValueError: A pooling is unknown, or there is none.
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
    check_ragged(model, X)
    xp = model.ops.xp
    data = rows_of(X)
    sequences = Sequences(model.ops, lengths_of(X))
    poolings, width = model.attrs["poolings"], data.shape[1]
    pools = [_POOL[name](sequences, data) for name in poolings]

    def backprop(dY: Floats2d) -> Ragged:
        dX: Any = None
        for i, (_, add_gradient) in enumerate(pools):
            dX = add_gradient(dX, dY[:, i * width : (i + 1) * width])
        return with_data(X, dX)

    Y = xp.hstack([pooled for pooled, _ in pools])
    return cast(Floats2d, Y), backprop


# A pooling takes sequences and their rows. It returns a row per sequence, of zeros if
# the sequence is empty, and a function that adds to the gradient of the rows, which is
# None at first.
Pooled = tuple[Any, Callable[[Any, Any], Any]]


def _first(sequences: Sequences, X: Any) -> Pooled:
    return _take(sequences, X, sequences.starts)


def _last(sequences: Sequences, X: Any) -> Pooled:
    return _take(sequences, X, sequences.starts + sequences.sizes - 1)


def _take(sequences: Sequences, X: Any, rows: Any) -> Pooled:
    def add_gradient(dX: Any, dY: Any) -> Any:
        dX = sequences.ops.xp.zeros_like(X) if dX is None else dX
        dX[rows] += dY[sequences.filled]
        return dX

    return sequences.fill(X[rows]), add_gradient


def _max(sequences: Sequences, X: Any) -> Pooled:
    ops, sizes = sequences.ops, as_thinc(sequences.sizes)
    Y, which = ops.reduce_max(X, sizes)

    def add_gradient(dX: Any, dY: Any) -> Any:
        dY = ops.as_contig(dY[sequences.filled])
        return _add(dX, ops.backprop_reduce_max(dY, which, sizes))

    return sequences.fill(Y), add_gradient


def _mean(sequences: Sequences, X: Any) -> Pooled:
    def add_gradient(dX: Any, dY: Any) -> Any:
        return _add(dX, sequences.spread(dY * sequences.shares))

    return sequences.mean(X), add_gradient


def _sum(sequences: Sequences, X: Any) -> Pooled:
    def add_gradient(dX: Any, dY: Any) -> Any:
        return _add(dX, sequences.spread(dY))

    return sequences.sum(X), add_gradient


def _add(dX: Any, more: Any) -> Any:
    if dX is None:
        return more
    dX += more
    return dX


_POOL = {"first": _first, "last": _last, "max": _max, "mean": _mean, "sum": _sum}
