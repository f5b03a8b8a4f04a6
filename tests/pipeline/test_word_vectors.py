import json

import numpy as np
import pytest

import zoo
from zoo.config import ConfigError
from zoo.models.make_config import complete
from zoo.pretraining._pretraining_config import plan_pretraining
from zoo.training._training_config import plan_training
from zoo.training.run_training import run_training
from zoo.vectors import Vectors, write_vectors

from ..tiny import TAGS, make_docs, make_tiny_config, same_bits, save_docs, weights_of

EMBED = "components.tok2vec.model.embed"


def make_table(seed=0, width=3):
    words = list(TAGS)
    data = np.random.default_rng(seed).normal(size=(len(words), width)).astype("f")
    return Vectors(words, data, name=f"table {seed}")


@pytest.fixture
def config(tmp_path):
    path = save_docs(tmp_path / "a.jsonl")
    config = make_tiny_config(["tok2vec", "tagger"], {"train": path, "dev": path})
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = True
    config["training"].update({"max_steps": 2, "eval_frequency": 1})
    return config


@pytest.fixture
def table_file(tmp_path):
    write_vectors(make_table(), tmp_path / "table.safetensors")
    return str(tmp_path / "table.safetensors")


@pytest.fixture
def model(config, table_file, tmp_path):
    config["paths"]["vectors"] = table_file
    run_training(config, tmp_path / "run")
    return tmp_path / "run" / "model-best"


def test_a_run_reads_the_table_that_the_config_names(model):
    pipeline = zoo.load(model)
    assert pipeline.vectors.shape == (5, 3)
    assert weights_of(pipeline)["tok2vec.embed.vectors.W"].shape == (8, 3)
    assert [doc.tags for doc in pipeline([["dogs", "run"]])] != [None]


def test_the_table_is_named_but_not_saved(model):
    meta = json.loads((model / "meta.json").read_text())
    assert meta["vectors"]["shape"] == [5, 3]
    assert meta["vectors"]["checksum"] == zoo.load(model).vectors.checksum
    assert sorted(path.name for path in model.iterdir()) == [
        "config.cfg",
        "meta.json",
        "tagger.safetensors",
        "tok2vec.safetensors",
    ]


def test_a_saved_pipeline_takes_its_table_from_the_caller(model, table_file):
    given = zoo.load(model, vectors=make_table())
    read = zoo.load(model)
    assert same_bits(weights_of(given), weights_of(read))
    docs = [doc.words for doc in make_docs()]
    for a, b in zip(*(p.predict(docs)["tagger"] for p in (given, read)), strict=True):
        assert a.tobytes() == b.tobytes()


def test_another_table_is_refused(model):
    with pytest.raises(ValueError, match=r"trained with .*5 x 3.*got 'table 1'"):
        zoo.load(model, vectors=make_table(seed=1))


def test_a_table_that_is_gone_is_missed(model, table_file, tmp_path):
    (tmp_path / "table.safetensors").unlink()
    with pytest.raises((ValueError, OSError), match=r"table\.safetensors"):
        zoo.load(model)


def test_a_config_without_a_table_is_refused_before_training(config):
    with pytest.raises(ConfigError, match=r"initialize\.vectors: tok2vec: static"):
        plan_training(config)


def test_a_table_that_is_not_there_is_a_fault(config):
    config["paths"]["vectors"] = "nowhere.vec"
    with pytest.raises(ConfigError, match=r"there is no file or folder 'nowhere\.vec'"):
        plan_training(config)


def test_a_block_makes_the_table(config, table_file):
    config["initialize"]["vectors"] = {
        "@vectors": "zoo.Vectors.v1",
        "path": table_file,
        "name": "small",
        "unknown": "zero",
    }
    plan = plan_training(config)
    plan.initialize()
    assert plan.pipeline.vectors.name == "small"


def test_a_pipeline_in_python_takes_a_table(config):
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs(), vectors=make_table())
    before = pipeline.predict([["dogs", "run"]])["tagger"]
    pipeline.set_vectors(make_table(seed=1))
    after = pipeline.predict([["dogs", "run"]])["tagger"]
    assert before[0].shape == after[0].shape


def test_a_table_of_another_width_is_refused_before_the_corpora_are_read(
    config, table_file, tmp_path
):
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{")
    config["paths"].update({"train": str(bad), "dev": str(bad)})
    config["initialize"]["vectors"] = table_file
    config["components"]["tok2vec"]["model"]["embed"] = {
        "@layers": "spacy.StaticVectors.v2",
        "nO": 8,
        "nM": 300,
        "dropout": None,
        "key_attr": "ORTH",
    }
    plan = plan_training(config)
    with pytest.raises(ValueError, match=r"its table must be 300 wide.* of width 3"):
        plan.initialize()


def test_a_table_that_no_layer_uses_is_a_fault(config, table_file):
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = False
    config["initialize"]["vectors"] = table_file
    message = rf"no layer uses the table\. Set {EMBED}\.include_static_vectors = true"
    with pytest.raises(ConfigError, match=message):
        plan_training(config)
    config["initialize"]["vectors"] = {"@vectors": "zoo.Vectors.v1", "path": table_file}
    with pytest.raises(ConfigError, match=message):
        plan_training(config)


def test_a_table_for_pretraining_alone_is_let_through(config, table_file, tmp_path):
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = False
    config["initialize"]["vectors"] = table_file
    config = complete(config, pretraining=True)
    plan = plan_training(config)
    plan.initialize()
    assert plan.pipeline.vectors is None
    config["paths"]["raw_text"] = save_docs(tmp_path / "text.txt")
    with pytest.raises(ConfigError, match="no layer uses the table"):
        plan_pretraining(config)
    config["pretraining"]["objective"] = {"@objectives": "zoo.PretrainVectors.v1"}
    plan_pretraining(complete(config))


def test_a_table_in_python_that_no_layer_uses_is_refused(config, tmp_path):
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = False
    pipeline = zoo.Pipeline.from_config(config)
    with pytest.raises(ValueError, match=r"no layer uses a table .* got 'table 0'"):
        pipeline.initialize(make_docs(), vectors=make_table())
    pipeline.initialize(make_docs())
    pipeline.to_disk(tmp_path / "model")
    with pytest.raises(ValueError, match="was trained without word vectors, got 'tab"):
        zoo.load(tmp_path / "model", vectors=make_table())
