"""Check MultiHashEmbed against a loop over tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import set_dropout_rate

from tests.layers.builders import (
    DOCS,
    WIDTH,
    assert_config_builds,
    make_embed,
    randomize,
)
from tests.layers.references import (
    embed_slowly,
    hash_slowly,
)
from zoo import Doc
from zoo import threads as chunks
from zoo._lexical.attributes import string_ids
from zoo.layers import MultiHashEmbed
from zoo.testing import assert_gradients_match, check_layer, docs

CONFIG = """
[model]
@layers = "zoo.MultiHashEmbed.v1"
width = 4
features = ["NORM", 69, "shape"]
rows = [20, 9, 5]
"""


def test_the_slow_hash_is_the_known_one():
    coffee = int(string_ids(["coffee"])[0])
    assert hash_slowly(coffee, 8) == [2399055680, 1118310852, 3598583520, 1677466278]


@given(docs())
def test_all_that_holds_for_every_layer(batch):
    check_layer(make_embed().initialize(), batch)


@given(docs(), st.integers(0, 99))
def test_output_matches_a_loop_over_tokens(batch, seed):
    model = randomize(make_embed(), seed)
    Y = model.predict(batch)
    assert Y.lengths.tolist() == [len(doc) for doc in batch]
    expected = embed_slowly(model, batch)
    np.testing.assert_allclose(Y.dataXd, expected, atol=1e-3, rtol=1e-3)


@given(docs(max_docs=3), st.integers(0, 99))
def test_gradients_match_numerical_differentiation(batch, seed):
    assert_gradients_match(make_embed().initialize(), batch, seed=seed)


def test_one_feature_is_enough_and_one_may_come_twice():
    for features, rows in ((["ORTH"], [7]), (["SUFFIX", "SUFFIX"], [3, 4])):
        model = randomize(MultiHashEmbed(WIDTH, features=features, rows=rows))
        expected = embed_slowly(model, DOCS)
        np.testing.assert_allclose(model.predict(DOCS).dataXd, expected, atol=1e-3)
        check_layer(model, DOCS)


def test_norms_of_documents_count():
    model = randomize(make_embed())
    given, usual = (
        model.predict([d]).dataXd for d in (Doc(["ca"], norms=["can"]), ["ca"])
    )
    assert np.abs(given - usual).max() > 0.01


@pytest.mark.parametrize("size", [1, 2, 5])
def test_chunks_of_any_size_give_the_same_numbers(size, monkeypatch):
    model = randomize(make_embed())
    whole = model.predict(DOCS).dataXd
    monkeypatch.setattr(chunks, "CHUNK_ROWS", size)
    np.testing.assert_allclose(model.predict(DOCS).dataXd, whole, atol=1e-5)


def test_dropout_of_the_output_differs_between_tokens_of_one_word():
    model, batch = randomize(make_embed()), [["the"] * 200]
    whole = model.predict(batch).dataXd
    model.get_ref("mix").attrs["dropout_rate"] = 0.5
    Y = model(batch, is_train=True)[0].dataXd
    assert 0.4 < (Y == 0).mean() < 0.6
    np.testing.assert_allclose(Y[Y != 0], 2 * whole[Y != 0], rtol=1e-4)
    np.testing.assert_array_equal(model.predict(batch).dataXd, whole)


def test_dropout_of_a_table_is_one_mask_for_the_batch():
    model, batch = randomize(make_embed()), [["the"] * 5, ["the"]]
    whole = model.predict(batch).dataXd
    for table in model.layers[:-1]:
        table.attrs["dropout_rate"] = 0.5
    Y = model(batch, is_train=True)[0].dataXd
    assert (Y[0] == Y).all() and not np.allclose(Y, whole)
    np.testing.assert_array_equal(model.predict(batch).dataXd, whole)


def test_set_dropout_rate_reaches_the_tables_and_the_output():
    model = randomize(make_embed())
    set_dropout_rate(model, 1.0)
    Y, backprop = model(DOCS, is_train=True)
    assert not Y.dataXd.any()
    Y.dataXd[...] = 1
    backprop(Y)
    assert not any(
        n.get_grad(name).any() for n in model.walk() for name in n.grad_names
    )
    assert model.predict(DOCS).dataXd.any()


def test_tables_that_are_dropped_have_no_gradient():
    model = randomize(make_embed())
    model.layers[0].attrs["dropout_rate"] = 1.0
    Y, backprop = model(DOCS, is_train=True)
    backprop(Y)
    assert not model.layers[0].get_grad("E").any()
    assert model.layers[1].get_grad("E").any()


def test_config_builds_the_layer_and_bytes_restore_it():
    model = randomize(make_embed())
    model.get_ref("norm"), model.get_ref("prefix"), model.get_ref("mix")
    assert_config_builds(CONFIG, model, DOCS)


def test_features_and_rows_of_different_number_are_refused():
    with pytest.raises(ValueError, match=r"got 2 features \(norm, shape\) and 1 rows"):
        MultiHashEmbed(4, features=["NORM", "SHAPE"], rows=[5])


@pytest.mark.parametrize("features, rows", [([], []), (["NORM"], [0])])
def test_nothing_to_look_up_is_refused(features, rows):
    with pytest.raises(ValueError, match="at least one feature, and a row in each"):
        MultiHashEmbed(4, features=features, rows=rows)


def test_unknown_features_are_refused():
    with pytest.raises(ValueError, match=r"got 'PREFXI'. Did you mean PREFIX\?"):
        MultiHashEmbed(4, features=["PREFXI"], rows=[5])


def test_what_is_no_document_is_refused():
    model = make_embed().initialize()
    with pytest.raises(TypeError, match=r"a zoo.Doc, a list of words or a spaCy Doc"):
        model.predict(["a text"])
    with pytest.raises(TypeError, match="list that begins with list"):
        model.predict([[["the"]]])


def test_annotation_of_one_batch_is_not_used_in_the_next():
    embed = MultiHashEmbed(8, rows=[50, 50], features=["NORM", "TAG"])
    embed.initialize()
    batches = [[Doc(["saw"], tags=[tag])] for tag in ("VBD", "NN", None, "VBD")]
    verb, noun, unknown, again = (embed.predict(docs).dataXd for docs in batches)
    for batch, found in zip(batches, (verb, noun, unknown), strict=False):
        np.testing.assert_allclose(
            found, embed(batch, is_train=True)[0].dataXd, atol=1e-6
        )
    assert np.array_equal(verb, again)
    assert not np.allclose(verb, noun) and not np.allclose(verb, unknown)
