"""Check predictions in bfloat16 against those in float32."""

import sys

import numpy as np
import pytest

from tests.layers.builders import randomize
from zoo import layers
from zoo.layers.precision import set_precision

DOCS = [["A", "small", "dog", "."], [], ["It", "barks", "at", "a", "dog"] * 40]


@pytest.fixture
def bfloat16():
    pytest.importorskip("torch")
    set_precision("bfloat16")
    yield
    set_precision("float32")


@pytest.fixture
def model():
    embed = layers.MultiHashEmbed(32, rows=[50] * 4)
    return randomize(layers.Tok2Vec(embed, layers.MaxoutWindowEncoder(32)))


def test_bfloat16_predicts_close_to_float32_and_not_the_same(model, bfloat16):
    found = np.concatenate(model.predict(DOCS))
    set_precision("float32")
    expected = np.concatenate(model.predict(DOCS))
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert 0 < error < 2e-2
    assert found.dtype == np.float32


def test_training_stays_in_float32(model, bfloat16):
    reduced = np.concatenate(model(DOCS, is_train=True)[0])
    set_precision("float32")
    exact = np.concatenate(model(DOCS, is_train=True)[0])
    np.testing.assert_array_equal(reduced, exact)


def test_unknown_precision_is_refused():
    with pytest.raises(ValueError, match=r"must be 'float32' or 'bfloat16', got 'f16'"):
        set_precision("f16")


def test_without_pytorch_bfloat16_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"pip install thinc-zoo\[torch\]"):
        set_precision("bfloat16")
