"""Draw which activations to drop."""

from collections.abc import Callable
from typing import Any

from thinc.api import Model

from .._arrays import as_array
from .._random_masks import MaskSource
from .._types import Array


def draw_mask(model: Model[Any, Any], shape: tuple[int, ...]) -> Array | None:
    """Draw a dropout mask at the model's rate: 0, or 1 / (1 - rate).

    The random numbers come from numpy's global state on CPU, and from CuPy's on GPU.

    Returns:
        A mask of this shape, or None if the rate is 0.
    """
    rate = model.attrs.get("dropout_rate", 0.0)
    if not rate:
        return None
    if rate >= 1:
        return as_array(model.ops.alloc_f(shape))
    if model.ops.device_type == "gpu":
        return _draw_on_gpu(model.ops.xp, shape, rate)
    return MaskSource().draw(shape, rate)


def _draw_on_gpu(xp: Any, shape: tuple[int, ...], rate: float) -> Array:
    if 0 in shape:  # cuRAND refuses to draw zero numbers.
        mask: Array = xp.ones(shape, dtype="f")
        return mask
    numbers = xp.random.random_sample(shape, dtype="f")
    mask = xp.multiply(numbers >= rate, 1 / (1 - rate), dtype="f")
    return mask


def drop(
    model: Model[Any, Any], Y: Array, is_train: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """Apply dropout at the model's rate; return output and backprop callback."""
    mask = draw_mask(model, Y.shape) if is_train else None
    if mask is None:
        return Y, lambda dY: dY
    return Y * mask, lambda dY: dY * mask
