"""Compute the gradients of parts of a batch, in several threads."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from thinc.api import Model

from .._arrays import empty_aligned
from .._types import Array
from ..threads import threads
from ._maxout import Params, add_gradients

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
    gradients = [_gradients_of(model) for model in models]

    def compute(i: int) -> tuple[Result, list[Params]]:
        # The first part needs no arrays of its own.
        own = [Params(*map(_zeros_like, g)) for g in gradients] if i else gradients
        return backprop(parts[i], own), own

    results = threads.map(compute, range(len(parts)))
    for _, own in results[1:]:
        for total, part in zip(gradients, own, strict=True):
            add_gradients(total, part)
    return [result for result, _ in results]


def _gradients_of(model: Model[Any, Any]) -> Params:
    """Return the gradients of a MaxoutNorm; they are zeros at first."""
    for name in Params._fields:
        if not model.has_grad(name):
            model.set_grad(name, _zeros_like(model.get_param(name)))
    read: Any = model.get_grad
    return Params(*map(read, Params._fields))


def _zeros_like(array: Any) -> Any:
    if type(array) is not np.ndarray or array.dtype != np.float32:
        return 0 * array  # On a GPU it stays there.
    zeros: Array = empty_aligned(*array.shape)
    zeros.fill(0)
    return zeros
