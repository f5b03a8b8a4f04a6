"""Check the loss of several right moves, and its gradient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo._transitions.gold_softmax import gold_softmax


def draw(seed, scale):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(4, 5)) * scale
    is_gold = rng.random((4, 5)) < 0.4
    is_gold[np.arange(4), rng.integers(0, 5, 4)] = True
    return scores, is_gold


@given(st.integers(0, 999), st.sampled_from([1, 20]))
def test_gradient_is_the_slope_of_the_loss(seed, scale):
    scores, is_gold = draw(seed, scale)
    loss, gradient = gold_softmax(scores, is_gold)
    P = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert loss == pytest.approx(-np.log((P * is_gold).sum(1)).sum())
    step = np.random.default_rng(seed + 1).normal(size=scores.shape) * 1e-6
    moved = gold_softmax(scores + step, is_gold)[0]
    before = gold_softmax(scores - step, is_gold)[0]
    slope = (gradient * step).sum() * 2
    assert moved - before == pytest.approx(slope, rel=1e-4, abs=1e-9)


def test_a_right_move_far_below_the_best_one_is_still_pulled_up():
    scores = np.array([[500.0, 0.0, -1.0]], "f")
    is_gold = np.array([[False, True, True]])
    loss, gradient = gold_softmax(scores, is_gold)
    assert loss == pytest.approx(500 - np.log(1 + np.exp(-1)), rel=1e-5)
    assert gradient[0, 1] == pytest.approx(-1 / (1 + np.exp(-1)), rel=1e-5)
    assert gradient[0, 0] == pytest.approx(1)
