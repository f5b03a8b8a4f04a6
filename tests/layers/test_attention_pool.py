"""Check AttentionPool against a loop over sequences."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from thinc.api import (
    Gelu,
    ParametricAttention,
    ParametricAttention_v2,
    chain,
    reduce_sum,
)
from thinc.types import Ragged

from tests.layers.builders import (
    WIDTH,
    assert_config_builds,
    make_ragged,
    randomize,
)
from tests.layers.references import pool_slowly
from zoo.layers import AttentionPool, MaxoutNorm
from zoo.layers.containers import split
from zoo.testing import assert_gradients_match, check_layer, ragged

CONFIG = """
[model]
@layers = "zoo.AttentionPool.v1"
nO = 4
"""


def assert_same_numbers(model, theirs, attention, X, seed):
    """Compare outputs and gradients with those of Thinc's parts."""
    (Y, backprop), (their_Y, their_backprop) = (m(X, True) for m in (model, theirs))
    np.testing.assert_allclose(Y, their_Y, atol=1e-5)
    dY = np.random.default_rng(seed).normal(size=Y.shape).astype("f")
    dX, their_dX = backprop(dY).dataXd, their_backprop(dY.copy()).dataXd
    np.testing.assert_allclose(dX, their_dX, atol=1e-4)
    Q = (m.get_grad("Q") for m in (model, attention))
    np.testing.assert_allclose(*Q, atol=1e-4)


@given(ragged(WIDTH))
def test_all_that_holds_for_every_layer(X):
    check_layer(AttentionPool(WIDTH).initialize(), X)


@given(ragged(WIDTH), st.integers(0, 99))
@example(make_ragged([2, 0, 1, 0]), 1)
def test_output_matches_a_loop_over_sequences(X, seed):
    model = randomize(AttentionPool(WIDTH), seed)
    expected = pool_slowly(model, split(X))
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-4, rtol=1e-4)


@given(ragged(WIDTH), st.integers(0, 99))
def test_gradients_match_numerical_differentiation(X, seed):
    assert_gradients_match(AttentionPool(WIDTH).initialize(), X, seed=seed)


@given(ragged(WIDTH).filter(lambda X: len(X.dataXd)), st.integers(0, 99))
def test_numbers_are_those_of_thincs_parts(X, seed):
    model = randomize(AttentionPool(WIDTH), seed)
    attention = ParametricAttention(WIDTH)
    theirs = chain(attention, reduce_sum()).initialize(X=X)
    attention.set_param("Q", model.get_param("Q"))
    assert_same_numbers(model, theirs, attention, X, seed)


def with_keys():
    return AttentionPool(WIDTH, keys=Gelu())


@given(ragged(WIDTH))
def test_all_that_holds_for_every_layer_holds_with_keys(X):
    check_layer(with_keys().initialize(), X)


@given(ragged(WIDTH), st.integers(0, 99))
def test_gradients_with_keys_match_numerical_differentiation(X, seed):
    assert_gradients_match(with_keys().initialize(), X, seed=seed)


@given(ragged(WIDTH).filter(lambda X: len(X.dataXd)), st.integers(0, 99))
def test_numbers_with_keys_are_those_of_thincs_parts(X, seed):
    model = randomize(with_keys(), seed)
    keys = Gelu(WIDTH, WIDTH)
    attention = ParametricAttention_v2(nO=WIDTH, key_transform=keys)
    theirs = chain(attention, reduce_sum()).initialize(X=X)
    attention.set_param("Q", model.get_param("Q"))
    for name in ("W", "b"):
        keys.set_param(name, model.layers[0].get_param(name))
    assert_same_numbers(model, theirs, attention, X, seed)
    W = (m.get_grad("W") for m in (model.layers[0], keys))
    np.testing.assert_allclose(*W, atol=1e-4)


def test_a_sequence_without_rows_gives_zeros_and_takes_no_gradient():
    X = make_ragged([2, 0, 0])
    model = randomize(AttentionPool(WIDTH))
    Y, backprop = model(X, is_train=True)
    assert Y[0].any() and not Y[1:].any()
    dY = np.zeros_like(Y)
    dY[1:] = 1
    assert not backprop(dY).dataXd.any()
    assert not model.get_grad("Q").any()


@pytest.mark.parametrize("lengths", [[], [0], [0, 0]])
def test_batches_without_rows_keep_the_width_both_ways(lengths):
    model = randomize(AttentionPool(WIDTH))
    Y, backprop = model(make_ragged(lengths), is_train=True)
    assert Y.shape == (len(lengths), WIDTH)
    dX = backprop(Y)
    assert dX.dataXd.shape == (0, WIDTH) and dX.lengths.tolist() == lengths


def test_one_row_is_given_back_as_it_is():
    X = make_ragged([1, 1])
    Y = randomize(AttentionPool(WIDTH)).predict(X)
    np.testing.assert_allclose(Y, X.dataXd, rtol=1e-6)


def test_scores_beyond_the_limit_count_as_the_limit():
    model = AttentionPool(2).initialize()
    model.set_param("Q", np.array([1, 0], dtype="f"))
    rows = np.array([[1000, 0], [20, 1], [-1000, 2]], dtype="f")
    Y = model.predict(Ragged(rows, np.array([3], dtype="i")))
    np.testing.assert_allclose(Y, [[510, 0.5]], rtol=1e-4)


def test_config_builds_the_layer_and_bytes_restore_it():
    model = randomize(AttentionPool(WIDTH))
    assert_config_builds(CONFIG, model, make_ragged([3, 0, 1]))


def test_config_builds_the_layer_with_keys():
    config = CONFIG + '[model.keys]\n@layers = "zoo.MaxoutNorm.v1"\n'
    model = AttentionPool(WIDTH, keys=MaxoutNorm())
    assert_config_builds(config, randomize(model), make_ragged([3, 0, 1]))


def test_width_is_taken_from_the_sample():
    for model in (AttentionPool(), AttentionPool(keys=Gelu())):
        model.initialize(X=make_ragged([2, 1]))
        assert model.get_param("Q").shape == (WIDTH,)


def test_a_sample_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"'nO' for model 'attention_pool' from 3 to"):
        AttentionPool(3).initialize(X=make_ragged([2]))
