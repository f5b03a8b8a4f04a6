import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objectives.token_losses import (
    OPS,
    assert_gradient_matches,
    assert_parts_add_up,
)
from zoo import Doc, Vectors
from zoo.objectives import PretrainVectors

DOCS = [Doc(["cat", "unknown", "dog"]), Doc([]), Doc(["zero", "cat"])]
WIDTH = 3


def make_table():
    draw = np.random.default_rng(0)
    data = draw.normal(size=(3, WIDTH)).astype("f")
    data[2] = 0
    return Vectors(["cat", "dog", "zero"], data)


def make(loss):
    objective = PretrainVectors(loss=loss, hidden_size=4)
    objective.prepare(DOCS, make_table())
    return objective


def reference(kind, Y, vectors):
    """Return loss and count row by row; a vector of None is not known."""
    total, count = 0.0, 0
    for y, v in zip(Y.astype("d"), vectors, strict=True):
        if v is None:
            continue
        count += 1
        if kind == "cosine":
            total += 1 - y @ v / np.sqrt(y @ y + 1e-6) / np.sqrt(v @ v)
        else:
            total += (y - v) @ (y - v) / 2
    return total, count


@given(st.sampled_from(["cosine", "L2"]), st.integers(0, 99))
@settings(max_examples=20)
def test_loss_is_that_of_the_reference(kind, seed):
    draw = np.random.default_rng(seed)
    tokens = np.flatnonzero(draw.random(5) < 0.7)
    Y = draw.normal(size=(len(tokens), WIDTH)).astype("f")
    words = [word for doc in DOCS for word in doc.words]
    known = {word: make_table().get([word])[0][0] for word in ("cat", "dog")}
    loss = make(kind).loss(OPS, DOCS, tokens, Y)
    total, count = reference(kind, Y, [known.get(words[i]) for i in tokens])
    assert np.isclose(float(loss.total), total, rtol=1e-5, atol=1e-6)
    assert loss.count == count
    for row, token in enumerate(tokens):
        assert loss.gradient[row].any() == (words[token] in known)


@pytest.mark.parametrize("kind", ["cosine", "L2"])
def test_gradient_is_that_of_the_loss_and_parts_add_up(kind):
    Y = np.random.default_rng(1).normal(size=(5, WIDTH)).astype("f")
    loss = make(kind).loss
    assert_gradient_matches(loss, DOCS, np.arange(5), Y)
    assert_parts_add_up(loss, DOCS, np.arange(5), Y)


@pytest.mark.parametrize("kind", ["cosine", "L2"])
def test_predictions_of_zeros_have_a_gradient_to_begin_with(kind):
    objective = make(kind)
    X = np.ones((5, 2), dtype="f")
    Y = objective.head.initialize(X=X).predict(X)
    assert Y.shape == (5, WIDTH) and not Y.any()
    gradient = objective.loss(OPS, DOCS, np.arange(5), Y).gradient
    assert np.isfinite(gradient).all() and gradient[0].any()


def test_a_missing_table_is_refused():
    with pytest.raises(
        ValueError, match=r"needs a table of word vectors\. Pass --init"
    ):
        PretrainVectors().prepare(DOCS, None)


def test_a_loss_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="loss must be cosine or L2, got 'l1'"):
        PretrainVectors(loss="l1")
