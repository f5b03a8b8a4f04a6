"""Run trainings in two processes each, which share what was imported here.

Called with a file of JSON: a list of jobs, each with a "command", "train" or
"pretrain", a "config", an "output" and whether to "resume". What a process tells goes
to a file beside the output. Prints the exit codes of each job.
"""

import json
import os
import signal
import socket
import sys
from contextlib import redirect_stderr
from importlib import import_module
from pathlib import Path

import zoo
from zoo import _register_all as _names  # noqa: F401
from zoo.pretraining.pretrain import run_pretraining
from zoo.training import _distributed as torch_workers

runs = import_module("zoo.training.run_training")
RUN = {"train": runs.run_training, "pretrain": run_pretraining}


@zoo.registry.callbacks("test.kill.v1")
def kill(step, rank=1, method=None):
    """Kill a process before an update, or when it next calls a method of `Workers`."""

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    def before_update(learner, info):
        if os.environ["RANK"] == str(rank) and info["step"] + 1 == step:
            if method is None:
                die()
            setattr(torch_workers.TorchWorkers, method, die)

    return before_update


@zoo.registry.callbacks("test.change.v1")
def change(step):
    """Change a weight in the second process before an update."""

    def before_update(learner, info):
        if os.environ["RANK"] == "1" and info["step"] + 1 == step:
            node, name = next(iter(learner.parameters.values()))
            node.set_param(name, node.get_param(name) + 1)

    return before_update


def start(job, rank, port):
    """Begin a process as `torchrun` does, and give its number."""
    if child := os.fork():
        return child
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    os.environ["MASTER_PORT"] = str(port)
    runs.draw_curves = lambda *_: None
    code = 1
    try:
        with (
            Path(f"{job['output']}.{rank}.txt").open("w") as file,
            redirect_stderr(file),
        ):
            code = run(job)
    finally:
        os._exit(code)


def run(job):
    try:
        config = zoo.load_config(job["config"])
        RUN[job["command"]](config, Path(job["output"]), resume=job["resume"])
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def main(file):
    torch_workers.import_torch("Training in several processes")
    codes = []
    for job in json.loads(Path(file).read_text()):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        children = [start(job, rank, port) for rank in range(2)]
        statuses = [os.waitpid(child, 0)[1] for child in children]
        codes.append([os.waitstatus_to_exitcode(status) for status in statuses])
    print(json.dumps(codes))


if __name__ == "__main__":
    main(*sys.argv[1:])
