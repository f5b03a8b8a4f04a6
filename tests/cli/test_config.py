from pathlib import Path

import pytest

from zoo.config import format_config
from zoo.models.make_config import make_config


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, change=lambda config: None):
        config = make_config(["tok2vec", "tagger"])
        change(config)
        Path(name).write_text(format_config(config), "utf8")
        return name

    return write


def widen(config):
    config["components"]["tok2vec"]["model"]["encode"]["width"] = 64
    config["training"]["batcher"] = {
        "@batchers": "zoo.batch_by_sequence.v1",
        "size": 8,
        "get_length": None,
    }
    config["training"]["dropout"] = 0.2


def rows(out):
    return {line.split()[0]: line.split()[1:] for line in out.splitlines()}


def test_configs_are_compared(zoo_cli, written):
    left, right = written("a.cfg"), written("b.cfg", widen)
    code, out, err = zoo_cli("config", "diff", left, right)
    assert (code, err) == (0, "")
    found = rows(out)
    assert found.pop("setting") == [left, right]
    assert found["components.tok2vec.model.encode.width"] == ["96", "64"]
    assert found["training.dropout"] == ["0.1", "0.2"]
    assert found["training.batcher.tolerance"] == ["0.2", "-"]
    assert "components.tok2vec.model.embed.width" not in found  # It follows.
    assert zoo_cli("config", "diff", left, left)[1] == "There is no difference.\n"


def test_a_config_is_compared_with_the_defaults(zoo_cli, written):
    code, out, _ = zoo_cli("config", "diff", written("b.cfg", widen))
    assert code == 0
    found = rows(out)
    assert found.pop("setting") == ["default", "b.cfg"]
    assert found["components.tok2vec.model.encode.width"] == ["96", "64"]
    assert found["training.batcher.@batchers"] == [
        '"zoo.batch_by_words.v1"',
        '"zoo.batch_by_sequence.v1"',
    ]
    assert "components.tagger.factory" not in found
    assert "nlp.pipeline" not in found


def test_what_a_config_leaves_out_is_no_difference_from_the_defaults(zoo_cli, written):
    def shorten(config):
        del config["training"]["dropout"]
        del config["components"]["tok2vec"]["model"]["embed"]["rows"]
        del config["initialize"]

    full = zoo_cli("config", "diff", written("a.cfg"))[1]
    assert zoo_cli("config", "diff", written("a.cfg", shorten))[1] == full


def test_faults_are_told(zoo_cli, written):
    def spoil(config):
        config["training"]["dropuot"] = 1

    code, _, err = zoo_cli("config", "diff", written("a.cfg", spoil))
    assert code == 1
    assert "training.dropuot: there is no such setting. Did you mean 'dropout'?" in err


def test_a_setting_is_explained(zoo_cli):
    code, out, err = zoo_cli("config", "explain", "training.max_epochs")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "training.max_epochs"
    assert lines[1].startswith("Passes over the corpus.")
    assert rows("\n".join(lines[2:])) == {
        "type": ["a", "whole", "number"],
        "default": ["0"],
        "template": ["0"],
        "from": ["zoo.training.LoopSettings"],
    }


def test_a_setting_of_a_config_is_explained(zoo_cli, written):
    path = "components.tok2vec.model.encode.width"
    file = written("b.cfg", widen)
    code, out, _ = zoo_cli("config", "explain", path, "--config", file)
    assert code == 0
    assert rows(out)["b.cfg"] == ["64"]
    assert rows(out)["default"] == ["96"]
    code, out, _ = zoo_cli("config", "explain", "training.batcher", "--config", file)
    assert "settings  size, get_length, @batchers" in out or "@batchers, size" in out


def test_names_are_explained_with_the_others(zoo_cli):
    code, out, _ = zoo_cli("config", "explain", "training.batcher.@batchers")
    assert code == 0
    assert "zoo.batch_by_words.v1: Make batches of up to about `size` words." in out
    others = out.partition("\nothers\n")[2]
    assert "  zoo.batch_by_padded.v1 " in others
    assert "  zoo.batch_by_words.v1 " not in others


@pytest.mark.parametrize(
    ("path", "meaning"),
    [
        ("components.transformer.model.name", "A folder, a name on the hub"),
        ("components.tok2vec.model.encode.depth", "Blocks to stack."),
        ("pretraining.component", "The component whose encoder learns."),
        ("paths.raw_text", "Stands for corpora.pretrain.path: The file, a folder"),
    ],
)
def test_all_templates_are_explained(zoo_cli, path, meaning):
    code, out, _ = zoo_cli("config", "explain", path)
    assert code == 0
    assert out.splitlines()[1].startswith(meaning)


def test_an_unknown_path_is_refused(zoo_cli):
    code, _, err = zoo_cli("config", "explain", "training.max_epoch")
    assert code == 1
    assert "no setting 'training.max_epoch' in the config. Did you mean" in err
