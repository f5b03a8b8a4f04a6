"""Check MishNorm against a loop over rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Mish, set_dropout_rate

from tests.layers.builders import (
    assert_config_builds,
    make_ragged,
    randomize,
)
from tests.layers.references import transform_mish_slowly
from zoo.layers import MishNorm
from zoo.layers.mish_norm import mish
from zoo.testing import arrays, assert_gradients_match, check_layer

NO, NI = 5, 4
CONFIG = """
[model]
@layers = "zoo.MishNorm.v1"
nO = 5
nI = 4
dropout = 0.1
"""


@given(arrays(NI))
def test_all_that_holds_for_every_layer(X):
    check_layer(MishNorm(NO, NI).initialize(), X)


@given(arrays(NI), st.integers(0, 99))
def test_output_matches_a_loop_over_rows(X, seed):
    model = randomize(MishNorm(NO, NI), seed)
    expected = transform_mish_slowly(model, X)
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-3, rtol=1e-3)


@given(arrays(NI), st.integers(0, 99))
def test_gradients_match_numerical_differentiation(X, seed):
    assert_gradients_match(MishNorm(NO, NI).initialize(), X, seed=seed)


@given(arrays(NI).filter(len), st.integers(0, 99))
def test_numbers_are_those_of_thincs_layers(X, seed):
    model = randomize(MishNorm(NO, NI), seed)
    theirs = Mish(NO, NI, normalize=True).initialize()
    linear, norm = theirs.layers
    names = {"W": (linear, "W"), "b": (linear, "b"), "G": (norm, "G")}
    names["beta"] = (norm, "b")
    for name, (node, their_name) in names.items():
        node.set_param(their_name, model.get_param(name))
    (Y, backprop), (their_Y, their_backprop) = (m(X, True) for m in (model, theirs))
    np.testing.assert_allclose(Y, their_Y, atol=1e-4)
    dY = np.random.default_rng(seed).normal(size=Y.shape).astype("f")
    scale = max(1, np.abs(their_dX := their_backprop(dY.copy())).max())
    np.testing.assert_allclose(backprop(dY), their_dX, atol=1e-3 * scale)


@pytest.mark.parametrize("dtype, tolerance", [("f", 1e-6), ("d", 1e-12)])
def test_mish_is_right_from_far_below_zero_to_far_above(dtype, tolerance):
    Z = np.array([-1000, -50, -3, -0.5, 0, 1e-4, 2, 19.9, 20, 50, 1000], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        Y, slope = mish(np, Z)
    x = Z.astype("d")
    gate = np.tanh(np.logaddexp(0, x))
    np.testing.assert_allclose(Y, x * gate, rtol=tolerance, atol=tolerance)
    expected = gate + x * (1 - gate**2) / (1 + np.exp(np.minimum(-x, 700)))
    np.testing.assert_allclose(slope, expected, rtol=tolerance, atol=tolerance)
    assert Y.dtype == slope.dtype == dtype


def test_dropout_is_for_training_only():
    model, X = randomize(MishNorm(NO, NI)), make_ragged([200]).dataXd
    whole = model.predict(X)
    set_dropout_rate(model, 0.5)
    Y, backprop = model(X, is_train=True)
    assert 0.4 < (Y == 0).mean() < 0.6
    np.testing.assert_allclose(Y[Y != 0], 2 * whole[Y != 0], rtol=1e-4)
    backprop(np.where(Y == 0, 1, 0).astype("f"))
    assert not model.get_grad("beta").any()
    np.testing.assert_array_equal(model.predict(X), whole)


def test_config_builds_the_layer_and_bytes_restore_it():
    model = randomize(MishNorm(NO, NI, dropout=0.1))
    assert_config_builds(CONFIG, model, make_ragged([3]).dataXd)


def test_sizes_are_taken_from_the_sample():
    X, Y = np.zeros((2, 3), dtype="f"), np.zeros((2, 7), dtype="f")
    assert MishNorm().initialize(X=X, Y=Y).get_param("W").shape == (7, 3)


def test_a_sample_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"'nI' for model 'mish_norm' from 3 to 4"):
        MishNorm(2, 3).initialize(X=np.zeros((1, 4), dtype="f"))
