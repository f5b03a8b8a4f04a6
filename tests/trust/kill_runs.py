"""Kill a training at every operation on the files of its output folder.

Called with a folder, the command, "train" or "pretrain", "one" or "two", the steps in
which folders change places, the first operation and how many to go on by. After
each kill the models that are there are read, and the run is resumed to its end, which
must have the bits of an uninterrupted run. All processes say that they have the same
number, as in a container that is restarted. Prints the number of kills.
"""

import json
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

import zoo
from tests.pretraining.tiny import TEXTS
from tests.pretraining.tiny import make_config as make_pretraining_config
from tests.tiny import make_docs, make_tiny_config, save_docs
from tests.trust.kills import survives
from zoo import _atomic
from zoo import _register_all as _names  # noqa: F401
from zoo._atomic import locate_folder
from zoo.pipeline._model_folder import read_meta
from zoo.training import _saver

pretraining = import_module("zoo.pretraining.pretrain")
training = import_module("zoo.training.run_training")
#: The values in a log that equal runs need not have alike.
TIMES = ("seconds", "speed")


def make_job(folder, command):
    """Return what runs, its config, and what reads a model."""
    if command == "pretrain":
        text = save_docs(folder / "raw.jsonl", TEXTS)
        config = make_pretraining_config(text, max_steps=2, n_save_every=1)
        return pretraining.run_pretraining, config, read_meta
    docs = save_docs(folder / "docs.jsonl", make_docs(8))
    settings = {"max_steps": 2, "eval_frequency": 1, "patience": 0}
    config = make_tiny_config(paths={"train": docs, "dev": docs}, **settings)
    return training.run_training, config, zoo.load


def content_of(output):
    """Return the weights and scores that a run left, without times."""
    files = {
        str(file.relative_to(output)): file.read_bytes()
        for file in output.glob("*/*.safetensors")
    }
    log = [json.loads(x) for x in (output / "log.jsonl").read_text().splitlines()]
    for record in log:
        record.pop("seconds")
        record["scores"].pop("speed", None)
    return files, log, sorted(os.listdir(output))


def main(folder, command, steps, first, by):
    folder = Path(folder)
    run, config, read = make_job(folder, command)
    os.getpid = lambda: 1
    os.fsync = lambda file: None  # It matters for a loss of power only.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _saver.MAX_SHARE = float("inf")  # Else some checkpoints are left out.
    training.draw_curves = lambda *_: None
    if steps == "two":
        _atomic.exchange = lambda first, second: False
    whole, output = folder / "whole", folder / "out"
    assert survives(lambda: run(config, whole))
    expected = content_of(whole)

    def check(number):
        saved = set()
        for name in ("model-best", "model-last", "checkpoint"):
            if (found := locate_folder(output / name)).exists():
                saved.add(name)
                if name != "checkpoint":
                    read(found)
        assert survives(lambda: run(config, output, resume=True)), number
        assert content_of(output) == expected, (number, saved)
        shutil.rmtree(output)

    kills, number = 0, int(first)
    while not survives(lambda: run(config, output, resume=True), number, str(output)):
        check(number)
        number += int(by)
        kills += 1
    assert content_of(output) == expected
    print(kills)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException:
        import traceback

        traceback.print_exc(file=sys.stdout)
        raise
