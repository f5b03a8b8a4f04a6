"""Check StaticVectors against a loop over tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import chain, fix_random_seed, set_dropout_rate
from thinc.types import Ragged

from tests.layers.builders import (
    DOCS,
    WIDTH,
    Table,
    as_doubles,
    make_tok2vec,
    randomize,
    resolve_in_all_ways,
)
from tests.layers.references import project_slowly
from zoo import Doc
from zoo._registry import registry
from zoo.layers import StaticVectors, set_vectors, to_list
from zoo.testing import assert_gradients_match, check_layer, docs
from zoo.testing._samples import clear_gradients, is_same

CONFIG = """
[model]
@layers = "zoo.StaticVectors.v1"
width = 4
dropout = 0.2
"""


def make_model(width=WIDTH, **arguments):
    return StaticVectors(width, vectors=Table(), **arguments)


@given(docs())
def test_all_that_holds_for_every_layer(batch):
    check_layer(make_model().initialize(), batch)


@given(docs(), st.integers(0, 99))
def test_output_matches_a_loop_over_tokens(batch, seed):
    model = randomize(make_model(), seed)
    Y = model.predict(batch)
    assert Y.lengths.tolist() == [len(doc) for doc in batch]
    expected = project_slowly(as_doubles(model)["W"], Table(), batch)
    assert Y.dataXd.shape == expected.shape
    np.testing.assert_allclose(Y.dataXd, expected, atol=1e-4, rtol=1e-4)


@given(docs(max_docs=3), st.integers(0, 99))
def test_gradients_match_numerical_differentiation(batch, seed):
    assert_gradients_match(make_model().initialize(), batch, seed=seed)


def test_a_word_is_looked_up_once_and_as_it_is_written():
    model = randomize(make_model())
    words = []
    table = Table()
    table.get = lambda looked_up: words.extend(looked_up) or Table().get(looked_up)
    set_vectors(model, table)
    batch = [["the", "The", "the"], Doc(["the", "x"], norms=["a", "b"])]
    Y = model.predict(batch).dataXd
    assert sorted(words) == ["The", "the", "x"]
    assert not Y[1].any() and (Y[0] == Y[3]).all()


def test_unknown_words_give_zeros_and_no_gradient():
    model = randomize(make_model())
    Y, backprop = model([["unknown", "the"], ["", "THE"]], is_train=True)
    assert not Y.dataXd[[0, 2, 3]].any() and Y.dataXd[1].any()
    dY = np.ones_like(Y.dataXd)
    dY[1] = 0
    backprop(Ragged(dY, Y.lengths))
    assert not model.get_grad("W").any()


def test_what_a_table_gives_for_unknown_words_is_taken():
    class Full(Table):
        def get(self, words):
            vectors, known = super().get(words)
            vectors[~known] = 1
            return vectors, known

    model = randomize(StaticVectors(WIDTH, vectors=Full()))
    W = model.get_param("W")
    np.testing.assert_allclose(
        model.predict([["unknown"]]).dataXd, W.sum(axis=1)[None], rtol=1e-5
    )


@pytest.mark.parametrize("batch", [[], [[]], [[], Doc([])]])
def test_batches_without_words_keep_the_width_both_ways(batch):
    model = randomize(make_model())
    Y, backprop = model(batch, is_train=True)
    assert Y.dataXd.shape == (0, WIDTH) and Y.lengths.tolist() == [0] * len(batch)
    assert backprop(Y) == []


def test_dropout_is_one_mask_for_the_batch():
    model, batch = randomize(make_model(width=40)), [["the", "cat"], ["the"]]
    whole = model.predict(batch).dataXd
    set_dropout_rate(model, 0.5)
    fix_random_seed(0)
    Y, backprop = model(batch, is_train=True)
    dropped = (Y.dataXd == 0).all(axis=0)
    assert 5 < dropped.sum() < 35
    expected = np.where(dropped, 0, 2 * whole)
    np.testing.assert_allclose(Y.dataXd, expected, rtol=1e-5)
    backprop(Ragged(np.ones_like(whole), Y.lengths))
    assert (model.get_grad("W").any(axis=1) == ~dropped).all()
    np.testing.assert_array_equal(model.predict(batch).dataXd, whole)


def test_the_table_is_not_saved_and_not_copied():
    table = Table()
    model = randomize(StaticVectors(WIDTH, vectors=table))
    assert len(model.to_bytes()) < 1000
    copy = model.copy()
    n_calls = table.n_calls
    assert is_same(copy.predict(DOCS), model.predict(DOCS))
    assert table.n_calls == n_calls + 2
    other = Table(seed=1)
    set_vectors(copy, other)
    copy.predict(DOCS)
    assert (table.n_calls, other.n_calls) == (n_calls + 2, 1)


def test_a_table_is_given_to_a_whole_model_at_once():
    parts = [StaticVectors(WIDTH), StaticVectors(3)]
    model = chain(chain(parts[0], to_list()), make_tok2vec())
    model.layers.append(parts[1])
    set_vectors(model, Table())
    for part in parts:
        assert part.get_dim("nM") == 5
        check_layer(part.initialize(), DOCS)


def test_another_table_of_the_same_width_takes_the_place():
    model = randomize(make_model())
    before = model.predict(DOCS).dataXd
    set_vectors(model, Table(seed=1))
    assert np.abs(model.predict(DOCS).dataXd - before).max() > 0.1


def test_config_builds_the_layer_and_bytes_restore_it():
    expected = randomize(make_model())
    for model in resolve_in_all_ways(CONFIG):
        assert model.attrs["dropout_rate"] == 0.2
        set_vectors(model, Table())
        model.initialize().from_bytes(expected.to_bytes())
        assert is_same(model.predict(DOCS), expected.predict(DOCS))


def test_a_config_may_hold_the_table():
    block = {"@layers": "zoo.StaticVectors.v1", "width": 4, "vectors": Table()}
    model = registry.resolve({"model": block})["model"]
    check_layer(model.initialize(), DOCS)


def test_width_is_taken_from_the_sample():
    sample = randomize(make_model()).predict(DOCS)
    model = make_model(width=None).initialize(X=DOCS, Y=sample)
    assert model.get_param("W").shape == (WIDTH, 5)


def test_what_is_no_table_is_refused():
    for table in ({"the": [1.0]}, np.zeros((3, 4)), "table.vec"):
        with pytest.raises(TypeError, match="vectors must be a table of words and"):
            StaticVectors(4, vectors=table)


def test_a_table_of_another_width_is_refused_and_changes_nothing():
    narrow, wide = randomize(make_model()), StaticVectors(4)
    model = chain(wide, to_list(), narrow)
    before = narrow.predict(DOCS)
    with pytest.raises(ValueError, match=r"table must be 5 wide.*'tiny' of width 6"):
        set_vectors(model, Table(width=6))
    assert is_same(narrow.predict(DOCS), before)
    assert wide.maybe_get_dim("nM") is None


@pytest.mark.parametrize("batch", [DOCS, []])
def test_without_a_table_the_layer_says_how_to_give_one(batch):
    model = StaticVectors(4)
    with pytest.raises(RuntimeError, match=r"no table of vectors.*set_vectors\(model"):
        model.initialize()
    model.set_param("W", np.ones((4, 5), dtype="f"))
    with pytest.raises(RuntimeError, match=r"no table of vectors.*set_vectors\(model"):
        model.predict(batch)
    clear_gradients(model)
