"""Compare the gradients of a layer with numerical differentiation, in float64."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from thinc.api import Model, NumpyOps

from .._arrays import as_array, as_thinc
from .._types import Array
from ._samples import (
    Batch,
    arrays_of,
    borrowed,
    holds_floats,
    is_same,
    move_parameters,
    real_cells,
    snapshot,
    with_arrays,
)

#: Steps along random directions; several, as one may cross the kink of a maximum.
STEPS = (1e-6, 1e-6, 1e-7, 1e-7)
RTOL, ATOL = 1e-5, 1e-6


class Float64Ops(NumpyOps):  # type: ignore[misc]  # Thinc compiles it, untyped.
    """NumpyOps that compute in float64, even if a layer allocates float32."""

    def gemm(
        self,
        x: Array,
        y: Array,
        out: Array | None = None,
        trans1: bool = False,
        trans2: bool = False,
    ) -> Array:
        return np.matmul(x.T if trans1 else x, y.T if trans2 else y, out=out)

    def alloc(self, shape: Any, *, dtype: Any = "float32", zeros: bool = True) -> Array:
        return as_array(super().alloc(shape, dtype=_doubled(dtype), zeros=zeros))

    def asarray(self, data: Any, dtype: Any = None) -> Array:
        return as_array(super().asarray(data, dtype=_doubled(dtype)))


def assert_gradients_match(
    model: Model[Any, Any], X: Batch, *, seed: int = 0, cross_entropy: bool = False
) -> None:
    """Check the gradient of every parameter, and of X if it has floats.

    For the loss ``sum(Y * D)``, with D random and fixed, dY is D. Moving an array A by
    eps along a random direction U must then change the loss by ``eps * sum(dA * U)``.
    That takes two forward passes per array, whatever its size. Before the check, every
    parameter is moved at random, because zeros hide errors. Afterwards the model has
    its own parameters again. Parameters of a shim are not checked.

    Args:
        model: Initialized. Dropout is off during the check.
        X: A Ragged, Padded, array, list of arrays, or list of documents.
        seed: Seed of all random numbers.
        cross_entropy: Whether the backprop callback takes scores minus truth, which is
            the gradient of the cross-entropy with respect to the input of a final
            softmax, as that of Thinc's Softmax does.

    Raises:
        AssertionError: A gradient is wrong, or X or dY was changed. The message names
            it.
    """
    rng = np.random.default_rng(seed)
    with borrowed(model):
        _convert(model)
        move_parameters(model, rng)
        if holds_floats(X):
            X = with_arrays(X, [array.astype("d") for array in arrays_of(X)])
        before = snapshot(X)
        Y, backprop = model(X, is_train=True)
        if not holds_floats(Y):
            return
        loss = cross_entropy_loss(Y, rng) if cross_entropy else linear_loss(Y, rng)
        dY = loss(Y)[1]
        dY_before = snapshot(dY)
        dX = backprop(dY)
        assert_unwritten(model.name, X, before, "X")
        assert_unwritten(model.name, dY, dY_before, "dY")

        def compute_loss() -> float:
            return loss(model(X, is_train=True)[0])[0]

        for label, A, dA, cells in _list_gradients(model, X, dX):
            _assert_slope_matches(
                f"{model.name}, {label}", A, dA, cells, compute_loss, rng
            )


def assert_unwritten(name: str, batch: Batch, before: Batch, label: str) -> None:
    """Raise AssertionError if a batch, X or dY, was changed."""
    if not is_same(batch, before):
        raise AssertionError(
            f"{name}, unwritten {label}: expected {label} to be unchanged, got another "
            f"value in it after the forward and the backward pass."
        )


#: Function from Y to the loss and dY.
Loss = Callable[[Batch], tuple[float, Batch]]


def linear_loss(Y: Batch, rng: np.random.Generator) -> Loss:
    """Draw a loss sum(Y * D), for which dY is D."""
    pairs = zip(arrays_of(Y), real_cells(Y), strict=True)
    D = [rng.normal(size=y.shape).astype(y.dtype) * cells for y, cells in pairs]

    def loss(Y: Batch) -> tuple[float, Batch]:
        parts = zip(arrays_of(Y), D, strict=True)
        total = sum((float((y * d).sum()) for y, d in parts), 0.0)
        return total, with_arrays(Y, [d.copy() for d in D])

    return loss


def cross_entropy_loss(Y: Batch, rng: np.random.Generator) -> Loss:
    """Draw a cross-entropy with random truths, for which dY is Y minus the truth."""
    T = [rng.uniform(size=y.shape).astype(y.dtype) for y in arrays_of(Y)]
    T = [truth / truth.sum(axis=-1, keepdims=True) for truth in T]

    def loss(Y: Batch) -> tuple[float, Batch]:
        pairs = list(zip(arrays_of(Y), T, strict=True))
        total = sum((-float((truth * np.log(y)).sum()) for y, truth in pairs), 0.0)
        return total, with_arrays(Y, [y - truth for y, truth in pairs])

    return loss


def _convert(model: Model[Any, Any]) -> None:
    for node in model.walk():
        node.ops = Float64Ops()
        for name in node.param_names:
            value = node.maybe_get_param(name)
            if value is not None:
                node.set_param(name, as_thinc(as_array(value).astype("d")))


def _list_gradients(
    model: Model[Any, Any], X: Batch, dX: Batch
) -> list[tuple[str, Array, Array, Array]]:
    """List the arrays to check: label, values, gradient, and the cells that count."""
    found = []
    for node in model.walk():
        for name in node.param_names:
            value, gradient = node.maybe_get_param(name), node.maybe_get_grad(name)
            if value is not None:
                A = as_array(value)
                dA = np.zeros_like(A) if gradient is None else as_array(gradient)
                label = f"gradient of {node.name} {name}"
                found.append((label, A, dA, np.ones_like(A)))
    if holds_floats(X):
        given: Sequence[Array] = arrays_of(dX)
        if [a.shape for a in given] != [a.shape for a in arrays_of(X)]:
            raise AssertionError(
                f"{model.name}, gradient of X: expected arrays of the shapes of X, "
                f"{[a.shape for a in arrays_of(X)]}, got {[a.shape for a in given]}."
            )
        found += [
            ("gradient of X", A, dA, cells)
            for A, dA, cells in zip(arrays_of(X), given, real_cells(X), strict=True)
        ]
    return found


def _assert_slope_matches(
    label: str,
    A: Array,
    dA: Array,
    cells: Array,
    compute_loss: Callable[[], float],
    rng: np.random.Generator,
) -> None:
    if dA.shape != A.shape:
        raise AssertionError(f"{label}: expected the shape {A.shape}, got {dA.shape}.")
    start = A.copy()
    for eps in STEPS:
        U = rng.normal(size=A.shape) * cells
        losses = []
        for step in (eps, -eps):
            A[...] = start + step * U
            losses.append(compute_loss())
        A[...] = start
        numeric = (losses[0] - losses[1]) / (2 * eps)
        given = float((dA * U).sum())
        if np.isclose(given, numeric, rtol=RTOL, atol=ATOL):
            return
    raise AssertionError(
        f"{label}: expected a slope of {numeric:.9g} along a random direction, as "
        f"numerical differentiation finds, got {given:.9g} from backprop."
    )


def _doubled(dtype: Any) -> Any:
    return "float64" if dtype is not None and np.dtype(dtype) == np.float32 else dtype
