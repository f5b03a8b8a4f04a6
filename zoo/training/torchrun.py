"""Join the processes that `torchrun` has started, and say how to start them again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from .torch_workers import LOCAL_COUNT, join
from .workers import Alone, Workers

#: Where `torchrun` tells a process how many there are, and which one this is.
COUNT, RANK = "WORLD_SIZE", "RANK"


def starting_command() -> list[str]:
    """Give what a command of zoo begins with, to start as many processes as there are.

    Empty in all but the first of several, as one command starts them all.
    """
    if int(os.environ.get(COUNT, "1")) == 1:
        return ["zoo"]
    if os.environ.get(RANK, "0") != "0":
        return []
    count = os.environ.get(LOCAL_COUNT, os.environ[COUNT])
    return ["torchrun", "--nproc-per-node", count, "-m", "zoo"]


@contextmanager
def join_workers(*, on_gpu: bool = False) -> Iterator[Workers]:
    """Meet the other processes that `torchrun` has started, if there are any.

    on_gpu: Whether gradients are on a GPU, one for each process.

    Raises ImportError, with what to install, if there are and PyTorch is missing.
    """
    if int(os.environ.get(COUNT, "1")) == 1:
        yield Alone()
        return
    with join(on_gpu=on_gpu) as workers:
        yield workers
