"""Train a pipeline: draw batches, update, evaluate, keep the best."""

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, NamedTuple, Protocol

from thinc.api import Optimizer

from ..docs import Doc
from ..objectives import Loss
from ..pipeline import Pipeline

Corpus = Callable[[], Iterable[Doc]]
Batcher = Callable[[Iterable[Doc]], Iterator[list[Doc]]]


class Progress(NamedTuple):
    """How far a run is, after an update."""

    step: int  # Updates so far.
    epoch: int  # Passes over the training corpus that are complete.
    words: int  # Words so far.
    seconds: float  # Since the first update began.
    done: float | None  # Share of the run, 0 to 1; None if no end is known.
    evaluation: "Evaluation | None"  # If the pipeline was evaluated after this update.


class Evaluation(NamedTuple):
    """What an evaluation found."""

    losses: dict[str, float]  # Mean per token or document since the last evaluation.
    scores: dict[str, Any]  # On the development corpus.
    score: float  # The weighted sum that chooses the best model.
    is_best: bool


class Logger(Protocol):
    """Follow a run. Called after every update, and once with None when it ends."""

    def __call__(self, progress: Progress | None) -> None: ...


#: Makes a logger for a run, from the pipeline and the folder that it writes into.
LoggerSetup = Callable[[Pipeline, Path | None], Logger]


@dataclass
class TrainingSettings:
    """Set up a run: the block [training] of a config.

    train_corpus: Path in the config of the corpus to learn from.
    dev_corpus: Path in the config of the corpus to evaluate on.
    optimizer: Changes the weights.
    batcher: Groups documents into batches.
    seed: Start of all random numbers. Equal seeds give equal bits on CPU.
    gpu_allocator: "pytorch" lets CuPy use PyTorch's memory pool; null for CuPy's own.
    dropout: Chance of zeroing an activation, 0 to 1: a number or a schedule.
    accumulate_gradient: Parts that each batch is worked on in, to save memory.
    patience: Updates without a better score after which training ends. 0: never.
    max_epochs: Passes over the corpus. 0: no limit; -1: no limit, and the corpus is
        streamed in its order instead of held in memory and shuffled.
    max_steps: Updates. 0: no limit.
    eval_frequency: Updates between evaluations.
    frozen_components: Components that do not learn.
    annotating_components: Let through for spaCy's sake: every head here can read from
        a frozen encoder.
    before_to_disk: Called with the pipeline before it is saved; returns what to save.
    before_update: Called with the pipeline and {"step", "epoch"} before each update.
    logger: Makes what follows the run on the terminal.
    score_weights: How much each score counts in the choice of the best model. Empty:
        the main score of each component, alike.
    """

    train_corpus: str
    dev_corpus: str
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
    frozen_components: list[str] = field(default_factory=list)
    annotating_components: list[str] = field(default_factory=list)
    before_to_disk: Callable[[Pipeline], Pipeline] | None = None
    before_update: Callable[[Pipeline, dict[str, Any]], None] | None = None
    logger: LoggerSetup | None = None
    score_weights: dict[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [f"{n} {problem}" for n, problem in out_of_range(vars(self))]
        if problems:
            raise ValueError(f"training: {'; '.join(problems)}")


#: The least and the greatest value of a setting.
RANGES: dict[str, tuple[float, float]] = {
    "accumulate_gradient": (1, math.inf),
    "dropout": (0, 1),
    "eval_frequency": (1, math.inf),
    "max_epochs": (-1, math.inf),
    "max_steps": (0, math.inf),
    "patience": (0, math.inf),
    "seed": (0, 2**32 - 1),
}


def out_of_range(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find the settings that are too small or too great; give name and problem."""
    for name, (least, most) in RANGES.items():
        value = settings.get(name)
        if isinstance(value, int | float) and not least <= value <= most:
            limit = f"{least} or more" if most == math.inf else f"{least} to {most}"
            yield name, f"must be {limit}, got {value}."
    ends = [settings.get(name) for name in ("max_epochs", "max_steps", "patience")]
    if ends in ([0, 0, 0], [-1, 0, 0]):
        yield (
            "max_steps",
            "must not be 0 where max_epochs and patience do not end the run either.",
        )


def train(
    pipeline: Pipeline,
    train_corpus: Corpus,
    dev_corpus: Corpus,
    settings: TrainingSettings,
    *,
    output: Path | None = None,
    loggers: Sequence[LoggerSetup] = (),
) -> Evaluation | None:
    """Train an initialized pipeline.

    output: Folder for model-best and model-last. If None, nothing is saved.
    loggers: Make what follows the run.

    Returns the best evaluation. Raises ValueError if there is nothing to learn from
    or to evaluate on.
    """
    with ExitStack() as stack:
        run = _Run(pipeline, list(dev_corpus()), settings, output)
        followers = []
        for setup in loggers:
            followers.append(setup(pipeline, output))
            stack.callback(followers[-1], None)
        for progress in run.steps(train_corpus):
            for follow in followers:
                follow(progress)
    return run.best


class _Run:
    """The state of a run: where it is, and the best it has seen."""

    def __init__(
        self,
        pipeline: Pipeline,
        dev_docs: list[Doc],
        settings: TrainingSettings,
        output: Path | None,
    ) -> None:
        self.pipeline = pipeline
        self.dev_docs = dev_docs
        self.settings = settings
        self.output = output
        self.best: Evaluation | None = None
        self.best_step = 0
        self.losses: dict[str, list[Any]] = {}
        self.weights = check_scores(pipeline, dev_docs, settings.score_weights)

    def steps(self, train_corpus: Corpus) -> Iterator[Progress]:
        """Update and evaluate until the run ends, telling of each update."""
        settings = self.settings
        batches = _Batches(train_corpus, settings)
        dropouts = _as_schedule(settings.dropout)
        start, words = perf_counter(), 0
        step = 0
        for step, batch in enumerate(batches, start=1):
            if settings.before_update is not None:
                settings.before_update(
                    self.pipeline, {"step": step, "epoch": batches.epoch}
                )
            self._update(batch, next(dropouts))
            words += sum(map(len, batch))
            evaluation = None
            is_last = step == settings.max_steps or batches.is_last
            is_due = step % settings.eval_frequency == 0
            if is_due or is_last or self._is_stale(step):
                evaluation = self._evaluate(step)
            seconds = perf_counter() - start
            done = self._share_done(step, words, batches)
            epoch = batches.epoch + batches.ends_epoch
            yield Progress(step, epoch, words, seconds, done, evaluation)
            if is_last or self._is_stale(step):
                return

    def _is_stale(self, step: int) -> bool:
        waited = step - self.best_step
        return self.best is not None and waited >= self.settings.patience > 0

    def _update(self, batch: list[Doc], dropout: float) -> None:
        settings, pipeline = self.settings, self.pipeline
        size = -(-len(batch) // settings.accumulate_gradient)
        for start in range(0, len(batch), size):
            losses = pipeline.update(
                batch[start : start + size],
                dropout=dropout,
                frozen=settings.frozen_components,
            )
            for name, loss in losses.items():
                self._add_loss(name, loss)
        pipeline.finish_update(settings.optimizer, frozen=settings.frozen_components)
        settings.optimizer.step_schedules()

    def _add_loss(self, name: str, loss: Loss) -> None:
        total = self.losses.setdefault(name, [0.0, 0])
        total[0] = total[0] + loss.total  # Stays on the device until it is read.
        total[1] += loss.count

    def _evaluate(self, step: int) -> Evaluation:
        losses = {name: float(t) / max(n, 1) for name, (t, n) in self.losses.items()}
        self.losses = {}
        for name, loss in losses.items():
            if not math.isfinite(loss):
                raise RuntimeError(
                    f"training: the loss of '{name}' is {loss} after {step} updates. "
                    f"Lower the learning rate."
                )
        pipeline, averages = self.pipeline, self.settings.optimizer.averages
        with pipeline.use_params(averages):
            scores = pipeline.evaluate(self.dev_docs)
            score = self._weigh(scores)
            is_best = self.best is None or score > self.best.score
            evaluation = Evaluation(losses, scores, score, is_best)
            if is_best:
                self.best, self.best_step = evaluation, step
            self._save(scores, is_best)
        return evaluation

    def _weigh(self, scores: dict[str, Any]) -> float:
        return float(sum(scores[name] * w for name, w in self.weights.items()))

    def _save(self, scores: dict[str, Any], is_best: bool) -> None:
        if self.output is None:
            return
        pipeline = self.pipeline
        if self.settings.before_to_disk is not None:
            pipeline = self.settings.before_to_disk(pipeline)
            if not isinstance(pipeline, Pipeline):
                raise TypeError(
                    f"training: before_to_disk must return the pipeline to save, got "
                    f"{type(pipeline).__name__}."
                )
        pipeline.scores = scores
        if is_best:
            pipeline.to_disk(self.output / "model-best")
        pipeline.to_disk(self.output / "model-last")

    def _share_done(self, step: int, words: int, batches: "_Batches") -> float | None:
        settings, shares = self.settings, []
        if settings.max_steps:
            shares.append(step / settings.max_steps)
        if settings.max_epochs > 0:
            all_words = settings.max_epochs * batches.words_per_epoch
            shares.append(words / max(all_words, 1))
        return min(max(shares), 1.0) if shares else None


class _Batches:
    """Draw batches epoch after epoch, and know which one is the last."""

    def __init__(self, corpus: Corpus, settings: TrainingSettings) -> None:
        self.corpus = corpus
        self.settings = settings
        self.epoch = 0  # Passes that were complete before the batch.
        self.ends_epoch = False
        self.words_per_epoch = 0

    @property
    def is_last(self) -> bool:
        return self.ends_epoch and self.epoch + 1 == self.settings.max_epochs

    def __iter__(self) -> Iterator[list[Doc]]:
        for epoch, docs in enumerate(self._epochs()):
            self.epoch = epoch
            batches = iter(self.settings.batcher(docs))
            batch = next(batches, None)
            if batch is None:
                raise ValueError(
                    "training: the training corpus gives no batch. It holds no "
                    "documents, or the batcher left them all out as too long."
                )
            while batch is not None:
                following = next(batches, None)
                self.ends_epoch = following is None
                yield batch
                batch = following

    def _epochs(self) -> Iterator[Iterable[Doc]]:
        if self.settings.max_epochs < 0:
            while True:
                yield self.corpus()
        docs = list(self.corpus())
        self.words_per_epoch = sum(map(len, docs))
        order = random.Random(self.settings.seed)
        while True:
            order.shuffle(docs)
            yield docs


def check_scores(
    pipeline: Pipeline, dev_docs: list[Doc], weights: Mapping[str, float | None]
) -> dict[str, float]:
    """Give the weight of every score that counts in the choice of the best model.

    weights: As in a config. If there are none, the main score of each component.

    Raises ValueError if the development corpus has no documents, or no labels for one
    of the scores.
    """
    if not dev_docs:
        raise ValueError("training: the development corpus holds no documents.")
    counted = {n: w for n, w in (weights or pipeline.score_weights()).items() if w}
    known: dict[str, Any] = {}
    for _, objective in pipeline.heads:
        known |= objective.score(dev_docs, dev_docs)
    for name in counted:
        if not isinstance(known.get(name), int | float):
            found = [n for n, v in known.items() if isinstance(v, int | float)]
            raise ValueError(
                f"training: score_weights names {name}, which the development corpus "
                f"gives no figure for. It gives: {', '.join(found) or 'none'}."
            )
    return counted


def _as_schedule(value: float | Iterator[float]) -> Iterator[float]:
    """Repeat a number, or the last number of a schedule that ends."""
    values = iter([value]) if isinstance(value, int | float) else value
    last = 0.0
    for last in values:
        if not 0 <= last <= 1:
            raise ValueError(f"training: dropout must be 0 to 1, got {last}.")
        yield float(last)
    while True:
        yield float(last)
