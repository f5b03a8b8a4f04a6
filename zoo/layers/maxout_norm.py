"""Apply a maxout layer and a layer norm to rows, in one node."""

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.initializers import glorot_uniform_init, zero_init
from thinc.types import Floats2d, FloatsXd
from thinc.util import partial

from .._arrays import as_array, as_thinc
from .._check_numbers import SHARE, check_numbers, check_sizes
from .._registry import layer
from .._types import Array
from ..threads import map_chunks
from ._backprop_parts import backprop_parts
from ._call_train_kernels import (
    MIN_TRAIN_ROWS,
    train_rows,
    trains,
    weights_to_train,
)
from ._dropout import drop
from ._maxout import Params, backprop_norm, linear_pieces, pick_and_norm, read_params
from .precision import predict_pieces


@layer("zoo.MaxoutNorm.v1")
def MaxoutNorm(
    nO: int | None = None,
    nI: int | None = None,
    nP: int = 3,
    *,
    dropout: float = 0.0,
    init_W: Callable[..., FloatsXd] = glorot_uniform_init,
    init_b: Callable[..., FloatsXd] = zero_init,
) -> Model[Floats2d, Floats2d]:
    """Transform rows with a maxout, normalize them, and drop some activations.

    Computes ``norm(max_p(W_p x + b_p)) * G + beta``, where norm subtracts the mean
    of the row and divides by its standard deviation. The numbers are those of Thinc's
    ``Maxout(normalize=True)``. The input may have no rows.

    Input:
        Floats2d, (n_rows, nI).
    Output:
        Floats2d, (n_rows, nO).
    Parameters:
        W, (nO, nP, nI); b, (nO, nP); G and beta, (nO,).

    Args:
        nO: Output width. If None, the sample output sets it at initialization.
        nI: Input width. If None, the sample input sets it at initialization.
        nP: Maxout pieces: linear functions, of which each unit takes the largest.
        dropout: Probability of zeroing an activation, 0 to 1. In training only.
        init_W: Function that draws W, from ops and a shape.
        init_b: Function that draws b, from ops and a shape.

    Raises:
        ValueError: A size is below 1, or dropout is out of range.

    Source:
        Maxout: Goodfellow et al. (2013), https://arxiv.org/abs/1302.4389. Layer norm:
        Ba et al. (2016), https://arxiv.org/abs/1607.06450.
    """
    check_sizes("MaxoutNorm", 1, nO=nO, nI=nI, nP=nP)
    check_numbers("MaxoutNorm", SHARE, dropout=dropout)
    return Model(
        "maxout_norm",
        forward,
        init=partial(init, init_W, init_b),
        dims={"nO": nO, "nI": nI, "nP": nP},
        params={"W": None, "b": None, "G": None, "beta": None},
        attrs={"dropout_rate": dropout},
    )


def forward(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    Y, backprop_rows = transform(model, as_array(X), is_train)
    Y, backprop_dropout = drop(model, Y, is_train)

    def backprop(dY: Floats2d) -> Floats2d:
        dX: Floats2d = as_thinc(backprop_rows(backprop_dropout(as_array(dY))))
        return dX

    return as_thinc(Y), backprop


def init(
    init_W: Callable[..., FloatsXd],
    init_b: Callable[..., FloatsXd],
    model: Model[Floats2d, Floats2d],
    X: Floats2d | None = None,
    Y: Floats2d | None = None,
) -> None:
    if X is not None:
        model.set_dim("nI", X.shape[1])
    if Y is not None:
        model.set_dim("nO", Y.shape[1])
    nO, nP, nI = (model.get_dim(name) for name in ("nO", "nP", "nI"))
    model.set_param("W", init_W(model.ops, (nO, nP, nI)))
    model.set_param("b", init_b(model.ops, (nO, nP)))
    model.set_param("G", model.ops.alloc1f(nO) + 1)
    model.set_param("beta", model.ops.alloc1f(nO))


def transform(
    model: Model[Any, Any], X: Array, is_train: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """Compute a MaxoutNorm without dropout, on chunks of rows in several threads."""
    ops, params = model.ops, read_params(model)
    if is_train and X.shape[1:] == params.W.shape[2:] and trains(params, X):
        return _train_by_kernels(model, X, params)
    multiply = linear_pieces if is_train else predict_pieces
    Y: Array = ops.xp.empty((len(X), len(params.G)), dtype=X.dtype)

    def compute(rows: slice) -> Any:
        pieces = multiply(X[rows], params.W)
        Y[rows], trace = pick_and_norm(ops.xp, pieces, params, is_train)
        return trace

    chunks = map_chunks(ops, compute, len(X))

    def backprop(dY: Array) -> Array:
        dX: Array = ops.xp.empty_like(X)

        def backprop_chunk(chunk: tuple[slice, Any], grads: list[Params]) -> None:
            rows, trace = chunk
            given = X[rows], dY[rows], grads[0]
            dX[rows] = backprop_norm(ops.xp, trace, params, *given)

        backprop_parts([model], backprop_chunk, chunks)
        return dX

    return Y, backprop


def _train_by_kernels(
    model: Model[Any, Any], X: Array, params: Params
) -> tuple[Array, Callable[[Array], Array]]:
    X, weights = np.ascontiguousarray(X), weights_to_train(params)
    Y: Array = np.empty((len(X), len(params.G)), dtype=X.dtype)
    chunks = map_chunks(
        model.ops,
        lambda rows: train_rows(X[rows], Y[rows], weights),
        len(X),
        MIN_TRAIN_ROWS,
    )

    def backprop(dY: Array) -> Array:
        dX, dY = np.zeros_like(X), np.ascontiguousarray(dY, dtype=X.dtype)

        def backprop_chunk(chunk: tuple[slice, Any], grads: list[Params]) -> None:
            rows, backprop_rows = chunk
            backprop_rows(dY[rows], dX[rows], *grads)

        backprop_parts([model], backprop_chunk, chunks)
        return dX

    return Y, backprop
