"""Check transformers in pipelines: sharing, training, saving, annotations, configs."""

import pickle
import shutil

import numpy as np
import pytest
from thinc.api import Adam, fix_random_seed

import zoo
from tests.tiny import make_docs, registry, same_bits, weights_of
from tests.transformers.builders import DOCS, make_transformer
from zoo._parameters import named_parameters
from zoo.config import ConfigError, parse_config
from zoo.doc import Doc
from zoo.models.make_config import make_config
from zoo.transformers import TransformerBatch, TransformerWrapper

from .pipelines import OWN, SPACY, TAGGER, make_pipeline, train, wrapper_of

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")


def test_spacys_config_trains_heads_and_transformer_together(folder):
    pipeline = make_pipeline(SPACY, folder=folder)
    assert wrapper_of(pipeline).attrs["max_batch_items"] == 50
    before = weights_of(pipeline)
    losses = train(pipeline, dropout=0.1)
    assert losses[-1] < 0.5 * losses[0]
    after = weights_of(pipeline)
    unchanged = [n for n in after if (before[n] == after[n]).all()]
    assert all("pooler" in name for name in unchanged)
    assert pipeline.evaluate(make_docs())["tag_acc"] > 0.9


def test_a_saved_pipeline_loads_without_the_folder_it_came_from(folder, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(folder, source)
    pipeline = make_pipeline(SPACY, folder=str(source))
    train(pipeline, 3)
    pipeline.to_disk(tmp_path / "saved")
    shutil.rmtree(source)
    names = {file.name for file in (tmp_path / "saved").iterdir()}
    assert {
        "transformer.safetensors",
        "transformer.transformer.json",
        "transformer.tokenizer.json",
    } <= names
    loaded = zoo.load(tmp_path / "saved")
    assert same_bits(weights_of(loaded), weights_of(pipeline))
    expected, found = pipeline.predict(DOCS), loaded.predict(DOCS)
    for left, right in zip(expected["tagger"], found["tagger"], strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(expected["textcat"], found["textcat"])
    loaded.to_disk(tmp_path / "saved")  # It may replace itself.
    copied = pickle.loads(pickle.dumps(loaded))
    np.testing.assert_array_equal(copied.predict(DOCS)["textcat"], found["textcat"])


@pytest.mark.parametrize("suffix", ["tokenizer", "transformer"])
def test_a_folder_without_a_transformers_files_is_refused(folder, tmp_path, suffix):
    make_pipeline(SPACY, folder=folder).to_disk(tmp_path / "saved")
    (tmp_path / "saved" / f"transformer.{suffix}.json").unlink()
    with pytest.raises(ValueError, match=rf"transformer\.{suffix}\.json'? is missing"):
        zoo.load(tmp_path / "saved")


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_a_transformer_of_ones_own_is_saved_with_its_component(
    folder, tmp_path, version
):
    pipeline = make_pipeline(OWN, folder=folder, version=version)
    train(pipeline, 2)
    pipeline.to_disk(tmp_path / "saved")
    assert (tmp_path / "saved" / "tagger.tok2vec.transformer.tokenizer.json").exists()
    loaded = zoo.load(tmp_path / "saved")
    assert same_bits(weights_of(loaded), weights_of(pipeline))


MODULE = (
    TAGGER
    + """
[components.tagger.model]
@architectures = "zoo.Tagger.v1"

[components.tagger.model.tok2vec]
@architectures = "zoo.Tok2VecTransformer.v1"

[components.tagger.model.tok2vec.transformer]
@architectures = "tests.own_module.v1"
"""
)


@registry.architectures("tests.own_module.v1")
def wrap_own_module():
    return TransformerWrapper(make_transformer())


def test_a_module_of_ones_own_is_made_again_and_gets_its_weights(tmp_path):
    pipeline = make_pipeline(MODULE)
    train(pipeline, 2)
    pipeline.to_disk(tmp_path / "saved")
    for other in (zoo.load(tmp_path / "saved"), pickle.loads(pickle.dumps(pipeline))):
        assert same_bits(weights_of(other), weights_of(pipeline))
        found, expected = (p.predict(DOCS)["tagger"] for p in (other, pipeline))
        for left, right in zip(found, expected, strict=True):
            np.testing.assert_array_equal(left, right)


def test_a_frozen_transformer_keeps_its_bits_and_only_predicts(folder):
    pipeline = make_pipeline(SPACY, folder=folder)
    pipeline.freeze("transformer")
    before = weights_of(pipeline)
    train(pipeline, 2)
    after = weights_of(pipeline)
    for name, value in after.items():
        is_still = value.tobytes() == before[name].tobytes()
        assert is_still == name.startswith("transformer.")
    assert not wrapper_of(pipeline).grad_names


def test_parts_of_a_transformer_can_be_frozen(folder):
    pipeline = make_pipeline(SPACY, folder=folder)
    pipeline.freeze("transformer.embeddings", "transformer.encoder.layer.0")
    before = weights_of(pipeline)
    train(pipeline, 1)
    after = weights_of(pipeline)
    assert (after[_FROZEN] == before[_FROZEN]).all()
    assert (after[_LEARNING] != before[_LEARNING]).any()


_FROZEN = "transformer.encoder.layer.0.attention.self.query.weight"
_LEARNING = "transformer.encoder.layer.1.attention.self.query.weight"


def test_averages_are_put_in_the_transformer_too(folder):
    pipeline = make_pipeline(SPACY, folder=folder)
    optimizer = Adam(0.01, use_averages=True)
    for _ in range(3):
        pipeline.update(make_docs(), optimizer=optimizer)
    plain = pipeline.predict(DOCS)["textcat"]
    with pipeline.use_params(optimizer.averages):
        assert np.abs(pipeline.predict(DOCS)["textcat"] - plain).max() > 0
    np.testing.assert_array_equal(pipeline.predict(DOCS)["textcat"], plain)


def test_setters_get_the_documents_and_the_whole_batch(folder):
    seen = []

    @registry.annotation_setters("tests.setter.v1")
    def make_setter():
        def set_annotations(docs, trf_data):
            seen.append((docs, trf_data))
            for doc, data in zip(docs, list(trf_data.doc_data), strict=True):
                doc.user_data["custom_attr"] = data

        return set_annotations

    text = SPACY.replace("spacy-transformers.null_annotation_setter", "tests.setter")
    pipeline = make_pipeline(text, folder=folder)
    pipeline.predict([["cat"]])
    assert not seen
    docs = pipeline([["cat", "sat"], [], ["unthinkable"]])
    assert seen[0][0] == docs
    assert isinstance(seen[0][1], TransformerBatch)
    data = [doc.user_data["custom_attr"] for doc in docs]
    assert [d.alignment.lengths.tolist() for d in data] == [[1, 1], [], [3]]
    assert [len(d.attentions) for d in data] == [1, 0, 1]


def test_trf_data_are_kept_where_that_is_asked_for(folder):
    text = SPACY.replace(
        "spacy-transformers.null_annotation_setter", "zoo.trf_data"
    ).replace('["transformer", "tagger", "textcat"]', '["transformer"]')
    pipeline = zoo.Pipeline.from_config(parse_config(text.format(folder=folder)))
    pipeline.initialize([Doc(["cat"])])
    (doc,) = pipeline([["cat"]])
    assert doc.user_data["trf_data"].vectors.shape == (3, 16)
    assert not zoo.Pipeline.from_config(
        parse_config(SPACY.format(folder=folder))
    ).scores


def test_templates_make_a_pipeline_over_a_transformer(folder):
    config = make_config(["transformer", "tagger", "textcat"])
    config["components"]["transformer"]["model"]["name"] = folder
    config["components"]["transformer"]["model"]["get_spans"] |= {
        "window": 20,
        "stride": 15,
    }
    pipeline = zoo.Pipeline.from_config(config)
    fix_random_seed(0)
    pipeline.initialize(make_docs())
    losses = train(pipeline)
    assert losses[-1] < 0.5 * losses[0]
    assert config["training"]["batcher"]["@batchers"] == "zoo.batch_by_padded.v1"


def test_sentences_are_read_by_themselves_in_a_pipeline_that_is_loaded(
    folder, tmp_path
):
    text = SPACY.replace("strided_spans.v1", "sent_spans.v1")
    text = text.replace("window = 20\nstride = 12\n", "")
    pipeline = zoo.Pipeline.from_config(parse_config(text.format(folder=folder)))
    docs = [
        Doc(doc.words, tags=doc.tags, cats=doc.cats, sent_starts=[True] * len(doc))
        for doc in make_docs()
    ]
    pipeline.initialize(docs)
    pipeline.to_disk(tmp_path / "saved")
    assert zoo.load(tmp_path / "saved").evaluate(docs)["speed"] > 0


def test_a_budget_out_of_range_is_a_fault_of_the_config(folder):
    text = SPACY.replace("max_batch_items = 50", "max_batch_items = 0")
    with pytest.raises(ConfigError, match="max_batch_items must be 1 or more, got 0"):
        zoo.Pipeline.from_config(parse_config(text.format(folder=folder)))


def test_mixed_precision_is_half_precision_that_the_device_has(folder):
    text = SPACY.replace("mixed_precision = false", "mixed_precision = true")
    pipeline = make_pipeline(text, folder=folder)
    assert wrapper_of(pipeline).attrs["precision"] == "bfloat16"
    losses = train(pipeline, 10)
    assert losses[-1] < losses[0]


def test_parameters_have_readable_paths(folder):
    pipeline = make_pipeline(SPACY, folder=folder)
    names = named_parameters(pipeline.models["transformer"])
    assert "embeddings.word_embeddings.weight" in names
    assert "transformer.encoder.layer.1.output.dense.bias" in pipeline.parameters
