"""Check Tagger: a softmax over each token's vector."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Adam, Linear, chain, fix_random_seed, set_dropout_rate, with_array

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
from zoo.layers import Tagger, Tok2Vec
from zoo.testing import assert_gradients_match, check_layer, docs

NO = 3
CONFIG = """
[model]
@layers = "zoo.Tagger.v1"
nO = 3
normalize = true
""" + TOK2VEC.replace("[model", "[model.tok2vec")
quick = settings(max_examples=15)


def make_model(normalize=True, nO=NO):
    return Tagger(make_tok2vec(), nO, normalize=normalize)


def score_slowly(model, vectors):
    """Score a token at a time, in float64: before the softmax, and after."""
    p = as_doubles(model.get_ref("softmax"))
    logits = [p["W"] @ x.astype("d") + p["b"] for x in vectors]
    scores = [np.exp(z) / np.exp(z).sum() for z in logits]
    shape = (-1, len(p["b"]))
    return np.reshape(logits, shape), np.reshape(scores, shape)


@quick
@given(docs())
def test_all_that_holds_for_every_layer(batch):
    check_layer(make_model().initialize(), batch, cross_entropy=True)


@given(docs(), st.integers(0, 99))
def test_output_matches_a_loop_over_tokens(batch, seed):
    model = randomize(make_model(normalize=False), seed)
    vectors = model.get_ref("tok2vec").predict(batch)
    in_training = model(batch, is_train=True)[0]
    predicted = model.predict(batch)
    for X, z, y in zip(vectors, predicted, in_training, strict=True):
        logits, scores = score_slowly(model, X)
        np.testing.assert_allclose(z, logits, atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(y, scores, atol=1e-4)


@pytest.mark.parametrize("normalize", [False, True])
@quick
@given(batch=docs(max_docs=3), seed=st.integers(0, 99))
def test_gradients_match_numerical_differentiation(normalize, batch, seed):
    model = make_model(normalize).initialize()
    assert_gradients_match(model, batch, seed=seed, cross_entropy=True)


def test_normalize_gives_probabilities_and_the_same_best_tags():
    plain, normalized = make_model(normalize=False), make_model(normalize=True)
    normalized.initialize().from_bytes(randomize(plain).to_bytes())
    normalized.get_ref("softmax").attrs["softmax_normalize"] = True
    for z, y in zip(plain.predict(DOCS), normalized.predict(DOCS), strict=True):
        np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-5)
        assert (y.argmax(axis=1) == z.argmax(axis=1)).all()


def test_set_dropout_rate_reaches_the_encoder():
    model = randomize(make_model())
    whole = model.predict(DOCS)
    set_dropout_rate(model, 1.0)
    bias = score_slowly(model, np.zeros((1, WIDTH)))[1]
    for y in model(DOCS, is_train=True)[0]:
        np.testing.assert_allclose(y, np.repeat(bias, len(y), axis=0), atol=1e-5)
    for found, expected in zip(model.predict(DOCS), whole, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("batch", [[], [[]], [[], []]])
def test_batches_without_tokens_keep_the_width_both_ways(batch):
    model = make_model(normalize=False).initialize()
    Y, backprop = model(batch, is_train=True)
    assert [y.shape for y in Y] == [(0, NO)] * len(batch)
    backprop(Y)
    assert [y.shape for y in model.predict(batch)] == [(0, NO)] * len(batch)


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(make_model()), DOCS)


def test_sizes_are_taken_from_the_sample():
    Y = [np.zeros((len(doc), 7), dtype="f") for doc in DOCS]
    model = make_model(nO=None).initialize(X=DOCS, Y=Y)
    assert model.get_dim("nO") == 7
    assert model.get_ref("output_layer").get_param("W").shape == (7, WIDTH)


def test_the_width_of_an_encoder_may_be_known_only_after_its_initialization():
    encode = with_array(Linear(nI=WIDTH))
    tok2vec = Tok2Vec(make_embed(), encode)
    encode.layers[0].set_dim("nO", 6)
    model = Tagger(tok2vec, NO).initialize(X=DOCS)
    assert model.get_ref("softmax").get_dim("nI") == 6


def test_another_number_of_tags_than_in_the_sample_is_refused():
    Y = [np.zeros((len(doc), 7), dtype="f") for doc in DOCS]
    with pytest.raises(ValueError, match=r"'nO' for model 'softmax' from 3 to 7"):
        make_model().initialize(X=DOCS, Y=Y)


def train(seed):
    """Train 20 steps on 10 sentences; give the losses and the bytes at the end."""
    fix_random_seed(seed)
    rng = np.random.default_rng(0)
    words = ["the", "a", "cat", "dog", "sees", "is", "red", "."]
    batch = [rng.choice(words, size=n).tolist() for n in range(10)]
    tags = [[words.index(word) % NO for word in doc] for doc in batch]
    truths = [np.eye(NO, dtype="f")[np.array(t, dtype="i")] for t in tags]
    model = make_model().initialize(X=batch, Y=truths)
    set_dropout_rate(model, 0.1)
    optimizer, losses = Adam(0.01), []
    for _ in range(20):
        Y, backprop = model(batch, is_train=True)
        pairs = list(zip(Y, truths, strict=True))
        losses.append(-sum(float((t * np.log(y)).sum()) for y, t in pairs))
        backprop([y - t for y, t in pairs])
        model.finish_update(optimizer)
        optimizer.step_schedules()
    return losses, model.to_bytes()


def test_training_lowers_the_loss_and_repeats_to_the_bit():
    losses, data = train(seed=1)
    assert losses[-1] < 0.7 * losses[0]
    assert train(seed=1) == (losses, data)
    assert train(seed=2)[1] != data


def test_it_stands_in_thincs_chains():
    model = chain(make_model(), with_array(Linear(2, NO))).initialize(X=DOCS)
    assert [y.shape for y in model.predict(DOCS)] == [(len(doc), 2) for doc in DOCS]


def test_predictions_without_a_softmax_have_no_gradient():
    model = make_model(normalize=False).initialize(X=DOCS)
    Y, backprop = model(DOCS, is_train=False)
    with pytest.raises(RuntimeError, match="predictions have no gradient"):
        backprop(Y)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_softmax_is_that_of_thinc(temperature):
    model, rng = randomize(make_model()), np.random.default_rng(0)
    softmax = model.get_ref("softmax")
    softmax.attrs["softmax_temperature"] = temperature
    Y, backprop = model(DOCS, is_train=True)
    vectors = model.get_ref("tok2vec")(DOCS, is_train=True)[0]
    expected, backprop_thincs = softmax(np.concatenate(vectors), is_train=True)
    np.testing.assert_allclose(np.concatenate(Y), expected, atol=1e-6)
    dY = [rng.normal(size=y.shape).astype("f") for y in Y]
    backprop(dY)
    found = {name: softmax.get_grad(name).copy() for name in softmax.param_names}
    for name in softmax.param_names:
        softmax.set_grad(name, 0 * softmax.get_grad(name))
    backprop_thincs(np.concatenate(dY))
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, softmax.get_grad(name), atol=1e-5)


def test_gradient_of_float64_updates_a_model_of_float32():
    """Objectives of users often compute in NumPy's usual type."""
    models = [randomize(make_model()) for _ in range(2)]
    for model, dtype in zip(models, "fd", strict=True):
        Y, backprop = model(DOCS, is_train=True)
        backprop([y.astype(dtype) for y in Y])
        model.finish_update(Adam(0.01))
    arrays = [model.get_ref("softmax").get_param("W") for model in models]
    assert arrays[1].dtype == np.float32
    np.testing.assert_array_equal(*arrays)
