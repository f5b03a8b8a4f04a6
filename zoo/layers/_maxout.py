"""Compute a maxout and a layer norm on rows, forward and backward, as plain functions.

One call works on a few hundred rows on CPU, so that they stay in a core's cache;
several calls run on several threads. On GPU one call takes all rows.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from thinc.api import Model

from .._types import Array

#: Added to the variance, as Thinc's LayerNorm does.
EPSILON = 1e-8


class Params(NamedTuple):
    """The parameters of a MaxoutNorm, or their gradients, under the same names."""

    W: Array  # (nO, nP, nI).
    b: Array  # (nO, nP).
    G: Array  # (nO,).
    beta: Array  # (nO,).


class Trace(NamedTuple):
    """Values of each row that the forward pass keeps for the backward pass."""

    which: Array  # The maxout piece that won, (n_rows, nO), uint8.
    normed: Array  # The output before G and beta, (n_rows, nO).
    scale: Array  # One over the standard deviation, (n_rows, 1).


class Arranged(NamedTuple):
    """The parameters of a MaxoutNorm, arranged so that each maxout piece is a block."""

    W: Array  # (nI, nP * nO).
    b: Array  # (nP * nO,).
    G: Array  # (nO,).
    beta: Array  # (nO,).


def arrange(arrays: dict[str, Array]) -> Arranged:
    """Arrange the parameters of a MaxoutNorm for `pick_arranged`."""
    W, b = arrays["W"], arrays["b"]
    nO, nP, nI = W.shape
    columns = np.ascontiguousarray(W.transpose(2, 1, 0)).reshape(nI, nP * nO)
    return Arranged(columns, b.T.ravel(), arrays["G"], arrays["beta"])


def pick_arranged(pieces: Array, params: Arranged) -> Array:
    """Compute ``norm(max_p(piece_p + b_p)) * G + beta`` on the host.

    Args:
        pieces: (..., nP * nO), which is overwritten.

    Returns:
        (..., nO).
    """
    _, b, G, beta = params
    pieces += b
    nO = len(G)
    if len(b) == nO:
        best: Array = pieces
    else:
        best = np.maximum(pieces[..., :nO], pieces[..., nO : 2 * nO])
    for start in range(2 * nO, len(b), nO):
        np.maximum(best, pieces[..., start : start + nO], out=best)
    # Sums whose bits depend on their own row alone.
    best -= row_dots(best, _averaging(nO, pieces.dtype)[:, 0])[..., None]
    scale = row_dots(best, best)
    scale /= nO
    scale += EPSILON
    np.sqrt(scale, out=scale)
    best /= scale[..., None]
    best *= G
    best += beta
    return best


def _sum_products(X: Array, Y: Array) -> Array:
    products: Array = np.einsum("...i,...i", X, Y)
    return products


#: Computes the dot product of each pair of rows. NumPy 2 has a faster function.
row_dots: Callable[[Array, Array], Array] = getattr(np, "vecdot", _sum_products)


#: Rows of a group in `transform_by_groups` and `multiply_by_groups`.
GROUP_ROWS = 8


def group(X: Array) -> Array:
    """Divide rows into groups, the last of which ends with rows of zeros.

    BLAS adds in another order if a matrix has another number of rows. By groups, the
    bits of a row depend on this row only.

    Returns:
        (n_groups, GROUP_ROWS, width).
    """
    n_rows, width = X.shape
    if n_rows % GROUP_ROWS:
        padded = np.zeros((n_rows + -n_rows % GROUP_ROWS, width), dtype=X.dtype)
        padded[:n_rows] = X
        X = padded
    return X.reshape(-1, GROUP_ROWS, width)


def multiply_by_groups(X: Array, W: Array) -> Array:
    """Compute ``X @ W`` for rows, (n_rows, nO), by groups."""
    product: Array = group(X) @ W
    return product.reshape(-1, W.shape[1])[: len(X)]


def side_by_side(params: Arranged, n_window: int) -> Array:
    """Return the weights of each position in a window beside each other.

    Returns:
        (nI / n_window, n_window * nP * nO).
    """
    nI, n_pieces = params.W.shape
    W = params.W.reshape(n_window, nI // n_window, n_pieces)
    return W.transpose(1, 0, 2).reshape(nI // n_window, n_window * n_pieces)


def fill_terms(W: Array, X: Array, values: Array) -> None:
    """Compute what rows contribute to the pieces at each position in a window.

    Args:
        W: As `side_by_side` returns it.
        X: (n_rows, nI / n_window).
        values: Where to write it, (n_rows, n_window, nP * nO).
    """
    values[:] = multiply_by_groups(X, W).reshape(values.shape)


def transform_by_groups(X: Array, params: Arranged) -> Array:
    """Compute a MaxoutNorm of rows, (n_rows, nO), by groups."""
    return pick_arranged(multiply_by_groups(X, params.W), params)


def read_params(model: Model[Any, Any]) -> Params:
    """Return the parameters of a MaxoutNorm."""
    read: Any = model.get_param
    return Params(*map(read, Params._fields))


def add_gradients(grads: Params, more: Params) -> None:
    """Add gradients to others, in place."""
    for total, part in zip(grads, more, strict=True):
        total += part


def linear_pieces(X: Array, W: Array) -> Array:
    """Compute the maxout pieces of each unit, (n_rows, nO, nP)."""
    nO, nP, nI = W.shape
    Z: Array = X @ W.reshape(nO * nP, nI).T
    return Z.reshape(len(X), nO, nP)


def pick_and_norm(
    xp: Any, pieces: Array, params: Params, is_train: bool
) -> tuple[Array, Trace | None]:
    """Compute ``norm(max_p(piece_p + b_p)) * G + beta``.

    Args:
        pieces: (n_rows, nO, nP), which is overwritten.
    """
    _, b, G, beta = params
    pieces += b
    best = pieces[:, :, 0].copy()
    which = xp.zeros(best.shape, dtype="uint8") if is_train else None
    for p in range(1, pieces.shape[2]):
        piece = pieces[:, :, p]
        if is_train:
            # The last piece that exceeds all before it is the winner.
            xp.maximum(which, (piece > best) * xp.uint8(p), out=which)
        xp.maximum(best, piece, out=best)
    best -= _mean(xp, best)
    scale = (_mean(xp, best * best) + EPSILON) ** -0.5
    best *= scale
    Y = xp.multiply(best, G, out=None if is_train else best)
    Y += beta
    return Y, None if which is None else Trace(which, best, scale)


def backprop_norm(
    xp: Any, trace: Trace, params: Params, X: Array, dY: Array, grads: Params
) -> Array:
    """Return the gradient of the input, (n_rows, nI).

    Args:
        xp: The module of the arrays, numpy or cupy.
        trace: What the forward pass kept.
        params: The parameters.
        X: The input.
        dY: The gradient of the output, (n_rows, nO).
        grads: Those of the parameters, which are added to.
    """
    W, _, G, _ = params
    nO, nP, nI = W.shape
    ones = xp.ones(len(dY), dtype=dY.dtype)  # A matrix product sums rows fastest.
    dG, dbeta = ones @ (dY * trace.normed), ones @ dY
    d = dY * G
    along = _mean(xp, d * trace.normed)
    d -= _mean(xp, d)
    d -= trace.normed * along
    d *= trace.scale
    d_pieces = xp.empty((len(d), nO, nP), dtype=d.dtype)
    for p in range(nP):
        xp.multiply(d, trace.which == p, out=d_pieces[:, :, p])
    flat = d_pieces.reshape(len(d), nO * nP)
    dW = (flat.T @ X).reshape(W.shape)
    db = (ones @ flat).reshape(nO, nP)
    add_gradients(grads, Params(dW, db, dG, dbeta))
    dX: Array = flat @ W.reshape(nO * nP, nI)
    return dX


def _mean(xp: Any, X: Array) -> Array:
    """Return the mean of each row, (n_rows, 1)."""
    mean: Array
    if xp is np:  # In numpy a matrix product is faster than a sum.
        mean = X @ _averaging(X.shape[1], X.dtype)
    else:
        mean = X.mean(axis=1, keepdims=True)
    return mean


@cache
def _averaging(width: int, dtype: Any) -> Array:
    """Return the column that averages rows, (width, 1)."""
    return np.full((width, 1), 1 / width, dtype=dtype)
