"""Hold the settings of a training run, and check them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from thinc.api import Optimizer, fix_random_seed

from ..batching import Batcher
from ..config import follow
from ..config.faults import find_misfits
from ..config.values import show
from ..ranges import SHARE, Range, check_numbers, find_out_of_range
from ..schedules import repeat_last
from .batches import Place
from .optimizers import find_optimizer_problems
from .progress import LoggerSetup


@dataclass(kw_only=True)
class LoopSettings:
    """Set up the training loop.

    optimizer: Changes the weights.
    batcher: Groups documents into batches.
    seed: Start of all random numbers. Equal seeds give equal bits on CPU, with the
        same packages and kind of processor.
    gpu_allocator: "pytorch" lets CuPy use PyTorch's memory pool; null for CuPy's own.
    dropout: Chance of zeroing an activation, 0 to 1: a number or a schedule.
    accumulate_gradient: Parts that each batch is worked on in, to save memory.
    patience: Updates without a better score after which training ends. 0: never.
    max_epochs: Passes over the corpus. 0: no limit; -1: no limit, and the corpus is
        streamed in its order instead of held in memory and shuffled.
    max_steps: Updates. 0: no limit.
    eval_frequency: Updates between evaluations.
    before_to_disk: Called with what learns before it is saved; returns what to save.
    before_update: Called with what learns and {"step", "epoch"} before each update.
    logger: Makes what follows the run on the terminal.
    score_weights: How much each score counts in the choice of the best model, less
        being better where it is negative. Empty: the main scores, alike.
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
        """Tell whether to evaluate after an update, which is at a place in the data."""
        return step % self.eval_frequency == 0


@dataclass(kw_only=True)
class TrainingSettings(LoopSettings):
    """Set up the training of a pipeline: the block [training] of a config.

    The settings of the loop, and what else the config says of a run.

    train_corpus: Path in the config of the corpus to learn from.
    dev_corpus: Path in the config of the corpus to evaluate on.
    frozen_components: Components and parameters that do not learn, as
        `Pipeline.freeze` takes them.
    annotating_components: Components that annotate a batch before later ones learn
        from it. What they read then are predictions, never the truth.
    """

    train_corpus: str
    dev_corpus: str
    frozen_components: list[str] = field(default_factory=list)
    annotating_components: list[str] = field(default_factory=list)


#: What the numbers among the settings may be.
RANGES = {
    "accumulate_gradient": Range(1),
    "dropout": SHARE,
    "eval_frequency": Range(1),
    "max_epochs": Range(-1),
    "max_steps": Range(0),
    "patience": Range(0),
    "seed": Range(0, 2**32 - 1),
}


def out_of_range(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find the settings that are too small or too great; give name and problem.

    Those of an optimizer are found when it is built, and not in its block.
    """
    yield from find_out_of_range(RANGES, settings)
    yield from find_optimizer_problems(settings.get("optimizer"))
    ends = [settings.get(name) for name in ("max_epochs", "max_steps", "patience")]
    if ends in ([0, 0, 0], [-1, 0, 0]):
        yield (
            "max_steps",
            "must not be 0 where max_epochs and patience do not end the run either.",
        )


def check_settings(
    section: str, settings: LoopSettings, problems: Iterable[tuple[str, str]]
) -> None:
    """Raise TypeError for values of other types than the settings have.

    Raises ValueError for the problems, each of which is a name and what is wrong.
    """
    misfits = find_misfits(type(settings), vars(settings))
    kinds = [f"{n} must be {kind}, got {show(value)}." for n, kind, value in misfits]
    if kinds:
        raise TypeError(f"{section}: {'; '.join(kinds)}")
    told = [f"{name} {problem}" for name, problem in problems]
    if told:
        raise ValueError(f"{section}: {'; '.join(told)}")


def seed_building(values: Mapping[str, Any], section: str) -> None:
    """Seed all random numbers before a model is built.

    Modules of PyTorch draw their weights then; all else does so at initialization.

    section: The one that holds the settings of the loop.
    """
    seed = follow(values, f"{section}.seed")
    if isinstance(seed, int) and seed in RANGES["seed"]:
        fix_random_seed(seed)


def dropout_rates(value: float | Iterator[float]) -> Iterator[float]:
    """Repeat a number, or the last number of a schedule that ends."""
    values = iter([value]) if isinstance(value, int | float) else value
    for rate in repeat_last(values, "training: dropout"):
        check_numbers("training", SHARE, dropout=rate)
        yield float(rate)
