"""Check TextCatAttention against a loop over documents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Model

from tests.layers.builders import (
    DOCS,
    TOK2VEC,
    WIDTH,
    as_doubles,
    assert_config_builds,
    make_tok2vec,
    randomize,
)
from tests.layers.references import activate_slowly, pool_slowly, transform_slowly
from zoo._parameters import named_parameters
from zoo.layers import TextCatAttention
from zoo.testing import assert_gradients_match, check_layer, docs

NO = 3
CONFIG = """
[model]
@layers = "zoo.TextCatAttention.v1"
exclusive_classes = false
nO = 3
""" + TOK2VEC.replace("[model", "[model.tok2vec")
quick = settings(max_examples=15)
exclusive = pytest.mark.parametrize("is_exclusive", [True, False])


def make_model(is_exclusive=True, nO=NO):
    return TextCatAttention(make_tok2vec(), is_exclusive, nO)


def score_slowly(model, batch, is_exclusive):
    """Score a document at a time, in float64."""
    p = as_doubles(model.get_ref("output_layer"))
    vectors = model.get_ref("tok2vec").predict(batch)
    pooled = pool_slowly(model.get_ref("attention_layer"), vectors)
    added = transform_slowly(model.get_ref("maxout_layer"), pooled)
    rows = []
    for x in pooled + added:
        rows.append(activate_slowly(p["W"] @ x + p["b"], is_exclusive))
    return np.reshape(rows, (-1, len(p["b"])))


@exclusive
@quick
@given(batch=docs())
def test_all_that_holds_for_every_layer(is_exclusive, batch):
    model = make_model(is_exclusive).initialize()
    check_layer(model, batch, cross_entropy=is_exclusive)


@exclusive
@given(batch=docs(), seed=st.integers(0, 99))
def test_output_matches_a_loop_over_documents(is_exclusive, batch, seed):
    model = randomize(make_model(is_exclusive), seed)
    expected = score_slowly(model, batch, is_exclusive)
    np.testing.assert_allclose(model.predict(batch), expected, atol=1e-4, rtol=1e-3)


@exclusive
@quick
@given(batch=docs(max_docs=3), seed=st.integers(0, 99))
def test_gradients_match_numerical_differentiation(is_exclusive, batch, seed):
    model = make_model(is_exclusive).initialize()
    assert_gradients_match(model, batch, seed=seed, cross_entropy=is_exclusive)


@exclusive
@pytest.mark.parametrize("batch", [[], [[]], [[], []]])
def test_batches_without_words_keep_the_width_both_ways(is_exclusive, batch):
    model = randomize(make_model(is_exclusive))
    Y, backprop = model(batch, is_train=True)
    assert Y.shape == model.predict(batch).shape == (len(batch), NO)
    assert backprop(Y) == []


def test_all_parts_learn():
    model = randomize(make_model())
    Y, backprop = model(DOCS, is_train=True)
    backprop(Y - np.eye(NO, dtype="f")[[0, 1, 2, 0]])
    for name, parameter in named_parameters(model).items():
        assert parameter.node.get_grad(parameter.name).any(), name


@exclusive
def test_sizes_are_taken_from_the_sample(is_exclusive):
    Y = np.zeros((len(DOCS), 7), dtype="f")
    model = make_model(is_exclusive, nO=None).initialize(X=DOCS, Y=Y)
    assert model.get_dim("nO") == 7
    assert model.get_ref("output_layer").get_param("W").shape == (7, WIDTH)
    assert model.predict(DOCS).shape == (len(DOCS), 7)


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(make_model(is_exclusive=False)), DOCS)


def test_an_encoder_that_does_not_know_its_width_is_refused():
    without = Model("no_width", lambda model, X, is_train: (X, lambda dY: dY))
    with pytest.raises(ValueError, match="TextCatAttention: tok2vec must know its wid"):
        TextCatAttention(without, True, NO).initialize(X=DOCS)
