"""Measure how far predicted vectors are from given ones."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from thinc.api import Ops
from thinc.types import Floats2d

from ..types import Array
from .objective import Loss

Distance = Literal["cosine", "L2"]
DISTANCES: tuple[Distance, ...] = ("cosine", "L2")
#: Added to squared lengths, so that a prediction of zeros has a gradient.
EPSILON = 1e-6


def check_distance(owner: str, kind: str) -> None:
    """Raise ValueError if there is no such distance."""
    if kind not in DISTANCES:
        names = " or ".join(DISTANCES)
        raise ValueError(f"{owner}: loss must be {names}, got {kind!r}.")


def compare(
    kind: Distance,
    ops: Ops,
    Y: Floats2d,
    truth: NDArray[np.floating[Any]],
    known: NDArray[np.bool_],
) -> Loss:
    """Compare predictions with vectors, row by row; only known rows count.

    "cosine" is one minus the cosine of the two vectors, "L2" half the squared length
    of their difference.

    Y: Predictions, (n_rows, width).
    truth: On the host, (n_rows, width). No known row is all zeros, for "cosine".
    known: Which rows of `truth` count, (n_rows,).
    """
    where: Array = np.flatnonzero(known)
    targets: Array = truth[known]
    rows: Array = ops.asarray(where)
    T: Array = ops.asarray(targets, dtype=Y.dtype)
    total, d_rows = (_cosine if kind == "cosine" else _l2)(ops, Y[rows], T)
    gradient = ops.xp.zeros_like(Y)
    gradient[rows] = d_rows
    return Loss(total, int(known.sum()), gradient)


def _cosine(ops: Ops, Y: Array, T: Array) -> tuple[Array, Array]:
    xp = ops.xp
    unit = T / xp.sqrt((T * T).sum(axis=1, keepdims=True))
    scale = 1 / xp.sqrt((Y * Y).sum(axis=1, keepdims=True) + EPSILON)
    cosine = (Y * unit).sum(axis=1, keepdims=True) * scale
    return (1 - cosine).sum(), (Y * scale * cosine - unit) * scale


def _l2(ops: Ops, Y: Array, T: Array) -> tuple[Array, Array]:
    difference = Y - T
    return (difference * difference).sum() / 2, difference
