"""Check MishWindowEncoder against a loop over the rows of one document."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from thinc.api import set_dropout_rate
from thinc.types import Ragged

from tests.layers.builders import (
    WIDTH,
    as_doubles,
    assert_config_builds,
    make_ragged,
    randomize,
)
from tests.layers.references import transform_mish_slowly
from zoo.layers import MishWindowEncoder
from zoo.layers.containers import split
from zoo.testing import assert_gradients_match, check_layer, ragged

CONFIG = """
[model]
@layers = "zoo.MishWindowEncoder.v1"
width = 4
window_size = 2
depth = 3
"""
sizes = {"window_size": st.integers(0, 2), "depth": st.integers(0, 3)}


def make_model(window_size=1, depth=2):
    return MishWindowEncoder(WIDTH, window_size=window_size, depth=depth)


def encode_slowly(model, tokens):
    """Encode one document a row at a time, in float64, with zeros beyond its ends."""
    size = model.attrs["window_size"]
    beyond = np.zeros((size, WIDTH))
    rows = tokens.astype("d")
    for block in model.layers:
        wide = np.concatenate([beyond, rows, beyond])
        windows = [wide[i : i + 2 * size + 1].ravel() for i in range(len(rows))]
        windows = np.reshape(windows, (len(rows), WIDTH * (2 * size + 1)))
        rows = rows + transform_mish_slowly(block, windows)
    return rows


@given(ragged(WIDTH), *sizes.values())
def test_all_that_holds_for_every_layer(X, window_size, depth):
    check_layer(make_model(window_size, depth).initialize(), X)


@given(ragged(WIDTH), *sizes.values(), st.integers(0, 99))
@example(make_ragged([1, 1]), 1, 2, 0)
@example(make_ragged([3, 0, 4, 0]), 2, 3, 1)
@example(make_ragged([0, 0, 2]), 2, 1, 1)
def test_output_matches_a_loop_over_documents(X, window_size, depth, seed):
    model = randomize(make_model(window_size, depth), seed)
    Y = model.predict(X)
    assert Y.lengths.tolist() == X.lengths.tolist()
    for found, tokens in zip(split(Y), split(X), strict=True):
        expected = encode_slowly(model, tokens)
        np.testing.assert_allclose(found, expected, atol=1e-3, rtol=1e-3)


@given(ragged(WIDTH, max_items=3, max_rows=4), *sizes.values(), st.integers(0, 99))
def test_gradients_match_numerical_differentiation(X, window_size, depth, seed):
    assert_gradients_match(make_model(window_size, depth).initialize(), X, seed=seed)


def test_the_receptive_field_is_the_window_of_all_blocks():
    model, X = randomize(make_model(window_size=2, depth=2)), make_ragged([13])
    before = model.predict(X).dataXd
    changed = X.dataXd.copy()
    changed[6] += 1
    after = model.predict(Ragged(changed, X.lengths)).dataXd
    reached = np.flatnonzero((before != after).any(axis=1))
    assert reached.tolist() == list(range(6 - 4, 6 + 4 + 1))


@pytest.mark.parametrize("lengths", [[], [0], [0, 0]])
def test_batches_without_tokens_keep_the_width_both_ways(lengths):
    model = randomize(make_model())
    lost = Ragged(np.zeros((0, 0), dtype="f"), np.array(lengths, dtype="i"))
    for X in (make_ragged(lengths), lost):
        Y, backprop = model(X, is_train=True)
        assert Y.dataXd.shape == (0, WIDTH)
        assert backprop(Y).lengths.tolist() == lengths


def test_dropout_is_for_training_only_and_leaves_the_residual():
    model, X = randomize(make_model()), make_ragged([4, 2])
    whole = model.predict(X).dataXd
    set_dropout_rate(model, 1.0)
    Y, backprop = model(X, is_train=True)
    np.testing.assert_array_equal(Y.dataXd, X.dataXd)
    np.testing.assert_array_equal(backprop(Y).dataXd, Y.dataXd)
    np.testing.assert_array_equal(model.predict(X).dataXd, whole)


def test_depth_0_gives_the_input_back():
    X = make_ragged([2, 0, 1])
    np.testing.assert_array_equal(make_model(depth=0).predict(X).dataXd, X.dataXd)


def test_config_builds_the_layer_and_bytes_restore_it():
    model = MishWindowEncoder(WIDTH, window_size=2, depth=3)
    assert_config_builds(CONFIG, randomize(model), make_ragged([3, 0, 2]))
    assert as_doubles(model.layers[0])["W"].shape == (WIDTH, WIDTH * 5)


def test_sample_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"'nI' .*_encoder' from 3 to 4"):
        MishWindowEncoder(3).initialize(X=make_ragged([2]))


@pytest.mark.parametrize("name", ["window_size", "depth"])
def test_negative_sizes_are_refused(name):
    with pytest.raises(ValueError, match=f"Encoder: {name} must be 0 or more, got -1"):
        MishWindowEncoder(4, **{name: -1})
