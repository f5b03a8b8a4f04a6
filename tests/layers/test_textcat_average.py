"""Check TextCatAverage against a loop over documents."""

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
from tests.layers.references import LOOPS, activate_slowly
from zoo._parameters import named_parameters
from zoo.layers import TextCatAverage, TextCatBOW
from zoo.layers.containers import join
from zoo.testing import assert_gradients_match, check_layer, docs

NO = 3
CONFIG = """
[model]
@layers = "zoo.TextCatAverage.v1"
nO = 3

[model.linear_model]
@layers = "zoo.TextCatBOW.v1"
exclusive_classes = false
ngram_size = 2
no_output_layer = true
length = 16
nO = 3
""" + TOK2VEC.replace("[model", "[model.tok2vec")
quick = settings(max_examples=15)
exclusive = pytest.mark.parametrize("is_exclusive", [True, False])


def make_linear(is_exclusive=True, nO=NO):
    return TextCatBOW(is_exclusive, 2, no_output_layer=True, length=16, nO=nO)


def make_model(is_exclusive=True, nO=NO, learn_alone=False):
    linear = make_linear(is_exclusive, nO)
    return TextCatAverage(make_tok2vec(), linear, nO, learn_alone=learn_alone)


def score_slowly(model, batch, is_exclusive):
    """Score a document at a time, in float64, from what the two models give."""
    p = as_doubles(model.get_ref("output_layer"))
    sums = model.get_ref("linear_model").predict(batch)
    vectors = model.get_ref("tok2vec").predict(batch)
    rows = []
    for s, X in zip(sums, vectors, strict=True):
        pooled = [np.zeros(WIDTH)] * 2
        if len(X):
            pooled = [LOOPS[name](X.astype("d")) for name in ("max", "mean")]
        z = (s + p["W"] @ np.concatenate(pooled) + p["b"]) / 2
        rows.append(activate_slowly(z, is_exclusive))
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
def test_each_model_learns_as_if_it_were_alone(is_exclusive):
    model = randomize(make_model(is_exclusive, learn_alone=True))
    Y, backprop = model(DOCS, is_train=True)
    truth = np.eye(NO, dtype="f")[[0, 1, 2, 0]]
    known = np.array([[1, 1, 1], [1, 1, 1], [0, 0, 0], [1, 0, 1]], dtype="f")
    backprop((Y - truth) * known)
    for part in ("linear_model", "output_layer"):
        node = model.get_ref(part)
        sums = model.get_ref("linear_model").predict(DOCS)
        if part == "output_layer":
            pooled = model.layers[2].predict(
                join(model.ops, model.get_ref("tok2vec").predict(DOCS))
            )
            sums = node.predict(pooled)
        alone = np.array([activate_slowly(row, is_exclusive) for row in sums])
        expected = ((alone - truth) * known).sum(axis=0)
        linear = node.get_ref("output_layer") if part == "linear_model" else node
        np.testing.assert_allclose(linear.get_grad("b"), expected, atol=1e-5)


@exclusive
@pytest.mark.parametrize("batch", [[], [[]], [[], []]])
def test_batches_without_words_keep_the_width_both_ways(is_exclusive, batch):
    model = randomize(make_model(is_exclusive))
    Y, backprop = model(batch, is_train=True)
    assert Y.shape == model.predict(batch).shape == (len(batch), NO)
    assert backprop(Y) == []


def test_both_models_learn():
    model = randomize(make_model())
    Y, backprop = model(DOCS, is_train=True)
    backprop(Y - np.eye(NO, dtype="f")[[0, 1, 2, 0]])
    for name, parameter in named_parameters(model).items():
        assert parameter.node.get_grad(parameter.name).any(), name


def test_parameters_have_readable_names():
    names = list(named_parameters(make_model().initialize()))
    assert [n for n in names if not n.startswith("tok2vec.")] == [
        "linear_model.output_layer.W",
        "linear_model.output_layer.b",
        "output_layer.W",
        "output_layer.b",
    ]


@exclusive
def test_sizes_are_taken_from_the_sample(is_exclusive):
    Y = np.zeros((len(DOCS), 7), dtype="f")
    model = make_model(is_exclusive, nO=None).initialize(X=DOCS, Y=Y)
    assert model.get_dim("nO") == 7
    W = model.get_ref("output_layer").get_param("W")
    assert W.shape == (7, 2 * WIDTH)
    assert not W.any()
    assert model.predict(DOCS).shape == (len(DOCS), 7)


@exclusive
def test_the_linear_model_decides_whether_classes_are_exclusive(is_exclusive):
    model = randomize(make_model(is_exclusive))
    assert model.attrs["multi_label"] != is_exclusive
    sums = model.predict(DOCS).sum(axis=1)
    assert np.allclose(sums, 1) == is_exclusive


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(make_model(is_exclusive=False)), DOCS)


@pytest.mark.parametrize(
    ("is_exclusive", "name"), [(True, "softmax_activation"), (False, "logistic")]
)
def test_a_linear_model_with_an_output_layer_is_refused(is_exclusive, name):
    linear = TextCatBOW(is_exclusive, nO=NO)
    with pytest.raises(ValueError, match=f"must return sums, got one that .* {name}."):
        TextCatAverage(make_tok2vec(), linear, NO)


def test_an_encoder_that_does_not_know_its_width_is_refused():
    without = Model("no_width", lambda model, X, is_train: (X, lambda dY: dY))
    with pytest.raises(ValueError, match="TextCatAverage: tok2vec must know its width"):
        TextCatAverage(without, make_linear(), NO).initialize(X=DOCS)
