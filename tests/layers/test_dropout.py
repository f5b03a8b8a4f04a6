"""Check the random masks that dropout is made of."""

import numpy as np
import pytest
from thinc.api import Model, fix_random_seed

from tests.layers.builders import FakeGPU
from zoo.layers._dropout import draw_mask, drop


@pytest.fixture
def model():
    return Model("any", lambda model, X, is_train: (X, lambda dY: dY))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_mask_drops_the_share_and_keeps_the_mean(model, rate):
    model.attrs["dropout_rate"] = rate
    mask = draw_mask(model, (400, 500))
    assert mask.dtype == np.float32
    assert np.unique(mask).tolist() == [0, np.float32(1 / (1 - rate))]
    assert np.mean(mask == 0) == pytest.approx(rate, abs=0.005)
    assert mask.mean() == pytest.approx(1, abs=0.02)


def test_mask_is_zero_at_a_rate_of_1_and_missing_at_0(model):
    assert draw_mask(model, (2, 3)) is None
    model.attrs["dropout_rate"] = 0.0
    assert draw_mask(model, (2, 3)) is None
    model.attrs["dropout_rate"] = 1.0
    assert draw_mask(model, (2, 3)).tolist() == [[0, 0, 0]] * 2


@pytest.mark.parametrize("shape", [(400, 500), (0, 3)])
def test_a_gpu_draws_single_precision_and_never_no_numbers(model, shape, monkeypatch):
    def draw(shape, dtype):
        assert 0 not in shape
        return np.random.default_rng(0).random(shape, dtype)

    monkeypatch.setattr(np.random, "random_sample", draw)
    model.ops, model.attrs["dropout_rate"] = FakeGPU(), 0.4
    mask = draw_mask(model, shape)
    assert mask.dtype == np.float32 and mask.shape == shape
    if mask.size:
        assert np.unique(mask).tolist() == [0, np.float32(1 / 0.6)]
        assert np.mean(mask == 0) == pytest.approx(0.4, abs=0.005)


def test_equal_seeds_draw_equal_masks_and_each_call_another(model):
    model.attrs["dropout_rate"] = 0.5
    masks = []
    for _ in range(2):
        fix_random_seed(3)
        masks.append([draw_mask(model, (20, 20)) for _ in range(2)])
    (first, second), again = masks
    np.testing.assert_array_equal(again, [first, second])
    assert (first != second).any()


def test_dropout_is_for_training_only(model):
    model.attrs["dropout_rate"] = 0.5
    Y = np.ones((20, 20), dtype="f")
    assert drop(model, Y, is_train=False)[0] is Y
    dropped, backprop = drop(model, Y, is_train=True)
    np.testing.assert_array_equal(backprop(Y), dropped)
