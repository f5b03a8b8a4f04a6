import json
import os
import subprocess
import sys

import pytest

from zoo.config import format_config
from zoo.pretraining.pretrain import run_pretraining

from ..tiny import save_docs
from .tiny import TEXTS, make_config

#: What the files of equal runs need not have alike.
TIMES = {"seconds", "speed"}


def make(folder, **pretraining):
    """Make a config in which everything changes that can change in a run."""
    config = make_config(save_docs(folder / "raw.jsonl", TEXTS), **pretraining)
    config["pretraining"] |= {"dropout": 0.3, "max_epochs": 4, "n_save_every": 3}
    config["pretraining"]["optimizer"]["learn_rate"] = {
        "@schedules": "warmup_linear.v1",
        "initial_rate": 0.02,
        "warmup_steps": 4,
        "total_steps": 60,
    }
    return config


def make_streamed(folder):
    config = make(folder)
    config["pretraining"] |= {"max_epochs": -1, "max_steps": 15}
    config["corpora"]["pretrain"]["shuffle_buffer"] = 5
    return config


def content_of(run):
    """Return the files and the log of a run, without times."""
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_pretraining_that_is_killed_and_resumed_has_the_bits_of_a_whole_one(tmp_path):
    paths = []
    for kind, make_kind in {"in memory": make, "streamed": make_streamed}.items():
        folder = tmp_path / kind
        folder.mkdir()
        config = make_kind(folder)
        (folder / "run.cfg").write_text(format_config(config))
        run_pretraining(config, folder / "whole")
        paths += [str(folder / "run.cfg"), str(folder / "killed")]
    command = [sys.executable, "-m", "tests.training.killing", "pretrain", "2"]
    done = subprocess.run(
        [*command, *paths], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert min(map(int, done.stdout.split())) >= 2
    for config in paths[::2]:
        folder = os.path.dirname(config)
        runs = [os.path.join(folder, name) for name in ("whole", "killed")]
        assert_same_run(*(tmp_path / run for run in runs))


def assert_same_run(left, right):
    (files, log), (other_files, other_log) = content_of(left), content_of(right)
    assert log == other_log
    assert files.keys() == other_files.keys()
    assert [n for n in files if files[n] != other_files[n]] == []


def test_a_run_is_resumed_with_the_config_that_it_began_with(tmp_path):
    config = make(tmp_path)
    run_pretraining(config, tmp_path / "run")
    config["pretraining"]["mask_share"] = 0.5
    with pytest.raises(ValueError, match=r"mask_share: 0\.15 before, 0\.5 now"):
        run_pretraining(config, tmp_path / "run", resume=True)
