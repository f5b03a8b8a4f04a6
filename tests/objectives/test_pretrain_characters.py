import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objectives.token_losses import (
    OPS,
    assert_gradient_matches,
    assert_parts_add_up,
)
from zoo import Doc
from zoo.objectives import PretrainCharacters

TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "the", "jumping", "naïve", "日本", ""]), max_size=5),
    max_size=3,
)


def draw_case(texts, n_characters, seed):
    draw = np.random.default_rng(seed)
    docs = [Doc(words) for words in texts]
    n_tokens = sum(map(len, docs))
    tokens = np.flatnonzero(draw.random(n_tokens) < 0.6)
    Y = draw.normal(size=(len(tokens), 256 * n_characters)).astype("f")
    return docs, tokens, Y


def bytes_of(word, n_characters):
    """Return bytes from both ends in turn, one by one."""
    data, found = word.encode("utf8"), []
    for i in range(n_characters):
        place = i // 2 if i % 2 == 0 else len(data) - 1 - i // 2
        found.append(data[place] if i < len(data) else 255)
    return found


def reference(docs, tokens, Y, n_characters):
    """Return loss and gradient number by number."""
    words = [word for doc in docs for word in doc.words]
    total, gradient = 0.0, np.zeros_like(Y)
    for row, token in enumerate(tokens):
        for place, byte in enumerate(bytes_of(words[token], n_characters)):
            part = slice(256 * place, 256 * (place + 1))
            exps = [math.exp(y) for y in Y[row, part]]
            chances = [e / sum(exps) for e in exps]
            total -= math.log(chances[byte])
            gradient[row, part] = chances
            gradient[row, 256 * place + byte] -= 1
    return total, gradient


@given(TEXTS, st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=25)
def test_loss_and_gradient_are_those_of_the_reference(texts, n_characters, seed):
    docs, tokens, Y = draw_case(texts, n_characters, seed)
    before = Y.copy()
    objective = PretrainCharacters(n_characters=n_characters)
    loss = objective.loss(OPS, docs, tokens, Y)
    total, gradient = reference(docs, tokens, Y, n_characters)
    assert np.isclose(float(loss.total), total, rtol=1e-5)
    np.testing.assert_allclose(loss.gradient, gradient, atol=1e-6)
    assert loss.count == len(tokens)
    assert (before == Y).all()


def test_gradient_is_that_of_the_loss_and_parts_add_up():
    docs, tokens, Y = draw_case([["the", "naïve"], ["日本", "jumping", "a"]], 4, 1)
    loss = PretrainCharacters().loss
    assert len(tokens)
    assert_gradient_matches(loss, docs, tokens, Y)
    assert_parts_add_up(loss, docs, tokens, Y)


def test_large_numbers_stay_finite():
    docs = [Doc(["the"])]
    Y = np.full((1, 1024), 1e4, dtype="f")
    Y[:, ::2] = -1e4
    loss = PretrainCharacters().loss(OPS, docs, np.array([0]), Y)
    assert np.isfinite(loss.total) and np.isfinite(loss.gradient).all()


def test_without_learning_a_character_takes_8_bits():
    objective = PretrainCharacters(n_characters=3, hidden_size=7)
    X = np.random.default_rng(0).normal(size=(5, 4)).astype("f")
    Y = objective.head.initialize(X=X).predict(X)
    loss = objective.loss(OPS, [Doc(["a", "bc", "def", "", "g"])], np.arange(5), Y)
    mean = float(loss.total) / loss.count
    assert mean == pytest.approx(3 * math.log(256), rel=1e-5)
    assert objective.measure(mean)["bits_per_character"] == pytest.approx(8, rel=1e-5)


@pytest.mark.parametrize("name", ["n_characters", "hidden_size", "maxout_pieces"])
def test_a_size_below_one_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be 1 or more, got 0"):
        PretrainCharacters(**{name: 0})
