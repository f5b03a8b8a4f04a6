"""Compute the gradients of parts of a batch, in several threads."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from thinc.api import Model, get_array_module

from .._arrays import empty_aligned
from .._thinc_internals import server_of
from .._types import Array
from ..threads import threads
from ._maxout import Params, add_gradients, read_params

Part = TypeVar("Part")
Result = TypeVar("Result")


def backprop_parts(
    models: Sequence[Model[Any, Any]],
    backprop: Callable[[Part, list[Params]], Result],
    parts: Sequence[Part],
) -> list[Result]:
    """Call a function for each part, which adds to the gradients of all models.

    Args:
        models: Each is a MaxoutNorm.
        backprop: Is given a part, and the gradients of the models to add to.
        parts: Their gradients are summed in this order, so that the bits are the same
            for any number of threads.
    """
    if not parts:
        return []
    params = [read_params(model) for model in models]
    gradients = [*map(_gradients_of, models, params)]

    def compute(i: int) -> tuple[Result, list[Params]]:
        # The first part needs no arrays of its own.
        own = [
            Params(*map(_zeros_like, p)) if i or found is None else found
            for p, found in zip(params, gradients, strict=True)
        ]
        return backprop(parts[i], own), own

    results = threads.map(compute, range(len(parts)))
    totals = results[0][1]
    for _, own in results[1:]:
        for total, part in zip(totals, own, strict=True):
            add_gradients(total, part)
    for model, found, total in zip(models, gradients, totals, strict=True):
        if found is None:
            for name, gradient in total._asdict().items():
                model.inc_grad(name, gradient)
    return [result for result, _ in results]


def _gradients_of(model: Model[Any, Any], params: Params) -> Params | None:
    """Return the gradients of a MaxoutNorm, zeros at first, to add to in place.

    Returns:
        None if they are elsewhere, or if somebody has set arrays to which kernels
        cannot add.
    """
    if server_of(model).proxy is not None:
        return None
    for name, param in params._asdict().items():
        if not model.has_grad(name):
            model.set_grad(name, _zeros_like(param))
    read: Any = model.get_grad
    gradients = Params(*map(read, Params._fields))
    pairs = zip(gradients, params, strict=True)
    return gradients if all([_can_add(*pair) for pair in pairs]) else None


def _can_add(gradient: Any, param: Any) -> bool:
    if not isinstance(gradient, np.ndarray):  # On a GPU there are no kernels.
        return True
    is_plain: bool = gradient.flags.carray and gradient.dtype == param.dtype
    return is_plain and type(gradient) is type(param)


def _zeros_like(array: Any) -> Any:
    if type(array) is not np.ndarray or array.dtype != np.float32:
        return get_array_module(array).zeros_like(array)
    zeros: Array = empty_aligned(*array.shape)
    zeros.fill(0)
    return zeros
