import numpy as np
import pytest

from tests.objectives.token_losses import OPS, assert_gradient_matches
from zoo import Doc, Vectors
from zoo.objectives import (
    PretrainBoth,
    PretrainCharacters,
    PretrainTeacher,
    PretrainVectors,
)
from zoo.testing import check_layer

DOCS = [Doc(["cat", "unknown", "dog"]), Doc([]), Doc(["zero", "cat"])]
TOKENS = np.array([0, 1, 3])


def make(weight=1.0):
    table = Vectors(["cat", "dog"], np.eye(2, 3, dtype="f"))
    parts = (
        PretrainCharacters(hidden_size=4, n_characters=1),
        PretrainVectors(hidden_size=4, loss="L2"),
    )
    both = PretrainBoth(*parts, weight=weight)
    both.prepare(DOCS, table)
    return both, parts


def draw_predictions(n=3):
    return np.random.default_rng(0).normal(size=(n, 256 + 3)).astype("f")


def test_loss_and_gradient_are_those_of_the_parts():
    both, (characters, vectors) = make(weight=2.5)
    Y = draw_predictions()
    first = characters.loss(OPS, DOCS, TOKENS, Y[:, :256])
    second = vectors.loss(OPS, DOCS, TOKENS, Y[:, 256:])
    loss = both.loss(OPS, DOCS, TOKENS, Y)
    assert float(loss.total) == pytest.approx(first.total + 2.5 * second.total)
    assert loss.count == first.count == 3 and second.count == 1
    np.testing.assert_array_equal(loss.gradient[:, :256], first.gradient)
    np.testing.assert_allclose(loss.gradient[:, 256:], 2.5 * second.gradient)
    assert both.name == "characters+vectors" and both.is_masked


def test_gradient_is_that_of_the_loss():
    assert_gradient_matches(make(weight=3)[0].loss, DOCS, TOKENS, draw_predictions())


def test_the_head_predicts_what_the_two_heads_predict():
    both, parts = make()
    X = np.random.default_rng(1).normal(size=(4, 6)).astype("f")
    both.head.initialize(X=X)
    for part in parts:  # Its weights are zeros at first.
        W = part.head.get_param("W")
        part.head.set_param(
            "W", np.random.default_rng(2).normal(size=W.shape).astype("f")
        )
    Y = both.head.predict(X)
    expected = np.concatenate([part.head.predict(X) for part in parts], axis=1)
    np.testing.assert_array_equal(Y, expected)
    assert both.head.get_dim("nO") == 259
    check_layer(both.head, X)


def test_parts_that_need_nothing_need_nothing_together():
    parts = (PretrainCharacters(hidden_size=4), PretrainCharacters(hidden_size=4))
    assert PretrainBoth(*parts).prepare is None


def test_no_tokens_have_no_loss():
    loss = make()[0].loss(OPS, DOCS, TOKENS[:0], draw_predictions(0))
    assert (float(loss.total), loss.count, loss.gradient.shape) == (0, 0, (0, 259))


@pytest.mark.parametrize("weight", [0, -1, float("nan")])
def test_a_weight_that_is_not_above_zero_is_refused(weight):
    with pytest.raises(ValueError, match="weight must be"):
        PretrainBoth(PretrainCharacters(), PretrainCharacters(), weight=weight)


def test_objectives_that_mask_and_do_not_mask_are_refused():
    teacher = PretrainTeacher(lambda docs: [np.ones((len(d), 2)) for d in docs])
    with pytest.raises(ValueError, match="got 'characters', which does, and 'teacher'"):
        PretrainBoth(teacher, PretrainCharacters())
