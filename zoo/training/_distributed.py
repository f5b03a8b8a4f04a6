"""Train one model in several processes, each of which takes a part of every batch."""

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

#: The variables in which `torchrun` tells a process how many there are, which one it
#: is, and both for the processes of its machine.
COUNT, RANK = "WORLD_SIZE", "RANK"
LOCAL_COUNT, LOCAL_RANK = "LOCAL_WORLD_SIZE", "LOCAL_RANK"
#: The variable in which the user sets the threads of each process.
THREADS = "ZOO_NUM_THREADS"
#: The key under which the processes that are left count themselves.
LEFT = "zoo-left"


class WorkerLostError(RuntimeError):
    """Another process of the run has ended, or cannot be reached."""


class Workers(Protocol):
    """The processes that train one model together, as one of them sees them.

    All draw the same batches, and each takes a part of every batch. Their gradients
    are summed, so that all change the weights alike: the update is that of one process
    with the whole batch, except for dropout. The first process writes.

    Attributes:
        rank: The number of this process, from 0. When a process is lost, those that
            are left are numbered again, so that one of them is the first and saves.
        local_rank: Its number among those of its machine.
        count: How many there are.
    """

    rank: int
    local_rank: int
    count: int

    def share(self, batch: list[Doc]) -> list[Doc]:
        """Return the part of a batch that this process takes. It may be empty."""

    def seed(self, seed: int, step: int) -> None:
        """Seed the random numbers of this process for an update."""

    def add_up(
        self, parameters: Parameters, losses: Mapping[str, Loss]
    ) -> Mapping[str, Loss]:
        """Sum the gradients over all processes, and return the sums of the losses.

        Raises:
            WorkerLostError: A process is lost. The methods below raise it too.
        """

    def any(self, flag: bool) -> bool:
        """Return whether a flag is set in any process."""

    def first(self, function: Callable[[], Result]) -> Result:
        """Call a function in the first process only, and return its result in all."""

    def check_equal(self, parameters: Parameters, place: Sequence[Any]) -> None:
        """Raise RuntimeError unless all have the same weights and position."""


class Alone:
    """One process that trains by itself."""

    rank = 0
    local_rank = 0
    count = 1

    def share(self, batch: list[Doc]) -> list[Doc]:
        """Return the whole batch."""
        return batch

    def seed(self, seed: int, step: int) -> None:
        """Do nothing: the random numbers go on as they are."""

    def add_up(
        self, parameters: Parameters, losses: Mapping[str, Loss]
    ) -> Mapping[str, Loss]:
        """Return the losses."""
        return losses

    def any(self, flag: bool) -> bool:
        """Return the flag."""
        return flag

    def first(self, function: Callable[[], Result]) -> Result:
        """Call the function."""
        return function()

    def check_equal(self, parameters: Parameters, place: Sequence[Any]) -> None:
        """Do nothing: there is no other process."""


class TorchWorkers:
    """Processes that exchange arrays by ``torch.distributed``: see `Workers`.

    Args:
        torch: The module, whose process group is initialized.
        store: The counters of all processes. It exists while the process that owns it
            runs: `torchrun`, or else the first one.
    """

    def __init__(self, torch: Any, store: Any) -> None:
        self.torch = torch
        self.store = store
        self.rank: int = torch.distributed.get_rank()
        self.local_rank = int(os.environ.get(LOCAL_RANK, self.rank))
        self.count: int = torch.distributed.get_world_size()

    def share(self, batch: list[Doc]) -> list[Doc]:
        """Return the part of a batch that this process takes. It may be empty."""
        parts = split_by_words(batch, self.count)
        return parts[self.rank] if self.rank < len(parts) else []

    def seed(self, seed: int, step: int) -> None:
        """Seed the random numbers by the step, so that a resumed run draws the same.

        They differ between processes, as dropout should.
        """
        state = np.random.SeedSequence([seed, step, self.rank]).generate_state(1)
        fix_random_seed(int(state[0]))

    def add_up(
        self, parameters: Parameters, losses: Mapping[str, Loss]
    ) -> Mapping[str, Loss]:
        """Sum the gradients over all processes, and return the sums of the losses."""
        flags = [float(bool(n.has_grad(name))) for n, name in parameters.values()]
        counts = [float(loss.count) for loss in losses.values()]
        # On the host, so that no process waits for a GPU.
        summed = self._sum(np.array([*flags, *counts], dtype="d")).tolist()
        pairs = zip(parameters.values(), summed, strict=False)
        chosen = [parameter for parameter, n in pairs if n]
        xp = next(iter(parameters.values())).node.ops.xp
        totals = [xp.asarray(loss.total, "f").reshape(1) for loss in losses.values()]
        totals = self._sum_gradients(xp, chosen, totals)
        triples = zip(losses, totals, summed[len(flags) :], strict=True)
        return {name: Loss(total, int(count), None) for name, total, count in triples}

    def any(self, flag: bool) -> bool:
        """Return whether a flag is set in any process."""
        return bool(self._sum(np.array([float(flag)]))[0])

    def first(self, function: Callable[[], Result]) -> Result:
        """Call a function in the first process only, and return its result in all."""
        answer: list[Any] = [function() if self.rank == 0 else None]
        with self._loss_reported():
            self.torch.distributed.broadcast_object_list(answer, src=0)
        result: Result = answer[0]
        return result

    def check_equal(self, parameters: Parameters, place: Sequence[Any]) -> None:
        """Raise RuntimeError unless all have the same weights and position."""
        own = {"weights": _digest(parameters), "documents": list(place)}
        found: list[Any] = [None] * self.count
        with self._loss_reported():
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
        """Sum gradients in one exchange; a missing one counts as zeros.

        Args:
            xp: The array module.
            parameters: Those whose gradients are summed, in place.
            others: More arrays to sum, (n,) each.

        Returns:
            The sums of the others, as one array.
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
        tensor = as_tensor(array, in_place=True)
        with self._loss_reported():
            self.torch.distributed.all_reduce(tensor)
        return array

    @contextmanager
    def _loss_reported(self) -> Iterator[None]:
        """Raise WorkerLostError if PyTorch reports that a process is lost."""
        try:
            yield
        except RuntimeError as error:
            self._elect()
            raise WorkerLostError(f"{type(error).__name__}: {error}") from error

    def _elect(self) -> None:
        """Number the processes that are left, so that one of them is the first."""
        try:
            self.rank = self.store.add(LEFT, 1) - 1
        except RuntimeError:  # The process that held the store is the one that is lost.
            self.rank = 0 if self.count == 2 else self.rank


@contextmanager
def join(*, on_gpu: bool = False) -> Iterator[TorchWorkers]:
    """Connect to the other processes inside the block.

    Each process gets its share of the threads of its machine there, unless
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
    """Return a checksum of all weights."""
    digest = hashlib.sha256()
    for node, name in parameters.values():
        if node.has_param(name):
            digest.update(node.ops.to_numpy(node.get_param(name)).tobytes())
    return digest.hexdigest()


def is_alone() -> bool:
    """Return whether `torchrun` has started no other processes."""
    return int(os.environ.get(COUNT, "1")) == 1


def is_first() -> bool:
    """Return whether this process is the first, as the environment says."""
    return is_alone() or os.environ.get(RANK, "0") == "0"


def starting_command() -> list[str]:
    """Return the beginning of a command of zoo that starts as many processes again.

    It is empty in all processes but the first, as one command starts them all.
    """
    if is_alone():
        return ["zoo"]
    if not is_first():
        return []
    count = os.environ.get(LOCAL_COUNT, os.environ[COUNT])
    return ["torchrun", "--nproc-per-node", count, "-m", "zoo"]


@contextmanager
def join_workers(*, on_gpu: bool = False) -> Iterator[Workers]:
    """Connect to the other processes that `torchrun` has started, if there are any.

    Args:
        on_gpu: Whether gradients are on a GPU, one for each process.

    Raises:
        ImportError: There are other processes, but PyTorch is missing.
    """
    if is_alone():
        yield Alone()
        return
    with join(on_gpu=on_gpu) as workers:
        yield workers
