"""Predict some numbers from the vector of a token, through one hidden layer."""

from collections.abc import Callable
from typing import cast

from thinc.api import Model
from thinc.types import Floats2d

from ..layers.maxout_norm import MaxoutNorm
from ..ranges import check_sizes
from ..types import Array


def prediction_head(
    hidden_size: int, maxout_pieces: int, nO: int | None = None
) -> Model[Floats2d, Floats2d]:
    """Predict nO numbers from the vector of a token, through one hidden layer.

    Computes ``W norm(maxout(x)) + b``. W and b start as zeros, as do all predictions.

    Input: Floats2d, (n_rows, nI).
    Output: Floats2d, (n_rows, nO).
    Parameters: W, (nO, hidden_size), and b, (nO,).
    Layers: a MaxoutNorm from nI to hidden_size.

    hidden_size: Width of the hidden layer.
    maxout_pieces: Linear pieces, of which each hidden unit takes the largest.
    nO: Width of the predictions. If None, it is set before the initialization.

    Raises ValueError if a size is below 1.
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
    W: Array = model.get_param("W")
    b: Array = model.get_param("b")
    hidden, backprop_hidden = model.layers[0](X, is_train)
    # Not by Thinc's gemm, which is BLIS on CPU: numpy's BLAS takes half the time.
    Y: Array = hidden @ W.T
    Y += b

    def backprop(dY: Floats2d) -> Floats2d:
        d: Array = dY
        model.inc_grad("W", d.T @ hidden)
        model.inc_grad("b", d.sum(axis=0))
        return cast(Floats2d, backprop_hidden(d @ W))

    return Y, backprop


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
