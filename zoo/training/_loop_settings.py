"""Define the settings of the training loop, and check them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from thinc.api import Optimizer, fix_random_seed

from .._check_numbers import Range, check_numbers, find_out_of_range
from .._schedules import repeat_last
from ..config import follow
from ..config._validate import find_misfits, show
from ._batchers import Batcher
from ._batches import Place
from ._optimizers import find_optimizer_problems
from .loggers import LoggerSetup

#: What a dropout may be. With 1, nothing would be learned.
DROPOUT = Range(0, 1, below=True)
#: The ranges of the numbers among the settings.
RANGES = {
    "accumulate_gradient": Range(1),
    "dropout": DROPOUT,
    "eval_frequency": Range(1),
    "max_epochs": Range(-1),
    "max_steps": Range(0),
    "patience": Range(0),
    "seed": Range(0, 2**32 - 1),
}


@dataclass(kw_only=True)
class LoopSettings:
    """Settings of the training loop.

    Args:
        optimizer: Changes the weights.
        batcher: Groups documents into batches.
        seed: Seed of all random numbers. On CPU, runs with equal seeds are bitwise
            identical, with the same packages and kind of processor.
        gpu_allocator: "pytorch" lets CuPy use PyTorch's memory pool; null for CuPy's
            own.
        dropout: Probability of zeroing an activation, 0 or more and below 1: a number
            or a schedule.
        accumulate_gradient: Parts into which each batch is split, to save memory.
        patience: Updates without a better score after which training ends. 0: never.
        max_epochs: Passes over the corpus. 0: no limit; -1: no limit, and the corpus
            is streamed in its order instead of held in memory and shuffled.
        max_steps: Updates. 0: no limit.
        eval_frequency: Updates between evaluations.
        before_to_disk: Called with what learns before it is saved; returns what to
            save.
        before_update: Called with what learns and {"step", "epoch"} before each
            update. Both are counted from 0.
        logger: Makes what follows the run on the terminal.
        score_weights: How much each score counts in the choice of the best model; a
            negative weight means that less is better. Empty: the main scores, equally.
    """

    optimizer: Optimizer
    batcher: Batcher
    seed: int = 0
    gpu_allocator: Literal["pytorch", "tensorflow"] | None = None
    dropout: float | Iterator[float] = 0.1
    accumulate_gradient: int = 1
    patience: int = 1600
    max_epochs: int = 0
    max_steps: int = 20000
    eval_frequency: int = 200
    before_to_disk: Callable[[Any], Any] | None = None
    before_update: Callable[[Any, dict[str, Any]], None] | None = None
    logger: LoggerSetup | None = None
    score_weights: dict[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_settings("training", self, out_of_range(vars(self)))

    def is_due(self, step: int, place: Place) -> bool:
        """Return whether to evaluate after an update.

        Args:
            step: The number of updates so far.
            place: The position in the data.
        """
        return step % self.eval_frequency == 0


def out_of_range(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find the settings that are out of range.

    Settings of an optimizer are checked once it is built, not in its block.

    Yields:
        The name of a setting, and what is wrong with it.
    """
    yield from find_out_of_range(RANGES, settings)
    yield from find_optimizer_problems(settings.get("optimizer"))
    weights = settings.get("score_weights")
    for name, weight in weights.items() if isinstance(weights, Mapping) else ():
        if isinstance(weight, int | float) and not abs(weight) <= sys.float_info.max:
            yield f"score_weights.{name}", f"must be finite, got {weight}."
    ends = [settings.get(name) for name in ("max_epochs", "max_steps", "patience")]
    if ends in ([0, 0, 0], [-1, 0, 0]):
        yield (
            "max_steps",
            "must not be 0 if max_epochs and patience do not end the run either.",
        )


def check_settings(
    section: str, settings: LoopSettings, problems: Iterable[tuple[str, str]]
) -> None:
    """Refuse settings of a wrong type, or with problems.

    Args:
        section: The section that holds the settings, for messages.
        settings: The settings.
        problems: Names of settings, and what is wrong with each.

    Raises:
        TypeError: A value is not of the type that the setting has.
        ValueError: There are problems.
    """
    misfits = find_misfits(type(settings), vars(settings))
    kinds = [f"{n} must be {kind}, got {show(value)}." for n, kind, value in misfits]
    if kinds:
        raise TypeError(f"{section}: {'; '.join(kinds)}")
    found = [f"{name} {problem}" for name, problem in problems]
    if found:
        raise ValueError(f"{section}: {'; '.join(found)}")


def seed_building(values: Mapping[str, Any], section: str) -> None:
    """Seed all random numbers before a model is built.

    Modules of PyTorch draw their weights then; all others do so at initialization.

    Args:
        values: The config, with its variables interpolated.
        section: The section that holds the settings of the loop.
    """
    seed = follow(values, f"{section}.seed")
    if isinstance(seed, int) and seed in RANGES["seed"]:
        fix_random_seed(seed)


def dropout_rates(value: float | Iterator[float]) -> Iterator[float]:
    """Repeat a number, or the last number of a schedule that ends."""
    values = iter([value]) if isinstance(value, int | float) else value
    for rate in repeat_last(values, "training: dropout"):
        check_numbers("training", DROPOUT, dropout=rate)
        yield float(rate)
