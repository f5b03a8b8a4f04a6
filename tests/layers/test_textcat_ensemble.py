"""Check TextCatEnsemble against a loop over documents."""

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
    make_embed,
    make_tok2vec,
    randomize,
)
from tests.layers.references import activate_slowly, pool_slowly, transform_slowly
from zoo._parameters import named_parameters
from zoo.layers import MaxoutWindowEncoder, TextCatBOW, TextCatEnsemble, Tok2Vec
from zoo.testing import assert_gradients_match, check_layer, docs

NO = 3
CONFIG = """
[model]
@layers = "zoo.TextCatEnsemble.v1"
nO = 3

[model.linear_model]
@layers = "zoo.TextCatBOW.v1"
exclusive_classes = false
ngram_size = 2
length = 16
nO = 3
""" + TOK2VEC.replace("[model", "[model.tok2vec")
quick = settings(max_examples=15)
exclusive = pytest.mark.parametrize("is_exclusive", [True, False])


def make_model(is_exclusive=True, nO=NO):
    linear = TextCatBOW(is_exclusive, ngram_size=2, length=16, nO=nO)
    return TextCatEnsemble(make_tok2vec(), linear, nO)


def score_slowly(model, batch, is_exclusive):
    """Score a document at a time, in float64, from what the two models give."""
    p = as_doubles(model.get_ref("output_layer"))
    scores = model.get_ref("linear_model").predict(batch)
    vectors = model.get_ref("tok2vec").predict(batch)
    pooled = pool_slowly(model.get_ref("attention_layer"), vectors)
    added = transform_slowly(model.get_ref("maxout_layer"), pooled)
    rows = []
    for s, x in zip(scores, pooled + added, strict=True):
        rows.append(
            activate_slowly(p["W"] @ np.concatenate([s, x]) + p["b"], is_exclusive)
        )
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
        "attention_layer.Q",
        *(f"maxout_layer.{name}" for name in ("W", "b", "G", "beta")),
        "output_layer.W",
        "output_layer.b",
    ]


@exclusive
def test_sizes_are_taken_from_the_sample(is_exclusive):
    Y = np.zeros((len(DOCS), 7), dtype="f")
    model = make_model(is_exclusive, nO=None).initialize(X=DOCS, Y=Y)
    assert model.get_dim("nO") == 7
    W = model.get_ref("output_layer").get_param("W")
    assert W.shape == (7, 7 + WIDTH)
    assert model.predict(DOCS).shape == (len(DOCS), 7)


@exclusive
def test_the_linear_model_tells_whether_classes_are_exclusive(is_exclusive):
    model = randomize(make_model(is_exclusive))
    assert model.attrs["multi_label"] != is_exclusive
    sums = model.predict(DOCS).sum(axis=1)
    assert np.allclose(sums, 1) == is_exclusive


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(make_model(is_exclusive=False)), DOCS)


def test_an_encoder_that_does_not_know_its_width_is_refused():
    linear = TextCatBOW(True, nO=NO)
    without = Model("no_width", lambda model, X, is_train: (X, lambda dY: dY))
    with pytest.raises(ValueError, match="tok2vec must know its width, got one"):
        TextCatEnsemble(without, linear, NO).initialize(X=DOCS)
    known = Tok2Vec(make_embed(), MaxoutWindowEncoder(WIDTH))
    assert TextCatEnsemble(known, linear, NO).get_dim("nO") == NO


def test_the_width_of_an_encoder_may_be_known_at_initialization_only():
    known = Tok2Vec(make_embed(), MaxoutWindowEncoder(WIDTH))

    def learn_width(model, X=None, Y=None):
        model.layers[0].initialize(X=X)
        model.set_dim("nO", WIDTH)

    late = Model(
        "late",
        lambda model, X, is_train: model.layers[0](X, is_train),
        init=learn_width,
        layers=[known],
        dims={"nO": None},
    )
    for nO in (None, NO):
        model = TextCatEnsemble(late.copy(), TextCatBOW(True, nO=nO), nO)
        model.initialize(X=DOCS, Y=np.zeros((len(DOCS), NO), dtype="f"))
        assert model.predict(DOCS).shape == (len(DOCS), NO)
        assert model.get_ref("attention_layer").get_dim("nO") == WIDTH
