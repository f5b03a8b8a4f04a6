import numpy as np
import pytest

import zoo
from zoo._parameters import named_parameters
from zoo.interop._spacy_weights import spacy_weights
from zoo.interop.spacy import load_weights


def test_what_is_written_is_read():
    written = zoo.create_model("hash_cnn_small", width=8).initialize()
    read = zoo.create_model("hash_cnn_small", width=8)
    load_weights(read, spacy_weights(written))
    for key, parameter in named_parameters(written).items():
        found = named_parameters(read)[key].value
        np.testing.assert_array_equal(found, parameter.value)


def test_a_layer_that_spacy_lacks_is_refused():
    with pytest.raises(ValueError, match="no counterpart of the layer 'reduce'"):
        spacy_weights(zoo.layers.reduce(["mean"]))


def test_prefixes_are_refused_as_spacy_counts_none():
    model = zoo.layers.TextCatBOW(True, length=16, nO=2, prefixes=[4])
    with pytest.raises(
        ValueError, match=r"counts no prefixes, got a layer with .*\[4\]"
    ):
        spacy_weights(model.initialize())


def test_a_module_of_pytorch_is_refused():
    pytest.importorskip("torch")
    model = zoo.create_model("hash_bilstm", width=8).initialize()
    with pytest.raises(ValueError, match="must have no module of PyTorch, got 'tok2v"):
        spacy_weights(model)
