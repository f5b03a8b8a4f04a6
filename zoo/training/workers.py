"""Let several processes train one model together, each on a part of every batch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from ..docs import Doc
from ..objectives import Loss
from ..parameters import Parameter

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
