import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from zoo.config import format_config
from zoo.pipeline._model_folder import read_arrays, read_meta
from zoo.pretraining.pretrain import run_pretraining
from zoo.training._distributed import Alone, join_workers, starting_command
from zoo.training.run_training import run_training

from ..pretraining.tiny import TEXTS
from ..pretraining.tiny import make_config as make_pretraining_config
from ..tiny import make_docs, make_tiny_config, save_docs

pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]


class Moment(NamedTuple):
    """When a process is killed, as `test.kill.v1` takes it."""

    step: int
    rank: int
    method: str | None = None


MOMENTS = [Moment(5, 0), Moment(5, 1), Moment(5, 1, "any"), Moment(6, 1, "check_equal")]


def run_python(folder, *arguments):
    """Run Python in a folder, with zoo and its tests, and give what it tells."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "ZOO_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def make_training(folder, **training):
    docs = save_docs(folder / "docs.jsonl", make_docs(30))
    settings = {"max_steps": 6, "eval_frequency": 3, **training}
    pipeline = ("tok2vec", "tagger", "textcat")
    return make_tiny_config(pipeline, {"train": docs, "dev": docs}, **settings)


def make_pretraining(folder, **pretraining):
    raw_text = save_docs(folder / "raw.jsonl", TEXTS)
    settings = {"dropout": 0.0, "max_steps": 6, "n_save_every": 3, **pretraining}
    config = make_pretraining_config(raw_text, **settings)
    # A batch may hold fewer documents than there are processes.
    config["pretraining"]["batcher"] = {
        "@batchers": "zoo.batch_by_sequence.v1",
        "size": {"@schedules": "compounding.v1"}
        | {"start": 1, "stop": 9, "compound": 1.7, "t": 0.0},
        "get_length": None,
    }
    return config


def make_job(folder, name, command, config, resume=False, output=None):
    path = folder / f"{name}.cfg"
    path.write_text(format_config(config))
    output = str(folder / (output or name))
    return {"command": command, "config": str(path), "output": output, "resume": resume}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Run all jobs, and give the folder that they leave their files in, and codes."""
    if not hasattr(os, "fork"):
        pytest.skip("needs os.fork")
    folder = tmp_path_factory.mktemp("jobs")
    training, pretraining = make_training(folder), make_pretraining(folder)
    run_training(training, folder / "one-train")
    run_pretraining(pretraining, folder / "one-pretrain")
    changed = make_training(folder)
    changed["training"]["before_update"] = {"@callbacks": "test.change.v1", "step": 2}
    dropping = make_pretraining(folder, dropout=0.3)
    killed = []
    for moment in MOMENTS:
        config = make_pretraining(folder, dropout=0.3)
        block = {"@callbacks": "test.kill.v1", **moment._asdict()}
        config["pretraining"]["before_update"] = block
        killed.append(config)
    first = [
        make_job(folder, "two-train", "train", training),
        make_job(folder, "two-pretrain", "pretrain", pretraining),
        make_job(folder, "changed", "train", changed),
        make_job(folder, "whole", "pretrain", dropping),
        *(make_job(folder, f"killed-{i}", "pretrain", c) for i, c in enumerate(killed)),
    ]
    codes = run_jobs(folder, first)
    second = []
    for i, (_, rank, _) in enumerate(MOMENTS):
        run = folder / f"killed-{i}"
        state = read_meta(run / "checkpoint")["checkpoint"]["state"]
        codes[f"step-{i}"] = state["step"]
        codes[f"told-{i}"] = (folder / f"{run.name}.{1 - rank}.txt").read_text()
        # The saved config is that of the whole run, but for what killed it.
        (run / "config.cfg").write_text((folder / "whole.cfg").read_text())
        job = make_job(folder, f"again-{i}", "pretrain", dropping, True, run.name)
        second.append(job)
    return folder, {**codes, **run_jobs(folder, second)}


def run_jobs(folder, jobs):
    (folder / "jobs.json").write_text(json.dumps(jobs))
    done = run_python(folder, "tests.training.together", "jobs.json")
    assert done.returncode == 0, done.stderr
    names = [Path(job["config"]).stem for job in jobs]
    return dict(zip(names, json.loads(done.stdout), strict=True))


def weights(run):
    """Return the weights of the checkpoint of a run."""
    return read_arrays(run / "checkpoint" / "weights.safetensors")


def losses(run):
    lines = (run / "log.jsonl").read_text().splitlines()
    return [(r["step"], r["losses"]) for r in map(json.loads, lines)]


@pytest.mark.parametrize("command", ["train", "pretrain"])
def test_updates_of_two_are_those_of_one_with_the_whole_batch(jobs, command):
    folder, codes = jobs
    one, two = folder / f"one-{command}", folder / f"two-{command}"
    assert codes[two.name] == [0, 0]
    left, right = weights(one), weights(two)
    assert left.keys() == right.keys()
    for name, array in left.items():
        np.testing.assert_allclose(array, right[name], rtol=1e-3, atol=1e-5)
    for (step, found), (other_step, other) in zip(
        losses(one), losses(two), strict=True
    ):
        assert (step, found) == (other_step, pytest.approx(other, rel=1e-3))


def test_only_the_first_process_writes_and_tells(jobs):
    folder, _ = jobs
    assert "Best score" in (folder / "two-train.0.txt").read_text()
    assert (folder / "two-train.1.txt").read_text() == ""
    assert len(losses(folder / "two-train")) == 2


@pytest.mark.parametrize(
    ("number", "step", "message"),
    [
        (0, 4, "after update 4, of which there is a checkpoint. Go on with --resume"),
        (1, 4, "after update 4, of which there is a checkpoint. Go on with --resume"),
        (2, 5, "after update 5, of which there is a checkpoint. Go on with --resume"),
        (3, 3, "after update 6, whose evaluation is not complete; earlier checkpoi"),
    ],
)
def test_a_run_that_loses_a_process_saves_what_it_has(jobs, number, step, message):
    _, codes = jobs
    rank = MOMENTS[number].rank
    assert codes[f"killed-{number}"] == ([-9, 1], [1, -9])[rank]
    assert f"another process of the run was lost {message}" in codes[f"told-{number}"]
    assert codes[f"step-{number}"] == step


@pytest.mark.parametrize("number", range(len(MOMENTS)))
def test_a_run_that_lost_a_process_is_resumed_to_the_bit(jobs, number):
    folder, codes = jobs
    assert codes["whole"] == codes[f"again-{number}"] == [0, 0]
    left, right = (weights(folder / name) for name in ("whole", f"killed-{number}"))
    assert all(left[name].tobytes() == right[name].tobytes() for name in left)
    assert losses(folder / "whole") == losses(folder / f"killed-{number}")


def test_processes_whose_weights_differ_are_stopped(jobs):
    folder, codes = jobs
    assert codes["changed"] == [1, 1]
    told = (folder / "changed.0.txt").read_text()
    assert "all processes must have the same weights, but those of [1] differ" in told
    assert not (folder / "changed" / "model-best").exists()


def test_torchrun_starts_the_processes(tmp_path):
    config = make_pretraining(tmp_path, max_steps=2)
    (tmp_path / "run.cfg").write_text(format_config(config))
    torchrun = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = run_python(tmp_path, *torchrun, "-m", "zoo", "pretrain", "run.cfg", "out")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Lowest validation loss") == 1
    assert (tmp_path / "out" / "model-best" / "encoder.safetensors").exists()


def test_without_torchrun_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_workers() as workers:
        assert isinstance(workers, Alone)
        assert (workers.rank, workers.local_rank, workers.count) == (0, 0, 1)
        docs = make_docs()
        assert workers.share(docs) is docs
        assert workers.first(lambda: 5) == 5
        assert workers.any(True) and not workers.any(False)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ["zoo"]),
        ({"WORLD_SIZE": "1", "RANK": "0"}, ["zoo"]),
        (
            {"WORLD_SIZE": "4", "RANK": "0", "LOCAL_WORLD_SIZE": "2"},
            ["torchrun", "--nproc-per-node", "2", "-m", "zoo"],
        ),
        ({"WORLD_SIZE": "4", "RANK": "3", "LOCAL_WORLD_SIZE": "2"}, []),
    ],
)
def test_the_command_that_starts_the_processes_is_known(
    monkeypatch, environment, expected
):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert starting_command() == expected
