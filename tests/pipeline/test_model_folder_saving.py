import json
import os
import shutil

import numpy as np
import pytest
from thinc.api import Adam, Config, fix_random_seed

import zoo
from zoo.pipeline._model_folder import META

from ..tiny import (
    make_docs,
    make_tiny_config,
    make_tiny_pipeline,
    make_trained_pipeline,
    rewrite_meta,
    same_bits,
    scores_of,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "model"
    pipeline = make_trained_pipeline()
    pipeline.scores = {"tag_acc": 0.5}
    pipeline.to_disk(folder)
    return folder


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


def test_loaded_pipeline_predicts_the_same_bits(saved):
    loaded = zoo.load(saved)
    assert same_bits(scores_of(loaded), scores_of(make_trained_pipeline()))
    assert loaded.scores == {"tag_acc": 0.5}
    assert sorted(path.name for path in saved.iterdir()) == [
        "config.cfg",
        "meta.json",
        "tagger.safetensors",
        "textcat.safetensors",
        "tok2vec.safetensors",
    ]
    meta = json.loads((saved / META).read_text())
    assert meta["labels"]["tagger"] == ["NN", "RB", "VB"]
    assert {*meta["versions"]} - {"torch"} == {
        "zoo",
        "thinc",
        "numpy",
        "python",
        "kernels",
    }


def test_loaded_pipeline_can_be_trained_and_saved_again(saved, tmp_path):
    first, second = make_trained_pipeline(steps=5), zoo.load(saved)
    for pipeline in (first, second):
        pipeline.update(make_docs(), optimizer=Adam(0.01))
    assert same_bits(weights_of(first), weights_of(second))
    second.to_disk(tmp_path / "again")
    assert same_bits(weights_of(zoo.load(tmp_path / "again")), weights_of(second))


def test_loading_leaves_random_numbers_alone(saved):
    fix_random_seed(1)
    expected = np.random.rand()
    fix_random_seed(1)
    zoo.load(saved)
    assert np.random.rand() == expected


def test_saving_replaces_a_model_but_nothing_else(saved, tmp_path, monkeypatch):
    pipeline = make_tiny_pipeline()
    folder = shutil.copytree(saved, tmp_path / "model")
    pipeline.to_disk(folder)
    assert not (folder / "textcat.safetensors").exists()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"no saved model: it holds notes\.txt"):
        pipeline.to_disk(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileExistsError, match="no saved model"):
        pipeline.to_disk(".")


def test_save_that_fails_leaves_the_earlier_model(saved, tmp_path, monkeypatch):
    folder = shutil.copytree(saved, tmp_path / "model")
    pipeline = make_tiny_pipeline()
    monkeypatch.setattr("zoo.pipeline._saved_pipeline.write_meta", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pipeline.to_disk(folder)
    assert zoo.load(folder).scores == {"tag_acc": 0.5}
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("name", ["config.cfg", "tagger.safetensors"])
def test_altered_cut_or_missing_files_are_refused(copy, name):
    content = (copy / name).read_bytes()
    for wrong in (content[:-5], content + b" ", content.replace(b"0", b"1", 1), b""):
        (copy / name).write_bytes(wrong)
        with pytest.raises(ValueError, match=rf"{name} is not as it was written"):
            zoo.load(copy)
    (copy / name).unlink()
    with pytest.raises(ValueError, match=rf"not whole: the file '{name}' is missing"):
        zoo.load(copy)


def change_meta(folder, **changes):
    rewrite_meta(folder, json.loads((folder / META).read_text()) | changes)


def test_altered_meta_data_are_refused(copy):
    meta = (copy / META).read_text()
    for altered in (meta.replace('"NN"', '"NM"'), meta.replace("0.5", "0.6")):
        assert altered != meta
        (copy / META).write_text(altered)
        with pytest.raises(ValueError, match=r"meta\.json is not as it was written"):
            zoo.load(copy)


def test_unlisted_file_is_refused(copy):
    files = json.loads((copy / META).read_text())["files"]
    for name in ("config.cfg", "tok2vec.safetensors"):
        rest = {k: v for k, v in files.items() if k != name}
        change_meta(copy, files=rest)
        with pytest.raises(ValueError, match=rf"meta\.json does not name {name}"):
            zoo.load(copy)


@pytest.mark.parametrize(
    "labels", [None, [], {"tagger": "NN"}, {"tagger": [1]}, {"tagger": ["A", "A"]}]
)
def test_malformed_labels_are_refused(copy, labels):
    change_meta(copy, labels=labels)
    with pytest.raises(ValueError, match=r"expected a list of labels.* 'tagger', got"):
        zoo.load(copy)


def test_labels_that_do_not_fit_the_weights_are_told_in_a_table(copy):
    labels = {"tagger": ["A", "B"], "textcat": ["x", "y"]}
    change_meta(copy, labels=labels)
    with pytest.raises(ValueError, match=r"softmax\.W +3 x 8 +2 x 8"):
        zoo.load(copy)


def test_unknown_meta_data_and_strange_scores_do_no_harm(copy):
    change_meta(copy, scores="none", more={"x": 1}, versions=3)
    assert zoo.load(copy).scores == {}


def test_weights_of_another_model_are_refused(copy, tmp_path):
    config = Config(make_tiny_config(SHARED)).copy()
    config["components"]["tok2vec"]["model"]["encode"]["width"] = 6
    other = zoo.Pipeline.from_config(config)
    other.initialize(make_docs())
    other.to_disk(tmp_path / "other")
    files = json.loads((copy / META).read_text())["files"]
    others = json.loads((tmp_path / "other" / META).read_text())["files"]
    name = "tok2vec.safetensors"
    shutil.copy(tmp_path / "other" / name, copy / name)
    change_meta(copy, files={**files, name: others[name]})
    with pytest.raises(ValueError, match=r"embed\.norm\.E +50 x 6 +50 x 8"):
        zoo.load(copy)
