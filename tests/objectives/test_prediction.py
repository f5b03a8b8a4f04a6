import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.objectives._prediction import prediction_head
from zoo.testing import arrays, check_layer


def make(nO=5):
    return prediction_head(hidden_size=6, maxout_pieces=2, nO=nO)


@given(arrays(4), st.integers(0, 9))
@settings(max_examples=10)
def test_head_passes_all_checks(X, seed):
    check_layer(make().initialize(X=np.zeros((1, 4), "f")), X, seed=seed)


def test_head_computes_what_the_reference_does():
    X = np.random.default_rng(0).normal(size=(3, 4)).astype("f")
    model = make().initialize(X=X)
    W = np.random.default_rng(1).normal(size=(5, 6)).astype("f")
    model.set_param("W", W)
    model.set_param("b", np.arange(5, dtype="f"))
    hidden = model.layers[0].predict(X)
    expected = [[sum(w * h) + i for i, w in enumerate(W)] for h in hidden]
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-5)


def test_predictions_are_zeros_to_begin_with():
    X = np.ones((3, 4), dtype="f")
    assert not make().initialize(X=X).predict(X).any()


def test_a_width_can_be_set_late():
    model = make(nO=None)
    model.set_dim("nO", 7)
    assert model.initialize(X=np.ones((1, 4), "f")).get_param("W").shape == (7, 6)
    sample = np.ones((1, 2), "f")
    model = make(nO=None).initialize(X=np.ones((1, 4), "f"), Y=sample)
    assert model.get_param("W").shape == (2, 6)


@pytest.mark.parametrize("name", ["hidden_size", "maxout_pieces"])
def test_a_size_below_one_is_refused(name):
    sizes = {"hidden_size": 2, "maxout_pieces": 2, name: 0}
    with pytest.raises(ValueError, match=f"{name} must be 1 or more, got 0"):
        prediction_head(**sizes)
