"""Check the fast random masks of dropout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import fix_random_seed

from zoo._random_masks import STEPS, MaskSource

SHAPES = st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple)


@given(shape=SHAPES, rate=st.sampled_from([0.0, 0.1, 0.5, 1 - 1e-6]))
def test_masks_are_decided_by_16_bits_of_a_seeded_generator(shape, rate):
    fix_random_seed(3)
    mask = MaskSource().draw(shape, rate)
    fix_random_seed(3)
    slow = np.random.Generator(np.random.SFC64(np.random.randint(2**31)))
    bits = np.frombuffer(slow.bytes(2 * mask.size), "<u2").astype(int)
    expected = np.where(bits >= round(rate * STEPS), np.float32(1 / (1 - rate)), 0)
    assert mask.dtype == np.float32 and mask.shape == shape
    np.testing.assert_array_equal(mask.ravel(), expected)


@pytest.mark.parametrize("rate", [0.1, 0.7])
def test_later_masks_are_others_with_the_same_mean(rate):
    source = MaskSource()
    first, second = (source.draw((300, 500), rate) for _ in range(2))
    assert (first != second).any()
    for mask in (first, second):
        assert mask.mean() == pytest.approx(1, abs=0.02)
