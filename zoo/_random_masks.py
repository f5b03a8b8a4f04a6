"""Draw random masks of dropout on CPU, fast."""

import math

import numpy as np

from ._types import Array

#: A probability is rounded to this many steps, as 16 random bits decide.
STEPS = 2**16


class MaskSource:
    """Draw masks from numbers of its own, whose seed is of NumPy's global state.

    This takes a small part of the time of drawing a float64 for each activation.
    """

    def __init__(self) -> None:
        self._random = np.random.SFC64(np.random.randint(2**31))

    def draw(self, shape: tuple[int, ...], rate: float) -> Array:
        """Draw 0 at a probability, 0 to below 1, and ``1 / (1 - rate)`` otherwise.

        Returns:
            A mask of this shape, float32.
        """
        size = math.prod(shape)
        # The bytes in one order on all machines, so that seeds mean the same.
        words = self._random.random_raw(-(-size // 4)).astype("<u8", copy=False)
        bits = words.view("<u2")[:size]
        kept = (bits >= round(rate * STEPS)).view(np.uint8)
        mask: Array = kept * np.float32(1 / (1 - rate))
        return mask.reshape(shape)
