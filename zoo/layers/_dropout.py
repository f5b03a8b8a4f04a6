"""Draw which activations to drop."""

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from .._types import Array

#: Steps that a chance is rounded to on CPU, where 16 random bits decide.
STEPS = 2**16


def draw_mask(model: Model[Any, Any], shape: tuple[int, ...]) -> Array | None:
    """Draw a mask at the model's dropout rate: zeros, and what keeps the mean.

    Gives None if the rate is 0. The random numbers come from numpy's global state on
    CPU, and from CuPy's on GPU.
    """
    rate = model.attrs.get("dropout_rate", 0.0)
    if not rate:
        return None
    if rate >= 1:
        none: Array = model.ops.alloc_f(shape)
        return none
    if model.ops.device_type == "gpu":
        return _draw_on_gpu(model.ops.xp, shape, rate)
    # A tenth of the time that a float64 for each activation takes.
    fast = np.random.Generator(np.random.SFC64(np.random.randint(2**31)))
    size = int(np.prod(shape))
    bits = np.frombuffer(fast.bytes(2 * size), dtype=np.uint16).reshape(shape)
    return (bits >= round(rate * STEPS)) * np.float32(1 / (1 - rate))


def _draw_on_gpu(xp: Any, shape: tuple[int, ...], rate: float) -> Array:
    if 0 in shape:  # cuRAND need not draw no numbers.
        return xp.ones(shape, dtype="f")
    chances = xp.random.random_sample(shape, dtype="f")
    return xp.multiply(chances >= rate, 1 / (1 - rate), dtype="f")


def drop(
    model: Model[Any, Any], Y: Array, is_train: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """Apply dropout at the model's rate, and give the way back."""
    mask = draw_mask(model, Y.shape) if is_train else None
    if mask is None:
        return Y, lambda dY: dY
    return Y * mask, lambda dY: dY * mask
