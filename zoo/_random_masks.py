"""Draw random masks of dropout on CPU, fast."""

import math
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence

from ._kernel_choice import Kernels, kernels_name
from ._types import Array

#: A probability is rounded to this many steps, as 16 random bits decide.
STEPS = 2**16
#: Generators that draw in turn, so that one instruction computes the words of all.
N_STREAMS = 4
#: Words that are drawn first and not used: until then, seeds show.
N_UNUSED = 12


def _run() -> None:
    # Seeds of its own: what is drawn must not depend on whether kernels are compiled.
    MaskSource(np.ones((N_STREAMS, 3)))._draw_compiled((1,), 0.5)


KERNELS = Kernels("dropout", "draw", "zoo._mask_kernel", _run)


class MaskSource:
    """Draw masks from numbers of its own, whose seed is of NumPy's global state.

    This takes a small part of the time of drawing a float64 for each activation. The
    masks are the same with and without compiled kernels.

    Args:
        seeds: Three numbers for each of its generators, (N_STREAMS, 3). If None, they
            are drawn.
    """

    def __init__(self, seeds: Array | None = None) -> None:
        if seeds is None:
            # Below 1, with 53 random bits each: NumPy draws no others as fast.
            seeds = np.random.random_sample((N_STREAMS, 3)) * 2.0**64
        self._seeds = seeds.astype(np.uint64)
        self._streams: list[np.random.SFC64] | None = None
        self._state: Array | None = None

    def draw(self, shape: tuple[int, ...], rate: float) -> Array:
        """Draw 0 at a probability, 0 to below 1, and ``1 / (1 - rate)`` otherwise.

        Returns:
            A mask of this shape, float32.
        """
        if kernels_name() == "numba":
            return self._draw_compiled(shape, rate)
        if self._streams is None:
            seeds: list[Any] = [_Seed(words) for words in self._seeds]
            self._streams = [np.random.SFC64(seed) for seed in seeds]
        size = math.prod(shape)
        n = -(-size // (4 * N_STREAMS))
        words = np.empty((n, N_STREAMS), "<u8")
        for i, stream in enumerate(self._streams):
            words[:, i] = stream.random_raw(n)
        # The bytes in one order on all machines, so that seeds mean the same.
        bits = words.reshape(-1).view("<u2")[:size]
        kept = (bits >= round(rate * STEPS)).view(np.uint8)
        mask: Array = kept * np.float32(1 / (1 - rate))
        return mask.reshape(shape)

    def _draw_compiled(self, shape: tuple[int, ...], rate: float) -> Array:
        kernels = KERNELS.load()
        mask: Array = np.empty(shape, dtype="f")
        if self._state is None:
            self._state = np.empty((4, N_STREAMS), np.uint64)
            self._state[:3], self._state[3] = self._seeds.T, 1
            kernels.skip(self._state, N_UNUSED)
        least = np.int32(round(rate * STEPS))
        kernels.draw(self._state, least, np.float32(1 / (1 - rate)), mask.reshape(-1))
        return mask


class _Seed(ISeedSequence):
    """Three words with which a generator begins.

    NumPy's own seeds are mixed first, which takes longer than to draw a small mask.
    """

    def __init__(self, words: Array) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Array:
        assert (n_words, dtype) == (3, np.uint64)
        return self._words
