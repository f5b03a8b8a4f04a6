"""Check all that the kernel of Adam is given, and call it."""

from collections.abc import Sequence

import numpy as np

from ._kernel_choice import Kernels, kernels_name
from ._types import Array
from .threads import threads


def _run() -> None:
    w, g, mean, square = (np.ones(8, dtype="f") for _ in range(4))
    KERNELS.load().sum_squares(g)
    call_adam(w, g, mean, square, w[:0], [1.0, 0.9, 0.999, 1.0, 1.0, 1e-8, 0.0])


KERNELS = Kernels("Adam", "step", "zoo._adam_kernel", _run)
_FLOAT32 = np.dtype(np.float32)


def call_adam(
    weights: Array,
    gradient: Array,
    mean: Array,
    square: Array,
    average: Array,
    numbers: Sequence[float],
) -> None:
    """Update weights, moments and the average in place; zero the gradient.

    Args:
        weights: A parameter, contiguous, of any shape, as are the arrays that follow.
        gradient, mean, square: Arrays of its size.
        average: An array of its size, or of no size for none.
        numbers: What gradients are multiplied by, beta 1, beta 2, the size of the step,
            the share of old weights that stays, epsilon, and the share of new weights
            in the average.
    """
    arrays = weights, gradient, mean, square, average
    sizes = [array.size for array in arrays]
    is_plain = all([a.dtype == _FLOAT32 and a.flags.carray for a in arrays])
    if not is_plain or len({*sizes[:4]}) > 1 or sizes[4] not in (0, sizes[0]):
        # The kernel would read or write memory of others.
        raise ValueError(
            f"call_adam: all arrays must be contiguous, of float32 and of one size, "
            f"got sizes {sizes}. This is an error in zoo."
        )
    flat = [array if array.ndim == 1 else array.reshape(-1) for array in arrays]
    clip, *others = map(float, numbers)
    KERNELS.load().step(*flat, clip, tuple(others))


def sum_squares(array: Array) -> float:
    """Return the sum of the squares of an array on CPU, by a kernel if it suits."""
    is_plain = array.dtype == _FLOAT32 and array.flags.carray
    flat = array.reshape(-1)
    if is_plain and kernels_name() == "numba":
        return float(KERNELS.load().sum_squares(flat))
    with threads.one_blas_thread():
        return float(flat @ flat)
