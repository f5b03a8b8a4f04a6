"""Check MaxoutNorm against a loop over rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Maxout, set_dropout_rate

from tests.layers.builders import (
    assert_config_builds,
    make_ragged,
    randomize,
)
from tests.layers.references import transform_slowly
from zoo import threads as chunks
from zoo.layers import MaxoutNorm
from zoo.testing import arrays, assert_gradients_match, check_layer

NO, NI = 5, 4
CONFIG = """
[model]
@layers = "zoo.MaxoutNorm.v1"
nO = 5
nI = 4
nP = 2
dropout = 0.1
"""
pieces = st.integers(1, 4)


@given(arrays(NI), pieces)
def test_all_that_holds_for_every_layer(X, nP):
    check_layer(MaxoutNorm(NO, NI, nP).initialize(), X)


@given(arrays(NI), pieces, st.integers(0, 99))
def test_output_matches_a_loop_over_rows(X, nP, seed):
    model = randomize(MaxoutNorm(NO, NI, nP), seed)
    expected = transform_slowly(model, X)
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-4, rtol=1e-4)


@given(arrays(NI), pieces, st.integers(0, 99))
def test_gradients_match_numerical_differentiation(X, nP, seed):
    assert_gradients_match(MaxoutNorm(NO, NI, nP).initialize(), X, seed=seed)


@given(arrays(NI))
def test_numbers_are_those_of_thincs_maxout(X):
    theirs = Maxout(NO, NI, nP=3, normalize=True, dropout=0.0).initialize()
    ours = MaxoutNorm(NO, NI, 3).initialize()
    maxout, norm = (n for n in theirs.walk() if n.name in ("maxout", "layernorm"))
    ours.set_param("W", maxout.get_param("W"))
    ours.set_param("b", maxout.get_param("b"))
    if len(X):
        (Y, backprop), (theirs_Y, theirs_backprop) = (
            m(X, True) for m in (ours, theirs)
        )
        np.testing.assert_allclose(Y, theirs_Y, atol=1e-4)
        dX, theirs_dX = backprop(X @ X.T @ Y), theirs_backprop(X @ X.T @ Y)
        np.testing.assert_allclose(dX, theirs_dX, atol=1e-2, rtol=1e-3)
        grads = {"W": (maxout, "W"), "b": (maxout, "b"), "G": (norm, "G")}
        for name, (node, their_name) in {**grads, "beta": (norm, "b")}.items():
            np.testing.assert_allclose(
                ours.get_grad(name), node.get_grad(their_name), atol=1e-2, rtol=1e-3
            )


def test_initial_weights_are_those_of_thincs_maxout():
    np.random.seed(0)
    ours = MaxoutNorm(NO, NI, 3).initialize()
    np.random.seed(0)
    theirs = Maxout(NO, NI, nP=3).initialize()
    np.testing.assert_array_equal(ours.get_param("W"), theirs.get_param("W"))
    assert not ours.get_param("b").any() and not ours.get_param("beta").any()
    assert (ours.get_param("G") == 1).all()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_chunks_of_any_size_give_the_same_numbers(size, monkeypatch):
    model, X = randomize(MaxoutNorm(NO, NI)), make_ragged([7]).dataXd
    dY = np.random.default_rng(1).normal(size=(7, NO)).astype("f")
    results = []
    for rows in (512, size):
        monkeypatch.setattr(chunks, "CHUNK_ROWS", rows)
        copy = model.copy()
        Y, backprop = copy(X, is_train=True)
        dX = backprop(dY)
        results.append([Y, dX, *(copy.get_grad(name) for name in copy.param_names)])
    for whole, chunked in zip(*results, strict=True):
        np.testing.assert_allclose(chunked, whole, atol=1e-5, rtol=1e-4)


def test_gradients_add_up():
    model, X = randomize(MaxoutNorm(NO, NI)), make_ragged([3]).dataXd
    Y, backprop = model(X, is_train=True)
    backprop(Y)
    once = model.get_grad("W").copy()
    backprop(Y)
    np.testing.assert_allclose(model.get_grad("W"), 2 * once, rtol=1e-5)


def test_dropout_is_for_training_only():
    model, X = randomize(MaxoutNorm(NO, NI, dropout=0.5)), make_ragged([400]).dataXd
    whole = model.predict(X)
    assert whole.all()
    Y, backprop = model(X, is_train=True)
    assert 0.4 < (Y == 0).mean() < 0.6
    np.testing.assert_allclose(Y[Y != 0], 2 * whole[Y != 0], rtol=1e-5)
    dX = backprop(np.where(Y == 0, 1, 0).astype("f"))
    assert not dX.any()  # What was dropped has no gradient.
    set_dropout_rate(model, 0.0)
    np.testing.assert_allclose(model(X, is_train=True)[0], whole, atol=1e-6)


def test_config_builds_the_layer_and_bytes_restore_it():
    model = randomize(MaxoutNorm(NO, NI, 2, dropout=0.1))
    assert_config_builds(CONFIG, model, make_ragged([3]).dataXd)


def test_sizes_are_taken_from_the_sample():
    X, Y = make_ragged([2], width=6).dataXd, make_ragged([2], width=7).dataXd
    model = MaxoutNorm().initialize(X=X, Y=Y)
    assert model.get_param("W").shape == (7, 3, 6)


def test_sample_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"'nI' .* 'maxout_norm' from 5 to 4"):
        MaxoutNorm(3, 5).initialize(X=make_ragged([2]).dataXd)
