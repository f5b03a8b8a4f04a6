"""Check TextCatReduce against a loop over documents."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import set_dropout_rate

from tests.layers.builders import (
    DOCS,
    TOK2VEC,
    WIDTH,
    as_doubles,
    assert_config_builds,
    make_tok2vec,
    randomize,
)
from tests.layers.references import LOOPS
from zoo.layers import TextCatReduce
from zoo.testing import assert_gradients_match, check_layer, docs

NO = 3
NAMES = ("first", "last", "max", "mean")
CONFIG = """
[model]
@layers = "zoo.TextCatReduce.v1"
exclusive_classes = false
use_reduce_max = true
nO = 3
""" + TOK2VEC.replace("[model", "[model.tok2vec")
quick = settings(max_examples=15)
exclusive = pytest.mark.parametrize("is_exclusive", [True, False])
#: Every choice of poolings but none.
CHOICES = [c for c in itertools.product([False, True], repeat=4) if any(c)]


def make_model(is_exclusive, choice=(True, True, True, True), nO=NO):
    return TextCatReduce(make_tok2vec(), is_exclusive, *choice, nO=nO)


def score_slowly(model, vectors, choice, is_exclusive):
    """Score a document at a time, in float64."""
    p = as_doubles(model.get_ref("output_layer"))
    names = [name for name, is_used in zip(NAMES, choice, strict=True) if is_used]
    rows = []
    for X in vectors:
        parts = [LOOPS[n](X.astype("d")) if len(X) else np.zeros(WIDTH) for n in names]
        z = p["W"] @ np.concatenate(parts) + p["b"]
        e = np.exp(z)
        rows.append(e / e.sum() if is_exclusive else 1 / (1 + 1 / e))
    return np.reshape(rows, (-1, len(p["b"])))


@exclusive
@quick
@given(batch=docs())
def test_all_that_holds_for_every_layer(is_exclusive, batch):
    model = make_model(is_exclusive).initialize()
    check_layer(model, batch, cross_entropy=is_exclusive)


@exclusive
@given(batch=docs(), choice=st.sampled_from(CHOICES), seed=st.integers(0, 99))
def test_output_matches_a_loop_over_documents(is_exclusive, batch, choice, seed):
    model = randomize(make_model(is_exclusive, choice), seed)
    vectors = model.get_ref("tok2vec").predict(batch)
    expected = score_slowly(model, vectors, choice, is_exclusive)
    np.testing.assert_allclose(model.predict(batch), expected, atol=1e-4)


@exclusive
@quick
@given(batch=docs(max_docs=3), choice=st.sampled_from(CHOICES))
def test_gradients_match_numerical_differentiation(is_exclusive, batch, choice):
    model = make_model(is_exclusive, choice).initialize()
    assert_gradients_match(model, batch, cross_entropy=is_exclusive)


@exclusive
@pytest.mark.parametrize("batch", [[], [[]], [[], []]])
def test_batches_without_tokens_keep_the_width_both_ways(is_exclusive, batch):
    model = randomize(make_model(is_exclusive))
    Y, backprop = model(batch, is_train=True)
    assert Y.shape == model.predict(batch).shape == (len(batch), NO)
    backprop(Y)


def test_a_document_without_tokens_is_scored_by_the_bias_alone():
    model = randomize(make_model(is_exclusive=False))
    b = as_doubles(model.get_ref("output_layer"))["b"]
    expected = 1 / (1 + np.exp(-b))
    np.testing.assert_allclose(model.predict([["a"], []])[1], expected, atol=1e-5)


def test_set_dropout_rate_reaches_the_encoder():
    model = randomize(make_model(is_exclusive=True))
    whole = model.predict(DOCS)
    set_dropout_rate(model, 1.0)
    Y = model(DOCS, is_train=True)[0]
    np.testing.assert_allclose(Y, np.repeat(Y[1:2], len(DOCS), axis=0), atol=1e-6)
    np.testing.assert_array_equal(model.predict(DOCS), whole)


def test_config_builds_the_layer_and_bytes_restore_it():
    model = make_model(is_exclusive=False, choice=(False, False, True, True))
    assert model.attrs["multi_label"]
    assert_config_builds(CONFIG, randomize(model), DOCS)


@exclusive
def test_sizes_are_taken_from_the_sample(is_exclusive):
    Y = np.zeros((len(DOCS), 7), dtype="f")
    model = make_model(is_exclusive, nO=None).initialize(X=DOCS, Y=Y)
    assert model.get_dim("nO") == 7
    assert model.get_ref("output_layer").get_param("W").shape == (7, 4 * WIDTH)


def test_no_pooling_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one pooling must be used, got none"):
        make_model(True, choice=(False, False, False, False))
