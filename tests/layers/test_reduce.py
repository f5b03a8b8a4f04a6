"""Check reduce against a loop over sequences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.builders import WIDTH, assert_config_builds, make_ragged
from tests.layers.references import LOOPS
from zoo.layers import reduce
from zoo.layers.containers import split
from zoo.layers.reduce import POOLINGS
from zoo.testing import assert_gradients_match, check_layer, ragged

CONFIG = """
[model]
@layers = "zoo.reduce.v1"
poolings = ["mean", "first"]
"""
poolings = st.lists(st.sampled_from(POOLINGS), min_size=1, unique=True)


@given(ragged(WIDTH), poolings)
def test_all_that_holds_for_every_layer(X, names):
    check_layer(reduce(names), X)


@given(ragged(WIDTH), poolings)
def test_output_matches_a_loop_over_sequences(X, names):
    Y = reduce(names).predict(X)
    assert Y.shape == (len(X.lengths), WIDTH * len(names))
    for y, rows in zip(Y, split(X), strict=True):
        ordered = [name for name in POOLINGS if name in names]
        parts = [LOOPS[n](rows) if len(rows) else np.zeros(WIDTH) for n in ordered]
        np.testing.assert_allclose(y, np.concatenate(parts), atol=1e-5)


@given(ragged(WIDTH), poolings, st.integers(0, 99))
def test_gradients_match_numerical_differentiation(X, names, seed):
    assert_gradients_match(reduce(names), X, seed=seed)


def test_a_sequence_without_rows_gives_zeros_and_takes_no_gradient():
    X = make_ragged([2, 0, 0])
    Y, backprop = reduce(POOLINGS)(X, is_train=True)
    assert not Y[1:].any()
    dY = np.zeros_like(Y)
    dY[1:] = 1
    assert not backprop(dY).dataXd.any()


def test_outputs_come_in_the_order_of_all_poolings():
    X = make_ragged([3, 1])
    one, other = (reduce(n).predict(X) for n in (["max", "first"], ["first", "max"]))
    np.testing.assert_array_equal(one, other)


def test_config_builds_the_layer():
    assert_config_builds(CONFIG, reduce(["first", "mean"]), make_ragged([2, 0, 1]))


@pytest.mark.parametrize("names", [["max", "median"], []])
def test_unknown_poolings_are_refused(names):
    match = rf"one or more of first, last, max, mean, sum, got {names!r}".replace(
        "[", r"\["
    )
    with pytest.raises(ValueError, match=match):
        reduce(names)
