"""Check FeatureExtractor against the attributes of each word."""

import numpy as np
import pytest
from hypothesis import given

from tests.layers.builders import DOCS, assert_config_builds
from zoo._lexical.attributes import VALUES, string_ids
from zoo.doc import words_and_norms
from zoo.layers import FeatureExtractor
from zoo.testing import check_layer, docs

COLUMNS = ["NORM", "SHAPE", "LENGTH"]
CONFIG = """
[model]
@layers = "zoo.FeatureExtractor.v1"
columns = ["norm", 68, "LENGTH"]
"""


def extract_slowly(doc):
    words, norms = words_and_norms(doc)
    rows = []
    for i, word in enumerate(words):
        norm = (norms[i] if norms else None) or VALUES["NORM"](word)
        ids = string_ids([norm, VALUES["SHAPE"](word)]).tolist()
        rows.append([*ids, len(word)])
    return np.array(rows, dtype="uint64").reshape(-1, len(COLUMNS))


@given(docs())
def test_all_that_holds_for_every_layer(batch):
    check_layer(FeatureExtractor(COLUMNS), batch)


@given(docs())
def test_keys_are_those_of_each_word(batch):
    Y, backprop = FeatureExtractor(COLUMNS)(batch, is_train=True)
    assert len(Y) == len(batch)
    for found, doc in zip(Y, batch, strict=True):
        assert found.dtype == np.uint64
        np.testing.assert_array_equal(found, extract_slowly(doc))
    assert backprop(Y) == []


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, FeatureExtractor(COLUMNS), DOCS)


def test_unknown_attributes_are_refused():
    with pytest.raises(ValueError, match=r"got 'LEMA'\."):
        FeatureExtractor(["LEMA"])
