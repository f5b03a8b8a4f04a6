"""Check the fast random masks of dropout."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from thinc.api import fix_random_seed

from tests.both_kernels import PATHS, kernels, using  # noqa: F401
from zoo._random_masks import N_STREAMS, N_UNUSED, STEPS, MaskSource

SHAPES = st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple)
RATES = st.sampled_from([0.0, 0.1, 0.5, 1 - 1e-6])
#: More numbers than a kernel draws at once, and not a multiple of them.
MANY = (3, 10007)


def sfc64(words):
    """Yield the words that the generator SFC64 draws after three words."""
    full = 2**64 - 1
    (a, b, c), count = map(int, words), 1
    while True:
        drawn = (a + b + count) & full
        count += 1
        a, b = b ^ (b >> 11), (c + (c << 3)) & full
        c = ((((c << 24) | (c >> 40)) & full) + drawn) & full
        yield drawn


def draw_slowly(shapes, rate):
    """Draw masks one number after the other."""
    seeds = np.random.random_sample((N_STREAMS, 3)) * 2.0**64
    streams = [sfc64(seed) for seed in seeds]
    for stream in streams:
        for _ in range(N_UNUSED):
            next(stream)
    for shape in shapes:
        size, bits = int(np.prod(shape)), []
        while len(bits) < size:
            for stream in streams:
                word = next(stream)
                bits += [word >> shift & STEPS - 1 for shift in (0, 16, 32, 48)]
        kept = np.array(bits[:size], int) >= round(rate * STEPS)
        yield np.where(kept, np.float32(1 / (1 - rate)), 0).reshape(shape)


@pytest.mark.parametrize("path", PATHS)
@given(shapes=st.lists(SHAPES, max_size=3), rate=RATES)
@example([MANY, (0, 3), (5,)], 0.3)
def test_masks_are_decided_by_16_bits_of_seeded_generators(path, shapes, rate):
    fix_random_seed(3)
    with using(path):
        source = MaskSource()
        masks = [source.draw(shape, rate) for shape in shapes]
    fix_random_seed(3)
    for mask, expected in zip(masks, draw_slowly(shapes, rate), strict=True):
        assert mask.dtype == np.float32 and mask.shape == expected.shape
        np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("rate", [0.1, 0.7])
@pytest.mark.usefixtures("kernels")
def test_later_masks_are_others_with_the_same_mean(rate):
    source = MaskSource()
    first, second = (source.draw((300, 500), rate) for _ in range(2))
    assert (first != second).any()
    for mask in (first, second):
        assert mask.mean() == pytest.approx(1, abs=0.02)
