"""Let several processes train one model together, each on a part of every batch."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import numpy as np
from thinc.api import fix_random_seed

from .._optional import import_torch
from .._parameters import Parameter
from .._tensors import as_tensor
from ..doc import Doc
from ..objectives import Loss
from ..threads import set_threads, threads
from ._batches import split_by_words

Result = TypeVar("Result")
Parameters = Mapping[str, Parameter]


class WorkerLostError(RuntimeError):
    """Tell that another process of the run has ended, or cannot be reached."""


class Workers(Protocol):
    """The processes that train one model together, as one of them sees them.

    All draw the same batches, and each takes a part of every one. Their gradients are
    summed, so that all change the weights alike: the update is that of one process
    with the whole batch, but for dropout. The first one writes.

    rank: The number of this process, from 0. When a process is lost, those that are
        left are numbered anew, so that one of them is the first and saves.
    local_rank: Its number among those of its machine.
    count: How many there are.
    """

    rank: int
    local_rank: int
    count: int

    def share(self, batch: list[Doc]) -> list[Doc]:
        """Give the part of a batch that this process takes. It may be empty."""

    def seed(self, seed: int, step: int) -> None:
        """Set the random numbers of this process for an update."""

    def add_up(
        self, parameters: Parameters, losses: Mapping[str, Loss]
    ) -> Mapping[str, Loss]:
        """Sum the gradients over all processes, and give the sums of the losses.

        Raises WorkerLostError if a process is lost, as all that follow do.
        """

    def any(self, flag: bool) -> bool:
        """Tell whether a flag is set in any process."""

    def first(self, function: Callable[[], Result]) -> Result:
        """Call a function in the first process alone, and give its result in all."""

    def check_equal(self, parameters: Parameters, place: Sequence[Any]) -> None:
        """Raise RuntimeError unless all have the same weights and place in the data."""


class Alone:
    """One process that trains by itself."""

    rank = 0
    local_rank = 0
    count = 1

    def share(self, batch: list[Doc]) -> list[Doc]:
        """Give the whole batch."""
        return batch

    def seed(self, seed: int, step: int) -> None:
        """Let the random numbers go on as they do."""

    def add_up(
        self, parameters: Parameters, losses: Mapping[str, Loss]
    ) -> Mapping[str, Loss]:
        """Give the losses."""
        return losses

    def any(self, flag: bool) -> bool:
        """Give the flag."""
        return flag

    def first(self, function: Callable[[], Result]) -> Result:
        """Call the function."""
        return function()

    def check_equal(self, parameters: Parameters, place: Sequence[Any]) -> None:
        """Do nothing: there is none to compare with."""


#: Where `torchrun` tells how many processes this machine has, and which one this is.
LOCAL_COUNT, LOCAL_RANK = "LOCAL_WORLD_SIZE", "LOCAL_RANK"
#: Where the user tells how many threads each process has.
THREADS = "ZOO_NUM_THREADS"
#: What those count that are left when a process is lost.
LEFT = "zoo-left"


class TorchWorkers:
    """Processes that exchange arrays by ``torch.distributed``: see `Workers`.

    torch: The module, of which the process group has been initialized.
    store: Where all processes can count, as long as the one that holds it lives:
        `torchrun`, or else the first process.
    """

    def __init__(self, torch: Any, store: Any) -> None:
        self.torch = torch
        self.store = store
        self.rank: int = torch.distributed.get_rank()
        self.local_rank = int(os.environ.get(LOCAL_RANK, self.rank))
        self.count: int = torch.distributed.get_world_size()

    def share(self, batch: list[Doc]) -> list[Doc]:
        """Give the part of a batch that this process takes. It may be empty."""
        parts = split_by_words(batch, self.count)
        return parts[self.rank] if self.rank < len(parts) else []

    def seed(self, seed: int, step: int) -> None:
        """Set the random numbers, by the step: so a run that is resumed has the same.

        They differ between processes, as dropout should.
        """
        state = np.random.SeedSequence([seed, step, self.rank]).generate_state(1)
        fix_random_seed(int(state[0]))

    def add_up(
        self, parameters: Parameters, losses: Mapping[str, Loss]
    ) -> Mapping[str, Loss]:
        """Sum the gradients over all processes, and give the sums of the losses."""
        flags = [float(bool(n.has_grad(name))) for n, name in parameters.values()]
        counts = [float(loss.count) for loss in losses.values()]
        # On the host, so that no GPU is waited for.
        summed = self._sum(np.array([*flags, *counts], dtype="d")).tolist()
        pairs = zip(parameters.values(), summed, strict=False)
        chosen = [parameter for parameter, n in pairs if n]
        xp = next(iter(parameters.values())).node.ops.xp
        totals = [xp.asarray(loss.total, "f").reshape(1) for loss in losses.values()]
        totals = self._sum_gradients(xp, chosen, totals)
        triples = zip(losses, totals, summed[len(flags) :], strict=True)
        return {name: Loss(total, int(count), None) for name, total, count in triples}

    def any(self, flag: bool) -> bool:
        """Tell whether a flag is set in any process."""
        return bool(self._sum(np.array([float(flag)]))[0])

    def first(self, function: Callable[[], Result]) -> Result:
        """Call a function in the first process alone, and give its result in all."""
        answer: list[Any] = [function() if self.rank == 0 else None]
        with self._lost_told():
            self.torch.distributed.broadcast_object_list(answer, src=0)
        result: Result = answer[0]
        return result

    def check_equal(self, parameters: Parameters, place: Sequence[Any]) -> None:
        """Raise RuntimeError unless all have the same weights and place in the data."""
        own = {"weights": _digest(parameters), "documents": list(place)}
        found: list[Any] = [None] * self.count
        with self._lost_told():
            self.torch.distributed.all_gather_object(found, own)
        for what in own:
            others = [
                rank
                for rank in range(self.count)
                if found[rank][what] != found[0][what]
            ]
            if others:
                raise RuntimeError(
                    f"training: all processes must have the same {what}, but those of "
                    f"{others} differ from those of process 0. Start all with the same "
                    f"config and files, on machines of one kind."
                )

    def _sum_gradients(
        self, xp: Any, parameters: Sequence[Parameter], others: Sequence[Any]
    ) -> Any:
        """Sum gradients in one exchange; where one is missing, it counts as zeros.

        others: Arrays that are summed along. Their sums are given, as one array.
        """
        arrays = [_gradient(parameter) for parameter in parameters]
        flat = [array.ravel() for array in arrays]
        summed = self._sum(xp.concatenate([*flat, *others]))
        start = 0
        for (node, name), array in zip(parameters, arrays, strict=True):
            part = summed[start : start + array.size]
            node.set_grad(name, part.reshape(array.shape))
            start += array.size
        return summed[start:]

    def _sum(self, array: Any) -> Any:
        """Sum an array over all processes, in place."""
        tensor = as_tensor(array)
        with self._lost_told():
            self.torch.distributed.all_reduce(tensor)
        return array

    @contextmanager
    def _lost_told(self) -> Iterator[None]:
        """Tell of a lost process in the words of a run."""
        try:
            yield
        except RuntimeError as error:
            self._elect()
            raise WorkerLostError(f"{type(error).__name__}: {error}") from error

    def _elect(self) -> None:
        """Let one of those that are left be the first."""
        try:
            self.rank = self.store.add(LEFT, 1) - 1
        except RuntimeError:  # The process that held the store is the one that is lost.
            self.rank = 0 if self.count == 2 else self.rank


@contextmanager
def join(*, on_gpu: bool = False) -> Iterator[TorchWorkers]:
    """Meet the other processes, and part from them at the end of the block.

    Within it each process has its share of the threads of its machine, unless
    ZOO_NUM_THREADS is set.
    """
    torch, n_threads = import_torch("Training in several processes"), threads.count
    backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
    if THREADS not in os.environ:
        set_threads(max(1, n_threads // int(os.environ.get(LOCAL_COUNT, "1"))))
    store, rank, count = next(torch.distributed.rendezvous("env://"))
    torch.distributed.init_process_group(
        backend,
        store=torch.distributed.PrefixStore("zoo", store),
        rank=rank,
        world_size=count,
    )
    try:
        yield TorchWorkers(torch, store)
    finally:
        torch.distributed.destroy_process_group()
        set_threads(n_threads)


def _gradient(parameter: Parameter) -> Any:
    node, name = parameter.node, parameter.name
    if node.has_grad(name):
        return node.get_grad(name)
    value: Any = node.get_param(name)
    return node.ops.xp.zeros_like(value)


def _digest(parameters: Parameters) -> str:
    """Give a checksum of all weights."""
    digest = hashlib.sha256()
    for node, name in parameters.values():
        if node.has_param(name):
            digest.update(node.ops.to_numpy(node.get_param(name)).tobytes())
    return digest.hexdigest()


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
