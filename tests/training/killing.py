"""Train in a process that is killed again and again, and resumed each time.

Called with the name of a command, a seed for the moments, and with configs and output
folders. Every other time the process is killed at any moment, else at a moment of a
save. Prints how often it was.
"""

import os
import random
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

import zoo
from zoo._register_all import load_config
from zoo.pipeline._model_folder import read_meta
from zoo.pretraining.pretrain import run_pretraining
from zoo.training import _saver

runs = import_module("zoo.training.run_training")
#: What a command runs, and what reads the models that it leaves.
COMMANDS = {
    "train": (runs.run_training, zoo.load),
    "pretrain": (run_pretraining, read_meta),
}
#: What a save does to files.
OPERATIONS = ("mkdir", "rename", "replace", "write_bytes", "write_text")


def die_at_operation(number):
    """Kill this process instead of an operation on a file, counted from 1."""
    left = [number]

    def make(operation):
        def operate(*args, **options):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return operation(*args, **options)

        return operate

    for name in OPERATIONS:
        setattr(Path, name, make(getattr(Path, name)))


def start(train, config, output, last_operation):
    """Train in a child process, and give the number of that process."""
    if child := os.fork():
        return child
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        _saver.MAX_SHARE = float("inf")  # Else some checkpoints are left out.
        runs.draw_curves = lambda *_: None
        if last_operation:
            die_at_operation(last_operation)
        train(config, output, resume=True)
        code = 0
    finally:
        os._exit(code)


def run(command, config, output, draw):
    """Train until that ends by itself, and count how often it was killed before."""
    train, read = COMMANDS[command]
    kills, longest = 0, 0.2
    while True:
        by_time = kills % 2 == 0
        child = start(train, config, output, 0 if by_time else draw.randint(1, 30))
        if by_time:
            time.sleep(draw.uniform(0.02, longest))
            longest *= 1.5  # So that it ends, however slow the machine is.
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, output
            return kills
        kills += 1
        for name in ("model-best", "model-last"):
            if [*output.glob(name), *output.glob(f".{name}.old-*")]:
                read(output / name)


if __name__ == "__main__":
    command, seed, *paths = sys.argv[1:]
    for config, output in zip(paths[::2], paths[1::2], strict=True):
        draw = random.Random(seed)
        print(run(command, load_config(config), Path(output), draw))
