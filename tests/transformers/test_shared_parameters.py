"""Check that transformers are made independent, shared and sourced as any encoder.

The folders that they were loaded from are gone by then.
"""

import copy
import shutil

import numpy as np
import pytest

import zoo
from tests.tiny import make_docs, same_bits, weights_of
from tests.transformers.builders import DOCS
from tests.transformers.hugging_face import save_tiny
from tests.transformers.pipelines import OWN, SPACY, make_pipeline, train

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = str(save_tiny(tmp_path_factory.mktemp("bert"), "bert"))
    pipeline = make_pipeline(SPACY, folder=folder)
    train(pipeline, 2)
    shutil.rmtree(folder)
    return pipeline


def assert_same_predictions(left, right, head="tagger"):
    expected, found = left.predict(DOCS)[head], right.predict(DOCS)[head]
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_heads_get_a_transformer_of_their_own(shared, tmp_path):
    own = shared.replace_listeners("transformer")
    assert list(own.components) == ["tagger", "textcat"]
    for head in own.components:
        assert_same_predictions(shared, own, head)
    own.to_disk(tmp_path / "own")
    assert_same_predictions(shared, zoo.load(tmp_path / "own"))


def test_a_transformer_of_ones_own_is_shared(tmp_path):
    folder = str(save_tiny(tmp_path / "bert", "bert"))
    own = make_pipeline(OWN, folder=folder, version="v3")
    shutil.rmtree(folder)
    together = own.share(["tagger"], name="transformer")
    assert list(together.components) == ["transformer", "tagger"]
    assert_same_predictions(own, together)
    together.to_disk(tmp_path / "shared")
    assert_same_predictions(own, zoo.load(tmp_path / "shared"))


def test_a_transformer_comes_from_a_saved_pipeline(shared, tmp_path):
    shared.to_disk(tmp_path / "saved")
    config = shared.config.copy()
    for name in ("transformer", "tagger"):
        config["components"][name] = {"source": str(tmp_path / "saved")}
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    found, expected = weights_of(pipeline), weights_of(shared)
    kept = [name for name in expected if not name.startswith("textcat.")]
    assert same_bits(*[{name: w[name] for name in kept} for w in (found, expected)])
    assert_same_predictions(shared, pipeline)
    pipeline.to_disk(tmp_path / "again")
    shutil.rmtree(tmp_path / "saved")
    assert_same_predictions(shared, zoo.load(tmp_path / "again"))


def test_a_head_comes_from_a_saved_pipeline_with_a_transformer_of_its_own(
    shared, tmp_path
):
    shared.to_disk(tmp_path / "saved")
    config = shared.config.copy()
    config["nlp"]["pipeline"] = ["tagger"]
    source = {"source": str(tmp_path / "saved"), "replace_listeners": ["model.tok2vec"]}
    config["components"] = {"tagger": source}
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    assert_same_predictions(shared, pipeline)
    pipeline.to_disk(tmp_path / "again")
    assert_same_predictions(shared, zoo.load(tmp_path / "again"))


def test_copies_are_whole_and_of_their_own(shared):
    copied = copy.deepcopy(shared)
    assert_same_predictions(shared, copied)
    before = weights_of(shared)
    train(copied, 1)
    assert same_bits(before, weights_of(shared))
    assert not same_bits(before, weights_of(copied))
