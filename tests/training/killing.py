"""Train in a process that is killed again and again, and resumed each time.

Called with a config, an output folder, what kills ("time" or "saves") and a seed for
the moments; prints how often it killed. It exits as the last training did.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import zoo
from zoo.builtins import load_config
from zoo.training import loop
from zoo.training.runs import run_training

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


def start(config, output, last_operation):
    """Train in a child process, and give the number of that process."""
    if child := os.fork():
        return child
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        loop.MAX_SHARE = float("inf")  # Else some checkpoints are left out.
        if last_operation:
            die_at_operation(last_operation)
        run_training(config, output, resume=True)
        code = 0
    finally:
        os._exit(code)


def main(config, output, killer, seed):
    config, output = load_config(config), Path(output)
    draw, kills, longest = random.Random(seed), 0, 0.4
    while True:
        by_time = killer == "time"
        child = start(config, output, 0 if by_time else draw.randint(1, 100))
        if by_time:
            time.sleep(draw.uniform(0.05, longest))
            longest *= 1.3  # So that it ends, however slow the machine is.
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(kills)
            return os.WEXITSTATUS(status)
        kills += 1
        for name in ("model-best", "model-last"):
            if [*output.glob(name), *output.glob(f".{name}.old-*")]:
                zoo.load(output / name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
