"""Check to_ragged and to_list, which join and split the arrays of documents."""

import numpy as np
import pytest
from hypothesis import given
from thinc.api import Softmax, chain, list2ragged
from thinc.types import Ragged

import zoo
from tests.layers.builders import (
    WIDTH,
    assert_config_builds,
    make_ragged,
    make_tok2vec,
)
from zoo.layers import (
    AttentionPool,
    MaxoutWindowEncoder,
    MishWindowEncoder,
    TorchBiLSTMEncoder,
    reduce,
    to_list,
    to_ragged,
)
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


TAKERS = {
    "reduce": lambda: reduce(["mean"]),
    "attention_pool": lambda: AttentionPool(),
    "maxout_window_encoder": lambda: MaxoutWindowEncoder(WIDTH, depth=1),
    "mish_window_encoder": lambda: MishWindowEncoder(WIDTH, depth=1),
    "torch_bilstm_encoder": lambda: TorchBiLSTMEncoder(WIDTH),
}
takers = pytest.mark.parametrize("name", TAKERS)
REFUSAL = r"{}: the input must be a Ragged, got list\. .*put to_ragged\(\) before"


def make_taker(name):
    if name == "torch_bilstm_encoder":
        pytest.importorskip("torch")
    return TAKERS[name]()


@takers
def test_a_layer_that_takes_a_ragged_says_so_of_a_list(name):
    X = make_ragged([2, 1])
    model = make_taker(name).initialize(X=X)
    with pytest.raises(TypeError, match=REFUSAL.format(name)):
        model.predict(split(X))
    if name != "reduce":  # It has nothing to initialize.
        with pytest.raises(TypeError, match=REFUSAL.format(name)):
            make_taker(name).initialize(X=split(X))


def test_a_chain_without_to_ragged_says_what_is_missing():
    docs = [["the", "cat"], ["x"]]
    with pytest.raises(TypeError, match=REFUSAL.format("reduce")):
        chain(make_tok2vec(), reduce(["mean"]), Softmax(2)).initialize(X=docs)
    model = chain(make_tok2vec(), to_ragged(), reduce(["mean"]), Softmax(2))
    assert model.initialize(X=docs).predict(docs).shape == (2, 2)
    thincs = chain(make_tok2vec(), list2ragged(), reduce(["mean"]), Softmax(2))
    assert thincs.initialize(X=docs).predict(docs).shape == (2, 2)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("spacy.MaxoutWindowEncoder.v2", {"maxout_pieces": 2}),
        ("spacy.MishWindowEncoder.v2", {}),
    ],
)
def test_encoders_under_spacys_names_say_what_they_take(name, settings):
    sizes = {"width": WIDTH, "window_size": 1, "depth": 1}
    model = zoo.registry.architectures.get(name)(**sizes, **settings)
    with pytest.raises(TypeError, match=REFUSAL.format("m.*_window_encoder")):
        model.initialize(X=split(make_ragged([2, 1])))
