"""Check MaxoutWindowEncoder against a loop over the rows of one document."""

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
from tests.layers.references import encode_slowly, transform_slowly
from zoo import threads as chunks
from zoo.layers import MaxoutWindowEncoder
from zoo.layers._encode_windows import encode_windows
from zoo.layers._ragged import SpreadRagged
from zoo.layers.containers import split
from zoo.testing import assert_gradients_match, check_layer, ragged

CONFIG = """
[model]
@layers = "zoo.MaxoutWindowEncoder.v1"
width = 4
window_size = 2
maxout_pieces = 2
depth = 3
"""
sizes = {"window_size": st.integers(0, 2), "depth": st.integers(0, 3)}


def make_model(window_size=1, depth=2):
    return MaxoutWindowEncoder(WIDTH, window_size=window_size, depth=depth)


@given(ragged(WIDTH), *sizes.values())
def test_all_that_holds_for_every_layer(X, window_size, depth):
    check_layer(make_model(window_size, depth).initialize(), X)


@given(ragged(WIDTH), *sizes.values(), st.integers(0, 99))
@example(make_ragged([1, 1]), 1, 2, 0)
@example(make_ragged([3, 0, 4, 0]), 2, 3, 1)
def test_output_matches_a_loop_over_documents(X, window_size, depth, seed):
    model = randomize(make_model(window_size, depth), seed)
    Y = model.predict(X)
    assert Y.lengths.tolist() == X.lengths.tolist()
    for found, tokens in zip(split(Y), split(X), strict=True):
        expected = encode_slowly(model, tokens)
        np.testing.assert_allclose(found, expected, atol=1e-3, rtol=1e-3)


def test_padding_is_not_zero_from_the_second_block_on():
    """Show that the padding counts: with zeros there instead, other numbers come."""
    model, X = randomize(make_model(depth=2)), make_ragged([3])
    first, second = model.layers
    tokens = X.dataXd.astype("d")
    for block in (first, second):
        edge = np.zeros((1, WIDTH))
        wide = np.concatenate([edge, tokens, edge])
        windows = np.array([wide[i : i + 3].ravel() for i in range(3)])
        tokens = tokens + transform_slowly(block, windows)
    assert np.abs(model.predict(X).dataXd - tokens).max() > 0.1


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


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_chunks_of_any_size_give_the_same_numbers(size, monkeypatch):
    model, X = randomize(make_model()), make_ragged([4, 0, 3, 1])
    dY = make_ragged([4, 0, 3, 1], seed=1)
    results = []
    for rows in (512, size):
        monkeypatch.setattr(chunks, "CHUNK_ROWS", rows)
        monkeypatch.setattr(chunks, "MIN_CHUNK_ROWS", min(rows, 128))
        copy = model.copy()
        Y, backprop = copy(X, is_train=True)
        dX = backprop(dY)
        grads = [
            node.get_grad(name) for node in copy.layers for name in node.grad_names
        ]
        results.append([Y.dataXd, copy.predict(X).dataXd, dX.dataXd, *grads])
    for whole, chunked in zip(*results, strict=True):
        np.testing.assert_allclose(chunked, whole, atol=1e-4, rtol=1e-4)


@given(ragged(WIDTH, max_items=4, max_rows=6), *sizes.values(), st.data())
def test_chosen_tokens_get_the_numbers_that_all_get(X, window_size, depth, data):
    """Some tokens alone: their vectors, and their share of each gradient."""
    model = randomize(make_model(window_size, depth))
    n_tokens = int(X.lengths.sum())
    chosen = data.draw(st.lists(st.integers(0, max(n_tokens - 1, 0)), unique=True))
    chosen = np.array(sorted(chosen)[:n_tokens], dtype=int)
    Y, backprop = encode_windows(model, X, chosen, is_train=True)
    whole, backprop_all = (copy := model.copy())(X, is_train=True)
    np.testing.assert_allclose(Y, whole.dataXd[chosen], atol=1e-4, rtol=1e-4)
    dY = np.zeros_like(whole.dataXd)
    dY[chosen] = Y
    d_all = backprop_all(Ragged(dY, X.lengths)).dataXd
    np.testing.assert_allclose(backprop(Y), d_all, atol=1e-3, rtol=1e-3)
    for ours, theirs in zip(model.layers, copy.layers, strict=True):
        for name in ours.grad_names:  # Without tokens there are none.
            np.testing.assert_allclose(
                ours.get_grad(name), theirs.get_grad(name), atol=1e-3, rtol=1e-3
            )


@given(st.lists(st.integers(0, 6), max_size=4), *sizes.values(), st.data())
def test_rows_that_repeat_give_the_same_numbers(lengths, window_size, depth, data):
    model = randomize(make_model(window_size, depth))
    distinct = make_ragged([3]).dataXd
    n_tokens = sum(lengths)
    index = st.lists(st.integers(0, 2), min_size=n_tokens, max_size=n_tokens)
    rows = np.array(data.draw(index), dtype=int)
    X = SpreadRagged(distinct, rows, np.array(lengths, dtype="i"), lengths)
    plain = Ragged(distinct[rows], X.lengths)
    np.testing.assert_allclose(
        model.predict(X).dataXd, model.predict(plain).dataXd, atol=1e-4, rtol=1e-4
    )


def test_dropout_is_for_training_only_and_leaves_the_residual():
    model, X = randomize(make_model()), make_ragged([4, 2])
    whole = model.predict(X).dataXd
    set_dropout_rate(model, 1.0)
    Y, backprop = model(X, is_train=True)
    np.testing.assert_array_equal(Y.dataXd, X.dataXd)
    np.testing.assert_array_equal(backprop(Y).dataXd, Y.dataXd)
    np.testing.assert_array_equal(model.predict(X).dataXd, whole)
    set_dropout_rate(model, 0.5)
    once, again = (model(X, is_train=True)[0].dataXd for _ in range(2))
    assert not np.array_equal(once, again)


def test_depth_0_gives_the_input_back():
    X = make_ragged([2, 0, 1])
    np.testing.assert_array_equal(make_model(depth=0).predict(X).dataXd, X.dataXd)


def test_config_builds_the_layer_and_bytes_restore_it():
    model = MaxoutWindowEncoder(WIDTH, window_size=2, maxout_pieces=2, depth=3)
    assert_config_builds(CONFIG, randomize(model), make_ragged([3, 0, 2]))
    assert as_doubles(model.layers[0])["W"].shape == (WIDTH, 2, WIDTH * 5)


def test_sample_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"'nI' .*_encoder' from 3 to 4"):
        MaxoutWindowEncoder(3).initialize(X=make_ragged([2]))


@pytest.mark.parametrize("name", ["window_size", "depth"])
def test_negative_sizes_are_refused(name):
    with pytest.raises(ValueError, match=f"Encoder: {name} must be 0 or more, got -1"):
        MaxoutWindowEncoder(4, **{name: -1})


def test_predictions_have_no_gradient():
    model = make_model().initialize()
    X = make_ragged([2, 1])
    Y, backprop = model(X, is_train=False)
    with pytest.raises(RuntimeError, match="predictions have no gradient"):
        backprop(Y)
