"""Check to_ragged and to_list, which join and split the arrays of documents."""

import numpy as np
import pytest
from hypothesis import given
from thinc.types import Ragged

from tests.layers.builders import WIDTH, assert_config_builds, make_ragged
from zoo.layers import to_list, to_ragged
from zoo.layers.containers import join, split
from zoo.testing import check_layer, lists_of_arrays, ragged

CONFIG = """
[model]
@layers = "zoo.{}.v1"
"""
both = pytest.mark.parametrize("make", [to_list, to_ragged])


@both
@given(lists_of_arrays(WIDTH))
def test_all_that_holds_for_every_layer_on_lists(make, X):
    check_layer(make(), X)


@both
@given(ragged(WIDTH))
def test_all_that_holds_for_every_layer_on_ragged(make, X):
    check_layer(make(), X)


@given(lists_of_arrays(WIDTH))
def test_a_list_is_joined_and_its_gradient_split(X):
    Y, backprop = to_ragged()(X, is_train=True)
    assert Y.lengths.tolist() == [len(array) for array in X]
    assert Y.lengths.dtype == np.int32
    if X:
        np.testing.assert_array_equal(Y.dataXd, np.vstack(X))
    dX = backprop(Ragged(Y.dataXd * 2, Y.lengths))
    for found, array in zip(dX, X, strict=True):
        np.testing.assert_array_equal(found, array * 2)


@given(ragged(WIDTH))
def test_a_ragged_is_split_and_its_gradient_joined(X):
    Y, backprop = to_list()(X, is_train=True)
    start = 0
    for array, length in zip(Y, X.lengths, strict=True):
        np.testing.assert_array_equal(array, X.dataXd[start : start + length])
        start += length
    dX = backprop([array * 2 for array in Y])
    np.testing.assert_array_equal(dX.dataXd, X.dataXd * 2)
    assert dX.lengths.tolist() == X.lengths.tolist()


def test_what_is_in_the_container_already_passes_as_it_is():
    X = make_ragged([2, 1])
    for layer, batch in ((to_ragged(), X), (to_list(), split(X))):
        Y, backprop = layer(batch, is_train=True)
        assert Y is batch and backprop(Y) is Y


def test_parts_are_views():
    X = make_ragged([2, 0, 1])
    assert all(np.shares_memory(part, X.dataXd) for part in split(X) if len(part))


def test_width_is_kept_without_tokens():
    empty = [np.zeros((0, 3), dtype="f")] * 2
    assert to_ragged().predict(empty).dataXd.shape == (0, 3)
    assert [y.shape for y in to_list().predict(make_ragged([0, 0]))] == [(0, WIDTH)] * 2
    assert join(to_list().ops, [], width=5).dataXd.shape == (0, 5)
    dX = to_list()(make_ragged([]), is_train=True)[1]([])
    assert dX.dataXd.shape == (0, WIDTH)


@both
def test_config_builds_the_layer(make):
    name = make.__name__
    assert_config_builds(CONFIG.format(name), make(), make_ragged([2, 0, 1]))
