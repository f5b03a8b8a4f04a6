"""Check TextCatBOW against a loop over the n-grams of each document."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.layers.builders import DOCS, as_doubles, assert_config_builds, randomize
from tests.layers.references import count_slowly
from tests.lexical.references import slow_hash_of_key
from zoo.layers import TextCatBOW
from zoo.testing import assert_gradients_match, check_layer, docs
from zoo.testing._samples import clear_gradients

NO, LENGTH = 3, 16
CONFIG = """
[model]
@layers = "zoo.TextCatBOW.v1"
exclusive_classes = false
ngram_size = 2
length = 10
nO = 3
prefixes = [2, 3]
"""
#: By the activation: the arguments that choose it.
KINDS = {
    "softmax": {"exclusive_classes": True},
    "logistic": {"exclusive_classes": False},
    "none": {"exclusive_classes": True, "no_output_layer": True},
}
kinds = pytest.mark.parametrize("kind", KINDS)
quick = settings(max_examples=15)
sizes = st.integers(1, 3)
lengths = st.lists(st.integers(1, 4), max_size=2)


def make_model(kind="softmax", ngram_size=2, length=LENGTH, nO=NO, prefixes=()):
    sizes = {"ngram_size": ngram_size, "length": length, "nO": nO}
    return TextCatBOW(**KINDS[kind], **sizes, prefixes=prefixes)


def score_slowly(model, batch, kind):
    """Score an n-gram of a document at a time, in float64."""
    p = as_doubles(model.get_ref("output_layer"))
    W = p["W"].reshape(len(p["b"]), -1)
    rows = []
    for doc in batch:
        z = p["b"].copy()
        found = count_slowly(doc, model.attrs["ngram_size"], model.attrs["prefixes"])
        for key, count in found.items():
            for seed in (0, 1):
                z += count * W[:, slow_hash_of_key(key, seed) % W.shape[1]]
        e = np.exp(z - z.max())
        scores = {"softmax": e / e.sum(), "logistic": 1 / (1 + np.exp(-z)), "none": z}
        rows.append(scores[kind])
    return np.reshape(rows, (-1, len(p["b"])))


@kinds
@quick
@given(batch=docs(), size=sizes, prefixes=lengths)
def test_all_that_holds_for_every_layer(kind, batch, size, prefixes):
    check_layer(make_model(kind, size, prefixes=prefixes).initialize(), batch)


@kinds
@given(batch=docs(), size=sizes, seed=st.integers(0, 99), prefixes=lengths)
def test_output_matches_a_loop_over_ngrams(kind, batch, size, seed, prefixes):
    model = randomize(make_model(kind, size, prefixes=prefixes), seed)
    expected = score_slowly(model, batch, kind)
    Y = model.predict(batch)
    assert Y.shape == (len(batch), NO) and Y.dtype == np.float32
    np.testing.assert_allclose(Y, expected, atol=1e-4, rtol=1e-4)


@kinds
@quick
@given(batch=docs(max_docs=3), size=sizes, seed=st.integers(0, 99), prefixes=lengths)
def test_gradients_match_numerical_differentiation(kind, batch, size, seed, prefixes):
    model = make_model(kind, size, prefixes=prefixes).initialize()
    assert_gradients_match(model, batch, seed=seed)


@kinds
@pytest.mark.parametrize("batch", [[], [[]], [[], []]])
def test_batches_without_words_keep_the_width_both_ways(kind, batch):
    model = randomize(make_model(kind))
    Y, backprop = model(batch, is_train=True)
    assert Y.shape == model.predict(batch).shape == (len(batch), NO)
    assert backprop(Y) == []


def test_a_document_without_words_is_scored_by_the_bias_alone():
    model = randomize(make_model("none"))
    b = model.get_ref("output_layer").get_param("b")
    np.testing.assert_array_equal(model.predict([["a"], []])[1], b)


def test_gradients_add_up_over_batches():
    model = randomize(make_model())
    linear = model.get_ref("output_layer")
    Y, backprop = model(DOCS, is_train=True)
    backprop(Y)
    once = {name: linear.get_grad(name).copy() for name in linear.grad_names}
    backprop(Y)
    for name, gradient in once.items():
        np.testing.assert_allclose(linear.get_grad(name), 2 * gradient, rtol=1e-5)
    clear_gradients(model)
    assert not linear.get_grad("W").any()


@pytest.mark.parametrize("length, expected", [(1, 1), (2, 2), (9, 16), (16, 16)])
def test_length_is_rounded_up_to_a_power_of_two(length, expected):
    model = make_model(length=length).initialize()
    W = model.get_ref("output_layer").get_param("W")
    assert W.shape == (NO * expected,)
    check_layer(model, DOCS)


def test_every_model_starts_without_an_opinion():
    Y = make_model().initialize().predict(DOCS)
    np.testing.assert_allclose(Y, 1 / NO, rtol=1e-6)


@pytest.mark.parametrize("kind, is_multi", [("softmax", False), ("logistic", True)])
def test_the_model_tells_whether_its_classes_are_exclusive(kind, is_multi):
    assert make_model(kind).attrs["multi_label"] == is_multi


def test_config_builds_the_layer_and_bytes_restore_it():
    model = randomize(make_model("logistic", prefixes=[2, 3]))
    assert_config_builds(CONFIG, model, DOCS)


def test_sizes_are_taken_from_the_sample():
    Y = np.zeros((len(DOCS), 7), dtype="f")
    model = make_model(nO=None).initialize(X=DOCS, Y=Y)
    assert model.get_dim("nO") == 7
    assert model.predict(DOCS).shape == (len(DOCS), 7)


def test_a_number_of_categories_that_nobody_gave_is_missed():
    with pytest.raises(ValueError, match="'nO' for model 'sparse_linear'"):
        make_model(nO=None).initialize(X=DOCS)


@pytest.mark.parametrize("name", ["ngram_size", "length"])
def test_sizes_below_1_are_refused(name):
    with pytest.raises(ValueError, match=f"TextCatBOW: {name} must be 1 or more, got"):
        TextCatBOW(True, **{name: 0})


def test_prefixes_of_no_character_are_refused():
    with pytest.raises(ValueError, match="TextCatBOW: prefixes must be 1 or more, got"):
        TextCatBOW(True, prefixes=[4, 0])


@pytest.mark.parametrize("prefixes", [4, None, {4, 6}])
def test_prefixes_that_are_no_list_are_refused(prefixes):
    with pytest.raises(TypeError, match=r"must be a list .* such as \[4, 6\], got"):
        make_model(prefixes=prefixes)
