"""Apply a linear layer, the mish activation and a layer norm, in one node."""

from collections.abc import Callable
from typing import Any

from thinc.api import Model
from thinc.initializers import glorot_uniform_init, zero_init
from thinc.types import Floats2d, FloatsXd
from thinc.util import partial

from .._arrays import as_array, as_thinc, param_of
from .._check_numbers import SHARE, check_numbers, check_sizes
from .._registry import layer
from .._types import Array
from ..threads import threads
from ._dropout import drop
from ._maxout import EPSILON

#: From this x on, mish(x) is x, as in Thinc.
THRESHOLD = 20.0


@layer("zoo.MishNorm.v1")
def MishNorm(
    nO: int | None = None,
    nI: int | None = None,
    *,
    dropout: float = 0.0,
    init_W: Callable[..., FloatsXd] = glorot_uniform_init,
    init_b: Callable[..., FloatsXd] = zero_init,
) -> Model[Floats2d, Floats2d]:
    """Transform rows with a mish, normalize them, and drop some activations.

    Computes ``norm(mish(W x + b)) * G + beta`` with ``mish(z) = z tanh(log(1 + e^z))``,
    where norm subtracts the mean of the row and divides by its standard deviation.
    The numbers are those of Thinc's ``Mish(normalize=True)``. The input may have no
    rows.

    Input:
        Floats2d, (n_rows, nI).
    Output:
        Floats2d, (n_rows, nO).
    Parameters:
        W, (nO, nI); b, G and beta, (nO,).

    Args:
        nO: Output width. If None, the sample output sets it at initialization.
        nI: Input width. If None, the sample input sets it at initialization.
        dropout: Probability of zeroing an activation, 0 to 1. In training only.
        init_W: Function that draws W, from ops and a shape.
        init_b: Function that draws b, from ops and a shape.

    Raises:
        ValueError: A size is below 1, or dropout is out of range.

    Source:
        Mish: Misra (2019), https://arxiv.org/abs/1908.08681. Layer norm: Ba et al.
        (2016), https://arxiv.org/abs/1607.06450.
    """
    check_sizes("MishNorm", 1, nO=nO, nI=nI)
    check_numbers("MishNorm", SHARE, dropout=dropout)
    return Model(
        "mish_norm",
        forward,
        init=partial(init, init_W, init_b),
        dims={"nO": nO, "nI": nI},
        params={"W": None, "b": None, "G": None, "beta": None},
        attrs={"dropout_rate": dropout},
    )


def forward(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    xp = model.ops.xp
    W, b, G, beta = (param_of(model, name) for name in ("W", "b", "G", "beta"))
    with threads.one_blas_thread():
        Z = X @ W.T + b
    activated, slope = mish(xp, Z)
    centred = activated - activated.mean(axis=1, keepdims=True)
    scale = ((centred**2).mean(axis=1, keepdims=True) + EPSILON) ** -0.5
    normed = centred * scale
    Y, backprop_dropout = drop(model, normed * G + beta, is_train)

    def backprop(dY: Floats2d) -> Floats2d:
        d = backprop_dropout(as_array(dY))
        model.inc_grad("G", (d * normed).sum(axis=0))
        model.inc_grad("beta", d.sum(axis=0))
        d = d * G
        along = (d * normed).mean(axis=1, keepdims=True)
        d = (d - d.mean(axis=1, keepdims=True) - normed * along) * scale * slope
        model.inc_grad("W", d.T @ X)
        model.inc_grad("b", d.sum(axis=0))
        dX: Floats2d = as_thinc(d @ W)
        return dX

    return as_thinc(Y), backprop


def mish(xp: Any, Z: Array) -> tuple[Array, Array]:
    """Compute the mish of each number and its derivative."""
    low = xp.minimum(Z, THRESHOLD)
    power = xp.exp(low)
    # tanh(log(1 + e^z)) is (w - 1) / (w + 1) with w = (1 + e^z)^2.
    n = power * (power + 2)
    gate = n / (n + 2)
    slope = gate + low * 4 * power * (power + 1) / (n + 2) ** 2
    is_high = Z >= THRESHOLD
    return xp.where(is_high, Z, low * gate), xp.where(is_high, 1, slope)


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
    nO, nI = model.get_dim("nO"), model.get_dim("nI")
    model.set_param("W", init_W(model.ops, (nO, nI)))
    model.set_param("b", init_b(model.ops, (nO,)))
    model.set_param("G", model.ops.alloc1f(nO) + 1)
    model.set_param("beta", model.ops.alloc1f(nO))
