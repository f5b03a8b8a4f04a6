"""Predict numbers from token vectors, and compare vectors with their targets."""

from collections.abc import Callable
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from thinc.api import Model, Ops
from thinc.types import Floats2d

from .._arrays import as_array, as_thinc, on_device, param_of
from .._check_numbers import check_sizes
from .._types import Array
from ..layers.maxout_norm import MaxoutNorm
from .objective import Loss

Distance = Literal["cosine", "L2"]
DISTANCES: tuple[Distance, ...] = ("cosine", "L2")
#: Added to squared lengths, so that a prediction of zeros has a gradient.
EPSILON = 1e-6


def check_distance(owner: str, kind: str) -> None:
    """Raise ValueError if a distance is unknown."""
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

    Args:
        kind: "cosine" or "L2".
        ops: The ops of the predictions.
        Y: Predictions, (n_rows, width).
        truth: Targets on the host, (n_rows, width). For "cosine", no known row is all
            zeros.
        known: Which rows of `truth` count, (n_rows,).
    """
    predicted, rows = as_array(Y), on_device(ops, np.flatnonzero(known))
    T = on_device(ops, truth[known].astype(predicted.dtype, copy=False))
    total, d_rows = (_cosine if kind == "cosine" else _l2)(ops, predicted[rows], T)
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


def prediction_head(
    hidden_size: int, maxout_pieces: int, nO: int | None = None
) -> Model[Floats2d, Floats2d]:
    """Predict nO numbers from the vector of a token, through one hidden layer.

    Computes ``W norm(maxout(x)) + b``. W and b start as zeros, so all predictions do.

    Input:
        Floats2d, (n_rows, nI).
    Output:
        Floats2d, (n_rows, nO).
    Parameters:
        W, (nO, hidden_size), and b, (nO,).
    Layers:
        A MaxoutNorm from nI to hidden_size.

    Args:
        hidden_size: Width of the hidden layer.
        maxout_pieces: Linear pieces, of which each hidden unit takes the largest.
        nO: Width of the predictions. If None, it must be set before initialization.

    Raises:
        ValueError: A size is below 1.
    """
    sizes = {"hidden_size": hidden_size, "maxout_pieces": maxout_pieces}
    check_sizes("prediction_head", 1, **sizes)
    return Model(
        "prediction_head",
        forward,
        init=init,
        dims={"nI": None, "nO": nO},
        params={"W": None, "b": None},
        layers=[MaxoutNorm(hidden_size, nP=maxout_pieces)],
    )


def forward(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    W, b = param_of(model, "W"), param_of(model, "b")
    hidden, backprop_hidden = model.layers[0](X, is_train)
    # numpy's BLAS takes half the time of Thinc's gemm, which is BLIS on CPU.
    Y: Array = hidden @ W.T
    Y += b

    def backprop(dY: Floats2d) -> Floats2d:
        d = as_array(dY)
        model.inc_grad("W", d.T @ hidden)
        model.inc_grad("b", d.sum(axis=0))
        return cast(Floats2d, backprop_hidden(d @ W))

    return as_thinc(Y), backprop


def init(
    model: Model[Floats2d, Floats2d],
    X: Floats2d | None = None,
    Y: Floats2d | None = None,
) -> None:
    hidden = model.layers[0]
    if X is not None:
        model.set_dim("nI", X.shape[1])
    if Y is not None:
        model.set_dim("nO", Y.shape[1])
    if hidden.maybe_get_dim("nI") is None:
        hidden.set_dim("nI", model.get_dim("nI"))
    hidden.initialize()
    nO, nH = model.get_dim("nO"), hidden.get_dim("nO")
    model.set_param("W", model.ops.alloc2f(nO, nH))
    model.set_param("b", model.ops.alloc1f(nO))
