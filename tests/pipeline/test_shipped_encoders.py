"""The encoders that come with zoo are read as they were written, or not at all."""

import json
import shutil

import numpy as np
import pytest

import zoo
from tests.tiny import make_docs
from zoo._parameters import named_parameters
from zoo.config import ConfigError
from zoo.models.make_config import make_config
from zoo.pipeline import _shipped_encoders
from zoo.pipeline._shipped_encoders import (
    DEFAULT,
    read_shipped,
    shipped_encoder,
    shipped_names,
)
from zoo.training._training_config import plan_training

NAMES = shipped_names()


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Copy the files, to damage the copies."""
    folder = shutil.copytree(_shipped_encoders.FOLDER, tmp_path / "encoders")
    monkeypatch.setattr(_shipped_encoders, "FOLDER", folder)
    _shipped_encoders._read_facts.cache_clear()
    yield folder
    _shipped_encoders._read_facts.cache_clear()


def test_two_encoders_come_with_zoo_and_are_small():
    assert NAMES == ["hash-cnn-medium", "hash-cnn-small"] and DEFAULT in NAMES
    assert sum(shipped_encoder(name).megabytes for name in NAMES) <= 8


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_float32_and_fit_the_model(name):
    encoder, saved = shipped_encoder(name), read_shipped(f"zoo:{name}")
    model = zoo.create_model(name, pretrained=True)
    parameters = named_parameters(model)
    assert parameters.keys() == saved.weights.keys()
    for key, parameter in parameters.items():
        assert parameter.value.dtype == "float32"
        np.testing.assert_array_equal(parameter.value, saved.weights[key])
    assert zoo.count_parameters(model) == encoder.n_parameters
    assert encoder.data and encoder.limits and encoder.licence == "CC0-1.0"


def test_hyphens_and_underscores_are_the_same():
    assert shipped_encoder("zoo:hash_cnn_small") is shipped_encoder("hash-cnn-small")


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"'hash-cnn-smal'\. Did you mean 'hash-cnn"):
        shipped_encoder("hash-cnn-smal")


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_damaged_weights_are_refused(copies, damage):
    file = copies / f"{DEFAULT}.safetensors"
    data = file.read_bytes()
    changed = bytes([data[-1] ^ 1])
    file.write_bytes(data[:-1] + changed if damage is None else damage)
    for read in (read_shipped, zoo.load):
        with pytest.raises(ValueError, match=r"not as it was written.*Install"):
            read(f"zoo:{DEFAULT}")


def test_missing_weights_are_an_error(copies):
    (copies / f"{DEFAULT}.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=f"weights of {DEFAULT} are missing"):
        zoo.create_model(DEFAULT, pretrained=True)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"lang": "en"}'])
def test_damaged_facts_are_refused(copies, text):
    (copies / f"{DEFAULT}.json").write_text(text)
    with pytest.raises(ValueError, match=r"json is not as it was written"):
        shipped_encoder(DEFAULT)


def test_an_encoder_alone_is_a_pipeline_with_vectors():
    pipeline = zoo.load("zoo:hash-cnn-small")
    assert list(pipeline.components) == ["tok2vec"]
    model = zoo.create_model("hash-cnn-small", pretrained=True)
    docs = [["Snow", "fell"], [], ["Ducks"]]
    for ours, expected in zip(
        pipeline.token_vectors(docs), model.predict(docs), strict=True
    ):
        np.testing.assert_array_equal(ours, expected)


def test_a_pipeline_of_an_encoder_is_saved_and_loaded(tmp_path):
    pipeline = zoo.load("zoo:hash-cnn-small")
    pipeline.to_disk(tmp_path / "model")
    again = zoo.load(tmp_path / "model")
    assert again.similarity("cat", "dog") == pipeline.similarity("cat", "dog")


def test_layers_around_it_are_drawn_and_it_keeps_its_weights():
    encoder = zoo.create_model("hash-cnn-small", pretrained=True)
    tagger = zoo.layers.Tagger(encoder, 3).initialize()
    (scores,) = tagger.predict([["Snow", "fell"]])
    assert scores.shape == (2, 3)
    fresh = zoo.create_model("hash-cnn-small", pretrained=True)
    for key, parameter in named_parameters(fresh).items():
        kept = named_parameters(encoder)[key].value
        np.testing.assert_array_equal(parameter.value, kept)


def test_settings_beside_the_weights_are_refused():
    with pytest.raises(ValueError, match="fit its own settings only, got width"):
        zoo.create_model("hash-cnn-small", pretrained=True, width=32)


def test_a_model_without_weights_is_refused():
    with pytest.raises(ValueError, match="no pretrained encoder 'char_cnn'"):
        zoo.create_model("char_cnn", pretrained=True)


def make_plan(tmp_path, **paths):
    zoo.write_docs(make_docs(), tmp_path / "train.jsonl")
    config = make_config(["tagger"], model="hash-cnn-small", pretrained=True)
    file = str(tmp_path / "train.jsonl")
    config["paths"].update({"train": file, "dev": file, **paths})
    return plan_training(config)


def test_a_config_starts_from_them(tmp_path):
    plan = make_plan(tmp_path)
    plan.initialize()
    weights = read_shipped("hash-cnn-small").weights
    encoder = plan.pipeline.components["tok2vec"].model
    for key, parameter in named_parameters(encoder).items():
        np.testing.assert_array_equal(parameter.value, weights[key])


def test_a_config_that_names_an_unknown_encoder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no pretrained encoder 'zoo:hash-cnn-tiny'"):
        make_plan(tmp_path, init_tok2vec="zoo:hash-cnn-tiny")


def test_weights_of_another_size_are_refused_with_the_settings(tmp_path):
    plan = make_plan(tmp_path, init_tok2vec="zoo:hash-cnn-medium")
    with pytest.raises(ValueError, match=r"encode\.width: 64 here, 96 in the file"):
        plan.initialize()


def test_facts_are_json_that_says_how_it_was_made():
    for name in NAMES:
        facts = json.loads(
            (_shipped_encoders.FOLDER / f"{name}.json").read_text("utf8")
        )
        assert facts["training"]["command"].startswith("python benchmarks/")
        assert facts["training"]["cpu_hours"] > 0


def test_similarity_is_the_cosine_of_mean_vectors():
    pipeline = zoo.load("zoo:hash-cnn-small")
    a, b = pipeline.token_vectors([["a", "dog"], ["taxes"]])
    a, b = a.mean(axis=0), b[0]
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert pipeline.similarity("a dog", ["taxes"]) == pytest.approx(float(cosine), 1e-4)
    assert pipeline.similarity("snow", "snow") == 1
    assert pipeline.similarity("", "snow") == 0
    with pytest.raises(ValueError, match="tok2vce"):
        pipeline.similarity("a", "b", component="tok2vce")
