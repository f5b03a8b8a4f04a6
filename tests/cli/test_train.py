import json
import os
import shlex
from pathlib import Path

import pytest

import zoo

from .conftest import PATHS


def test_train_leaves_a_run_in_a_folder(zoo_cli, config):
    code, _, err = zoo_cli("train", config, "--output", "out", *PATHS)
    assert (code, "Best score" in err) == (0, True), err
    assert sorted(os.listdir("out")) == [
        "checkpoint",
        "config.cfg",
        "curves.svg",
        "log.jsonl",
        "model-best",
        "model-last",
    ]
    assert len(zoo.load("out/model-best")([["dogs"]])[0].tags) == 1
    code, _, err = zoo_cli("train", config, "-o", "out", *PATHS)
    assert code == 1
    assert err.startswith("error: out is not empty")
    arguments = ("--overwrite", "--training.max_steps", "1", "--training.seed=3")
    assert zoo_cli("train", config, "-o", "out", *PATHS, *arguments)[0] == 0
    changed = zoo.load_config("out/config.cfg")["training"]
    assert (changed["max_steps"], changed["seed"]) == (1, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--training.max_epoch", "2"],
            "training.max_epoch: there is no such setting.",
        ),
        (["--trainin.max_epochs", "2"], "there is no section 'trainin'. Did you mean"),
        (
            ["--overwritee"],
            "An override must be given as --section.name VALUE or --section.name=",
        ),
        (
            ["--nlp.pipeline", '["tok2vec"]'],
            "nlp.pipeline: no component in it predicts anything to learn from.",
        ),
        (["--paths.dev", "nothing.conllu"], "nothing.conllu does not exist."),
        (["--training.max_steps", "many"], 'expected a whole number, got "many".'),
        (["--paths.train"], "corpora.train.path: expected a string or"),
    ],
)
def test_mistake_ends_in_one_message_and_nothing_is_written(
    zoo_cli, config, arguments, message
):
    code, out, err = zoo_cli("train", config, "-o", "out", *PATHS, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert message in err
    assert "Traceback" not in err
    assert not os.path.exists("out")


def test_train_needs_a_config_that_is_there(zoo_cli, config):
    assert "there is no config file no.cfg" in zoo_cli("train", "no.cfg", "-o", "x")[2]
    code, _, err = zoo_cli("train", *PATHS[:2], config, "-o", "out")
    assert code == 1
    assert "Pass the config file before the overrides" in err
    (config.parent / "bad.cfg").write_text("not a config")
    assert "bad.cfg cannot be read" in zoo_cli("train", "bad.cfg", "-o", "x")[2]


SENDER = """
import os, signal
from zoo._register_all import registry

@registry.callbacks("test.interrupt.v1")
def make():
    def interrupt(learner, info):
        if info["step"] == 3:
            os.kill(os.getpid(), signal.SIGINT)

    return interrupt
"""


def test_interrupted_run_says_how_to_go_on_and_does(zoo_cli, config):
    code_file = config.parent / "my code.py"
    code_file.write_text(SENDER)
    block = {"@callbacks": "test.interrupt.v1"}
    options = (
        "--training.max_steps=6",
        f"--training.before_update={json.dumps(block)}",
    )
    options += ("--code", code_file)
    code, out, err = zoo_cli("train", config, "-o", "out", *PATHS, *options)
    assert (code, out) == (130, "")
    assert "training: stopped after update 4, as asked.\n" in err
    command = err.partition("To go on: ")[2].splitlines()[0]
    program, *arguments = shlex.split(command)
    assert program == "zoo"
    assert arguments[-3:] == ["--code", str(code_file), "--resume"]
    code, _, err = zoo_cli(*arguments)
    assert (code, "Best score" in err) == (0, True), err
    lines = Path("out/log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4, 6]


def test_run_is_resumed_without_naming_its_config_again(zoo_cli, config):
    zoo_cli("train", config, "-o", "out", *PATHS)
    longer = ("--training.max_steps", "4")
    assert zoo_cli("train", "-o", "out", "--resume", *longer)[0] == 0
    assert zoo.load_config("out/config.cfg")["training"]["max_steps"] == 4
    code, _, err = zoo_cli("train", "-o", "out", "--resume", "--training.seed=3")
    assert code == 1
    assert "  training.seed: 0 before, 3 now" in err
    assert "holds no run to resume" in zoo_cli("train", "-o", "new", "--resume")[2]
    assert "Pass a config file, or --resume" in zoo_cli("train", "-o", "new")[2]
    assert not os.path.exists("new")
