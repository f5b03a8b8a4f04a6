"""Check EntityTagger: a linear layer over each token's vector."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.layers.builders import (
    DOCS,
    TOK2VEC,
    WIDTH,
    as_doubles,
    assert_config_builds,
    make_tok2vec,
    randomize,
)
from zoo.layers import EntityTagger
from zoo.testing import assert_gradients_match, check_layer, docs

NO = 5
CONFIG = """
[model]
@layers = "zoo.EntityTagger.v1"
nO = 5
""" + TOK2VEC.replace("[model", "[model.tok2vec")
quick = settings(max_examples=10)


def make_model(nO=NO):
    return EntityTagger(make_tok2vec(), nO)


@quick
@given(docs())
def test_all_that_holds_for_every_layer(batch):
    check_layer(make_model().initialize(), batch)


@given(docs(), st.integers(0, 99))
def test_output_matches_a_loop_over_tokens(batch, seed):
    model = randomize(make_model(), seed)
    p = as_doubles(model.get_ref("output_layer"))
    vectors = model.get_ref("tok2vec").predict(batch)
    in_training = model(batch, is_train=True)[0]
    for X, y, z in zip(vectors, model.predict(batch), in_training, strict=True):
        expected = [p["W"] @ x.astype("d") + p["b"] for x in X]
        expected = np.reshape(expected, (-1, NO))
        np.testing.assert_allclose(y, expected, atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(z, expected, atol=1e-4, rtol=1e-4)


@quick
@given(batch=docs(max_docs=3), seed=st.integers(0, 99))
def test_gradients_match_numerical_differentiation(batch, seed):
    assert_gradients_match(make_model().initialize(), batch, seed=seed)


@pytest.mark.parametrize("batch", [[], [[]], [[], []]])
def test_batches_without_tokens_keep_the_width_both_ways(batch):
    model = make_model().initialize()
    Y, backprop = model(batch, is_train=True)
    assert [y.shape for y in Y] == [(0, NO)] * len(batch)
    backprop(Y)
    assert [y.shape for y in model.predict(batch)] == [(0, NO)] * len(batch)


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(make_model()), DOCS)


def test_sizes_are_taken_from_the_sample():
    Y = [np.zeros((len(doc), 9), dtype="f") for doc in DOCS]
    model = make_model(nO=None).initialize(X=DOCS, Y=Y)
    assert model.get_dim("nO") == 9
    assert model.get_ref("output_layer").get_param("W").shape == (9, WIDTH)


def test_another_number_of_tags_than_in_the_sample_is_refused():
    Y = [np.zeros((len(doc), 9), dtype="f") for doc in DOCS]
    with pytest.raises(ValueError, match=r"'nO' for model 'linear' from 5 to 9"):
        make_model().initialize(X=DOCS, Y=Y)
