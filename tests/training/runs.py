"""Make configs of short runs, and compare what runs leave."""

import json
import os

from zoo.pipeline._model_folder import read_meta

from ..tiny import (
    make_docs,
    make_tiny_config,
    registry,
    save_docs,
)

#: What the files of equal runs need not have alike.
TIMES = {"seconds", "speed"}


def make_config(folder, kind="in memory", **training):
    """Make a config in which everything changes that can change in a run."""
    suffix = ".parquet" if kind == "streamed" else ".jsonl"
    path = save_docs(folder / f"docs{suffix}", make_docs(40))
    config = make_tiny_config(
        ("tok2vec", "tagger", "textcat"),
        {"train": path, "dev": path},
        **{"max_steps": 30, "eval_frequency": 4, "patience": 0, **training},
    )
    training = config["training"]
    training["accumulate_gradient"] = 2
    training["dropout"] = {"@schedules": "decaying.v1"} | {
        "base_rate": 0.4,
        "decay": 0.1,
        "t": 0,
    }
    training["batcher"]["size"] = {"@schedules": "compounding.v1"} | {
        "start": 10,
        "stop": 40,
        "compound": 1.05,
        "t": 0.0,
    }
    adam = training["optimizer"] | {"use_averages": True}
    adam["learn_rate"] = {"@schedules": "warmup_linear.v1"} | {
        "initial_rate": 0.05,
        "warmup_steps": 5,
        "total_steps": 40,
    }
    factors = {"@schedules": "decaying.v1", "base_rate": 2.0, "decay": 0.1, "t": 0}
    training["optimizer"] = {
        "@optimizers": "zoo.ByPath.v1",
        "optimizer": adam,
        "groups": {"biases": {"paths": ["*.b"], "factor": factors, "L2": 0.0}},
    }
    if kind == "streamed":
        training["max_epochs"] = -1
        rows = {"@readers": "zoo.Parquet.v1", "path": path, "shuffle_buffer": 7}
        config["corpora"] |= registry.fill({"train": rows})
    return config


def content_of(run):
    """Return the files and the log of a run, without times."""
    files = {
        str(file.relative_to(run)): file.read_bytes()
        for file in run.glob("*/*.safetensors")
    }
    return files, [*map(without_times, read_log(run))]


def without_times(record):
    if not isinstance(record, dict):
        return record
    return {k: without_times(v) for k, v in record.items() if k not in TIMES}


def read_log(run):
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def load_step(run):
    return read_meta(run / "checkpoint")["checkpoint"]["state"]["step"]


def assert_same_run(left, right):
    (files, log), (other_files, other_log) = content_of(left), content_of(right)
    assert log == other_log
    assert files.keys() == other_files.keys()
    assert [n for n in files if files[n] != other_files[n]] == []


@registry.callbacks("test.signals.v1")
def send_signals(step: int, number: int, times: int):
    """Send signals to this process before an update."""

    def send(learner, info):
        if info["step"] + 1 == step:
            for _ in range(times):
                os.kill(os.getpid(), number)

    return send
