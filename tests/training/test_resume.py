import json
import os
import subprocess
import sys

import pytest

from zoo.config import format_config
from zoo.training import loop
from zoo.training.runs import run_training

from ..tiny import make_docs, make_tiny_config, save_docs

#: What the files of a run need not have alike.
TIMES = {"seconds", "speed"}
KINDS = ["in memory", "streamed"]


def make_config(folder, kind="in memory"):
    """Make a config in which everything changes that can change in a run."""
    path = save_docs(folder / "docs.jsonl", make_docs(40))
    config = make_tiny_config(
        ("tok2vec", "tagger", "textcat"),
        {"train": path, "dev": path},
        max_steps=30,
        eval_frequency=4,
        patience=0,
        accumulate_gradient=2,
        dropout={
            "@schedules": "decaying.v1", "base_rate": 0.4, "decay": 0.1, "t": 0
        },
    )
    training = config["training"]
    training["batcher"]["size"] = {
        "@schedules": "compounding.v1",
        "start": 10,
        "stop": 40,
        "compound": 1.05,
        "t": 0.0,
    }
    training["optimizer"]["use_averages"] = True
    training["optimizer"]["learn_rate"] = {
        "@schedules": "warmup_linear.v1",
        "initial_rate": 0.05,
        "warmup_steps": 5,
        "total_steps": 40,
    }
    if kind == "streamed":
        training["max_epochs"] = -1
        config["corpora"]["train"]["shuffle_buffer"] = 7
    return config


def content_of(run):
    """Give all that a run left, but for times and what holds them."""
    files = {
        str(file.relative_to(run)): file.read_bytes()
        for file in run.glob("*/*.safetensors")
    }
    lines = (run / "log.jsonl").read_text().splitlines()
    return files, [without_times(json.loads(line)) for line in lines]


def without_times(record):
    if not isinstance(record, dict):
        return record
    return {k: without_times(v) for k, v in record.items() if k not in TIMES}


@pytest.fixture(scope="module", params=KINDS)
def whole(request, tmp_path_factory):
    """Give a config and the folder of a run that was not interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    config = make_config(folder, request.param)
    run_training(config, folder / "out")
    return config, folder / "out"


def assert_same_run(left, right):
    (files, log), (other_files, other_log) = content_of(left), content_of(right)
    assert log == other_log
    assert files.keys() == other_files.keys()
    assert [n for n in files if files[n] != other_files[n]] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("killer", ["time", "saves"])
def test_run_that_is_killed_and_resumed_has_the_bits_of_a_whole_one(
    whole, killer, tmp_path
):
    config, run = whole
    (tmp_path / "run.cfg").write_text(format_config(config))
    command = [sys.executable, "-m", "tests.training.killing"]
    arguments = [tmp_path / "run.cfg", tmp_path / "out", killer, "1"]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 2
    assert_same_run(tmp_path / "out", run)
    names = {"checkpoint", "config.cfg", "curves.png", "log.jsonl"}
    assert {*os.listdir(tmp_path / "out")} == names | {"model-best", "model-last"}
