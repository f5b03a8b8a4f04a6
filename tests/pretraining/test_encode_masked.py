import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import set_dropout_rate
from thinc.types import Ragged

from zoo import layers
from zoo.layers.containers import split
from zoo.pretraining._encode_masked import encode_tokens
from zoo.testing import docs as draw_docs

WIDTH = 4


def make(depth=2, window_size=1):
    embed = layers.MultiHashEmbed(WIDTH, features=["NORM"], rows=[20])
    encode = layers.MaxoutWindowEncoder(WIDTH, depth=depth, window_size=window_size)
    return move(layers.Tok2Vec(embed, encode).initialize())


def make_bow():
    """Make an encoder of another kind."""
    embed = layers.MultiHashEmbed(WIDTH, features=["NORM"], rows=[20])
    encode = layers.MishWindowEncoder(WIDTH, depth=1)
    return move(layers.Tok2Vec(embed, encode).initialize())


def move(model):
    """Draw all parameters, as zeros would hide much."""
    draw = np.random.default_rng(0)
    for node in model.walk():
        for name in node.param_names:
            shape = node.get_param(name).shape
            node.set_param(name, draw.normal(size=shape).astype("f"))
    return model


def gradients(model):
    found = {}
    for i, node in enumerate(model.walk()):
        for name in node.param_names:
            if node.has_grad(name):
                found[i, name] = node.get_grad(name).copy()
                node.set_grad(name, np.zeros_like(found[i, name]))
    return found


def run_all(model, docs, tokens, dY):
    """Encode all tokens, and send the gradient of some back."""
    vectors, backprop = model(docs, is_train=True)
    flat = np.concatenate([*vectors, np.zeros((0, WIDTH), "f")])
    dX = np.zeros_like(flat)
    dX[tokens] = dY
    backprop(split(Ragged(dX, np.array([len(doc) for doc in docs], dtype="i"))))
    return flat[tokens], gradients(model)


def assert_same(model, docs, tokens, seed=0):
    dY = np.random.default_rng(seed).normal(size=(len(tokens), WIDTH)).astype("f")
    expected, expected_gradients = run_all(model, docs, tokens, dY)
    before = dY.copy()
    Y, backprop = encode_tokens(model, docs, tokens, is_train=True)
    backprop(dY)
    assert (dY == before).all()
    np.testing.assert_allclose(Y, expected, rtol=1e-4, atol=1e-5)
    found = gradients(model)
    for key, gradient in expected_gradients.items():
        other = found.get(key, np.zeros_like(gradient))
        np.testing.assert_allclose(other, gradient, rtol=1e-3, atol=1e-4)


@given(
    draw_docs(max_words=7),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(0, 2**16),
)
@settings(max_examples=40)
def test_some_tokens_get_what_they_get_among_all(docs, depth, window_size, seed):
    n_tokens = sum(map(len, docs))
    tokens = np.flatnonzero(np.random.default_rng(seed).random(n_tokens) < 0.4)
    if len(tokens):
        assert_same(make(depth, window_size), docs, tokens, seed)


def test_all_and_no_tokens_can_be_chosen():
    docs = [["a", "b"], [], ["c"]]
    assert_same(make(), docs, np.arange(3))
    for batch in (docs, [[]], []):
        Y, backprop = encode_tokens(make(), batch, np.arange(0), is_train=True)
        assert Y.shape == (0, WIDTH)
        backprop(Y)


def test_an_encoder_of_another_kind_computes_all_tokens():
    docs = [["a", "b", "c"], ["d", "e"]]
    assert_same(make_bow(), docs, np.array([1, 4]))
    Y, backprop = encode_tokens(make_bow(), [], np.arange(0), is_train=True)
    assert Y.shape == (0, WIDTH)
    backprop(Y)


@pytest.mark.parametrize("is_train", [False, True])
def test_dropout_is_for_training_alone(is_train):
    model = make()
    set_dropout_rate(model, 0.5)
    found = [
        encode_tokens(model, [["a", "b"]], np.array([1]), is_train)[0].tobytes()
        for _ in range(6)
    ]
    assert (len(set(found)) == 1) == (not is_train)
