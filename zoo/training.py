"""Train a pipeline: draw batches, update, evaluate, keep the best."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, Protocol

from thinc.api import Config, Optimizer, fix_random_seed

from .config import ConfigError, Fault, Schema, check, interpolate, resolve_block
from .docs import Doc
from .objectives import Loss
from .pipeline import Pipeline, pipeline_schemas

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
    gpu_allocator: str | None = None
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
        for name in ("accumulate_gradient", "eval_frequency"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"training: {name} must be 1 or more, got {getattr(self, name)}."
                )
        if self.max_epochs <= 0 and not self.max_steps and not self.patience:
            raise ValueError(
                "training: nothing ends the run, as max_epochs, max_steps and patience "
                "are all 0. Set one of them."
            )


def train(
    pipeline: Pipeline,
    train_corpus: Corpus,
    dev_corpus: Corpus,
    settings: TrainingSettings,
    *,
    output: Path | None = None,
    loggers: Sequence[Logger] = (),
) -> Evaluation | None:
    """Train an initialized pipeline.

    output: Folder for model-best and model-last. If None, nothing is saved.
    loggers: What follows the run.

    Returns the best evaluation. Raises ValueError if there is nothing to learn from
    or to evaluate on.
    """
    dev_docs = list(dev_corpus())
    if not dev_docs:
        raise ValueError("training: the development corpus holds no documents.")
    run = _Run(pipeline, dev_docs, settings, output)
    with ExitStack() as stack:
        for logger in loggers:
            stack.callback(logger, None)
        for progress in run.steps(train_corpus):
            for logger in loggers:
                logger(progress)
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
        self.weights = {
            name: weight
            for name, weight in (
                settings.score_weights or pipeline.score_weights()
            ).items()
            if weight
        }

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
            if step % settings.eval_frequency == 0 or is_last:
                evaluation = self._evaluate(step)
            seconds = perf_counter() - start
            done = self._share_done(step, words, batches)
            yield Progress(step, batches.epoch, words, seconds, done, evaluation)
            is_stale = step - self.best_step >= settings.patience > 0
            if is_last or is_stale:
                return

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
        missing = [name for name in self.weights if scores.get(name) is None]
        if missing:
            found = [name for name, value in scores.items() if isinstance(value, float)]
            raise ValueError(
                f"training: score_weights names {', '.join(missing)}, which the "
                f"development corpus gives no figure for. It gives: {', '.join(found)}."
            )
        return sum(scores[name] * weight for name, weight in self.weights.items())

    def _save(self, scores: dict[str, Any], is_best: bool) -> None:
        if self.output is None:
            return
        pipeline = self.pipeline
        if self.settings.before_to_disk is not None:
            pipeline = self.settings.before_to_disk(pipeline)
        pipeline.scores = scores
        if is_best:
            pipeline.to_disk(self.output / "model-best")
        pipeline.to_disk(self.output / "model-last")

    def _share_done(self, step: int, words: int, batches: "_Batches") -> float | None:
        settings, shares = self.settings, []
        if settings.max_steps:
            shares.append(step / settings.max_steps)
        if settings.max_epochs > 0:
            shares.append(words / (settings.max_epochs * batches.words_per_epoch))
        return min(max(shares), 1.0) if shares else None


class _Batches:
    """Draw batches epoch after epoch, and know which one is the last."""

    def __init__(self, corpus: Corpus, settings: TrainingSettings) -> None:
        self.corpus = corpus
        self.settings = settings
        self.epoch = 0
        self.is_last = False
        self.words_per_epoch = 0

    def __iter__(self) -> Iterator[list[Doc]]:
        for docs in self._epochs():
            batches = iter(self.settings.batcher(docs))
            batch = next(batches, None)
            if batch is None:
                raise ValueError(
                    "training: the training corpus gives no batch. It holds no "
                    "documents, or the batcher left them all out as too long."
                )
            while batch is not None:
                following = next(batches, None)
                if following is None:
                    self.epoch += 1
                    self.is_last = self.epoch == self.settings.max_epochs
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


def _as_schedule(value: float | Iterator[float]) -> Iterator[float]:
    """Repeat a number, or the last number of a schedule that ends."""
    if isinstance(value, int | float):
        value = iter([float(value)])
    last = 0.0
    for last in value:
        yield last
    while True:
        yield last


@dataclass
class Plan:
    """A pipeline, its corpora and its settings, as a config describes them."""

    pipeline: Pipeline
    train_corpus: Corpus
    dev_corpus: Corpus
    settings: TrainingSettings


def plan_training(config: Config) -> Plan:
    """Build everything that a run needs from a config, and initialize the pipeline.

    Raises ConfigError with all faults of the config before a corpus is read.
    """
    values = interpolate(config)
    check(values, training_schemas(values), need_all=True)
    settings = TrainingSettings(**resolve_block(values["training"], "training"))
    corpora = {}
    for name in ("train_corpus", "dev_corpus"):
        path = getattr(settings, name)
        block = _follow(values, path, f"training.{name}")
        corpora[name] = resolve_block(block, path)
    fix_random_seed(settings.seed)
    pipeline = Pipeline.from_config(config)
    unknown = set(settings.frozen_components) - set(pipeline.components)
    if unknown:
        message = f"there is no component {', '.join(sorted(unknown))}."
        raise ConfigError(
            "The config has a fault:", [Fault("training.frozen_components", message)]
        )
    pipeline.initialize(list(corpora["train_corpus"]()))
    return Plan(pipeline, corpora["train_corpus"], corpora["dev_corpus"], settings)


def training_schemas(config: Config) -> dict[str, Schema]:
    """Say what the plain blocks of a training config may hold."""
    schemas = pipeline_schemas(config)
    if "training" not in config:
        raise ConfigError(
            "The config does not say how to train:",
            [Fault("training", "the block is missing. `zoo init config` writes one.")],
        )
    return {**schemas, "training": Schema(TrainingSettings)}


def _follow(config: Any, path: str, asked_by: str) -> Any:
    block = config
    for step in path.split("."):
        if not isinstance(block, dict) or step not in block:
            raise ConfigError(
                "The config has a fault:",
                [Fault(asked_by, f"it names the block [{path}], which is not there.")],
            )
        block = block[step]
    return block
