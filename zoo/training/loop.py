"""Train: draw batches, update, evaluate, keep the best and a place to go on from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np

from .._atomic import replace_file, settle_folder
from ..corpora import write_jsonl
from ..doc import Doc
from ..objectives import Loss
from ._batches import Batches, split_by_words
from ._checkpoint import RunState, load_checkpoint, save_checkpoint
from ._distributed import Alone, WorkerLostError, Workers
from ._finite import INTERVAL as CHECK_INTERVAL
from ._finite import FiniteCheck, NotFiniteError, describe_batch, memory_named
from ._interrupt import Stop, stop_on_signals
from ._optimizers import GroupOptimizer
from ._random_state import RandomState
from ._training_config import LoopSettings, dropout_rates
from .learner import Corpus, Learner
from .loggers import Evaluation, LoggerSetup, Progress, weigh

BEST = "model-best"
LAST = "model-last"
CHECKPOINT = "checkpoint"
#: The batch in which a number was not finite.
BAD_BATCH = "bad-batch.jsonl"
#: The share of a run that checkpoints may take, but for the last one.
MAX_SHARE = 0.02
#: Seconds after which a checkpoint is saved without an evaluation.
INTERVAL = 600.0


def train(
    learner: Learner,
    train_corpus: Corpus,
    dev_corpus: Corpus,
    settings: LoopSettings,
    *,
    output: Path | None = None,
    loggers: Sequence[LoggerSetup] = (),
    resume: bool = False,
    workers: Workers | None = None,
) -> Evaluation | None:
    """Train what has weights already, such as an initialized pipeline.

    learner: What learns.
    train_corpus: What it learns from. It is held in memory unless max_epochs is -1.
    dev_corpus: What it is evaluated on.
    output: Folder for model-best, model-last and the checkpoint. If None, nothing is
        saved.
    loggers: Make what follows the run.
    resume: Whether to go on from the checkpoint in `output`, if there is one. The
        corpora and settings must be made as they were before.
    workers: The processes that train together, each of which calls this with the same
        arguments. The first one writes. If None, this process trains alone.

    Returns the best evaluation.

    Raises ValueError if there is nothing to learn from or to evaluate on, or a
    checkpoint is not one of this run; RuntimeError for numbers that are not finite,
    and for a lack of memory or of a process; KeyboardInterrupt after Ctrl-C or
    SIGTERM, when the update is done and a checkpoint saved. A second one interrupts
    at once.
    """
    dev_docs = list(dev_corpus())
    if not dev_docs:
        raise ValueError("training: the development corpus holds no documents.")
    run = _Run(learner, dev_docs, settings, output, workers or Alone())
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signals())
        followers = []
        for setup in loggers if run.workers.rank == 0 else ():
            followers.append(setup(learner, output))
            stack.callback(followers[-1], None)
        if resume:
            run.resume()
        try:
            run.workers.check_equal(run.parameters, run.state.place)
            for progress in run.steps(train_corpus):
                for follow in followers:
                    follow(progress)
                run.save_place(progress.evaluation is not None, stop)
        except WorkerLostError as error:
            raise run.save_what_is_left(error) from error
    return run.state.best


class _Run:
    """Update and evaluate until a run ends."""

    def __init__(
        self,
        learner: Learner,
        dev_docs: list[Doc],
        settings: LoopSettings,
        output: Path | None,
        workers: Workers,
    ) -> None:
        self.learner = learner
        self.dev_docs = dev_docs
        self.settings = settings
        self.output = output
        self.workers = workers
        self.state = RunState(seed=settings.seed)
        self.weights = settings.score_weights or learner.score_weights()
        self.parameters = learner.parameters  # To find them takes a while.
        if isinstance(settings.optimizer, GroupOptimizer):
            settings.optimizer.bind(self.parameters)
        self.check = FiniteCheck(self.parameters)
        self.batch: list[Doc] = []  # That of the last update.
        self.dropouts = dropout_rates(settings.dropout)
        self.is_over = False
        self.is_evaluating = False
        self.saved_at = perf_counter()
        self.saving_took = 0.0

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if self.output is None:
            raise ValueError("training: to resume a run, its output folder is needed.")
        for name in (CHECKPOINT, BEST, LAST):
            settle_folder(self.output / name)  # It may have been killed as it saved.
        folder = self.output / CHECKPOINT
        if folder.exists():
            self.state = load_checkpoint(
                folder, self.learner, self.settings.optimizer, self.settings.seed
            )
            for _ in range(self.state.step):
                next(self.dropouts)

    def steps(self, corpus: Corpus) -> Iterator[Progress]:
        """Update and evaluate until the run ends, telling of each update."""
        settings, state = self.settings, self.state
        batches = Batches(
            corpus,
            settings.batcher,
            max_epochs=settings.max_epochs,
            seed=settings.seed,
            start=state.place,
        )
        began = perf_counter() - state.seconds
        self.is_over = self._is_over(batches)
        if self.is_over:
            return
        for batch in batches:
            if settings.before_update is not None:
                info = {"step": state.step + 1, "epoch": batches.place.epoch}
                settings.before_update(self.learner, info)
            self._update(batch)
            state.place, evaluation = batches.place, None
            if settings.is_due(state.step, state.place) or self._is_over(batches):
                evaluation = self._evaluate()
            self.is_over = self._is_over(batches)  # A better score may let it go on.
            state.seconds = perf_counter() - began
            yield self._tell(batches, evaluation)
            if self.is_over:
                return

    def _tell(self, batches: Batches, evaluation: Evaluation | None) -> Progress:
        settings, state, shares = self.settings, self.state, []
        if settings.max_steps:
            shares.append(state.step / settings.max_steps)
        if settings.max_epochs > 0:
            all_words = settings.max_epochs * batches.words_per_epoch
            shares.append(state.words / max(all_words, 1))
        return Progress(
            step=state.step,
            epoch=state.place.n_epochs,
            words=state.words,
            seconds=state.seconds,
            done=min(max(shares), 1.0) if shares else None,
            evaluation=evaluation,
        )

    def _is_over(self, batches: Batches) -> bool:
        state, settings = self.state, self.settings
        waited = state.step - state.best_step
        is_stale = state.best is not None and waited >= settings.patience > 0
        is_done = state.step >= settings.max_steps > 0
        return is_stale or is_done or batches.is_last

    def _update(self, batch: list[Doc]) -> None:
        settings, learner, state = self.settings, self.learner, self.state
        dropout, share = next(self.dropouts), self.workers.share(batch)
        # A share may be empty; all processes must tell of the same losses.
        parts = split_by_words(share, settings.accumulate_gradient) or [[]]
        before = RandomState.now(learner.generators)

        def update() -> Mapping[str, Loss]:
            self.workers.seed(settings.seed, state.step)
            return _sum_losses([learner.update(p, dropout=dropout) for p in parts])

        with (
            memory_named(batch, state.step + 1),
            np.errstate(over="ignore", invalid="ignore"),  # The check tells of them.
        ):
            try:
                losses = self.workers.add_up(self.parameters, update())
                self.check.check_losses(losses)
                self.check.check_gradients()
                learner.finish_update(settings.optimizer)
            except NotFiniteError as error:
                before.restore(learner.generators)
                raise self._explain(error, batch, update) from error
            except WorkerLostError:
                before.restore(learner.generators)
                raise
        self._add_losses(losses)
        settings.optimizer.step_schedules()
        state.step += 1
        state.words += sum(map(len, batch))
        self.batch = batch
        if state.step % CHECK_INTERVAL == 0:
            self._check_all()

    def _check_all(self) -> None:
        """Check all parameters, as before anything is saved."""
        try:
            self.check.check_all()
        except NotFiniteError as error:
            raise self._explain(error, self.batch, lambda: None) from error

    def _add_losses(self, losses: Mapping[str, Loss]) -> None:
        for name, loss in losses.items():
            total = self.state.losses.setdefault(name, [0.0, 0])
            # On a GPU it stays there until it is read.
            on_gpu = self.check.is_on_gpu
            total[0] += loss.total if on_gpu else float(loss.total)
            total[1] += loss.count

    def save_what_is_left(self, error: WorkerLostError) -> WorkerLostError:
        """Save a checkpoint of the last update that is complete.

        After an evaluation that is not complete none is saved, so that the run goes
        on before it, from an earlier one.
        """
        for node, name in self.parameters.values():
            if node.has_grad(name):
                node.set_grad(name, 0 * node.get_grad(name))
        kept = ", of which there is a checkpoint"
        if self.output is None:
            kept = ""
        elif self.is_evaluating:
            kept = ", whose evaluation is not complete; earlier checkpoints are kept"
        else:
            self._save_checkpoint()
        return WorkerLostError(
            f"training: another process of the run was lost after update "
            f"{self.state.step}{kept}. Go on with --resume. ({error})"
        )

    def _explain(
        self, error: NotFiniteError, batch: list[Doc], update: Callable[[], object]
    ) -> NotFiniteError:
        """Say where a number first was not finite, and save the batch."""
        layer, saved = self.check.find_layer(self.learner, update), ""
        step = self.state.step + (batch is not self.batch)
        if self.output is not None and self.workers.rank == 0:
            file = self.output / BAD_BATCH
            with replace_file(file) as new, new.open("w", encoding="utf8") as stream:
                write_jsonl(batch, stream)
            saved = f" It is saved as {file}; the models of earlier updates are kept."
        first = f" The first layer to give such numbers is {layer}." if layer else ""
        return NotFiniteError(
            f"training: {error} in update {step}.{first} The batch has "
            f"{describe_batch(batch)}.{saved} Lower training.optimizer.learn_rate, or "
            f"look for what is unusual in the batch."
        )

    def _evaluate(self) -> Evaluation:
        state = self.state
        self._check_all()
        self.is_evaluating = True
        self.workers.check_equal(self.parameters, state.place)
        evaluation = self.workers.first(self._measure)
        self.is_evaluating = False
        state.losses = {}
        if evaluation.is_best:
            state.best, state.best_step = evaluation, state.step
        return evaluation

    def _measure(self) -> Evaluation:
        """Score what was learned, and save it."""
        state, learner = self.state, self.learner
        losses = {n: float(t) / max(count, 1) for n, (t, count) in state.losses.items()}
        with learner.use_params(self.settings.optimizer.averages):
            scores = learner.evaluate(self.dev_docs)
            evaluation = weigh(losses, scores, self.weights, state.best)
            self._save_models(evaluation)
        return evaluation

    def _save_models(self, evaluation: Evaluation) -> None:
        if self.output is None:
            return
        learner = self.learner
        if self.settings.before_to_disk is not None:
            learner = self.settings.before_to_disk(learner)
            if not hasattr(learner, "to_disk"):
                raise TypeError(
                    f"training: before_to_disk must return the pipeline to save, got "
                    f"{type(learner).__name__}."
                )
        learner.scores = evaluation.scores
        with self._saving():
            if evaluation.is_best:
                learner.to_disk(self.output / BEST)
            learner.to_disk(self.output / LAST)

    def save_place(self, is_evaluated: bool, stop: Stop) -> None:
        """Save a checkpoint if it is time, and end the run if that was asked for.

        It is time at an evaluation, or after a while without one, unless that would
        take too much of the run; and always at the end.
        """
        waited = perf_counter() - self.saved_at
        is_time = is_evaluated or waited > INTERVAL
        is_cheap = self.saving_took <= MAX_SHARE * waited
        is_asked = self.workers.any(stop.is_asked)
        if (is_time and is_cheap) or self.is_over or is_asked:
            self._save_checkpoint()
        if is_asked and not self.is_over:
            raise KeyboardInterrupt(
                f"training: stopped after update {self.state.step}, as asked."
            )

    def _save_checkpoint(self) -> None:
        if self.output is None or self.workers.rank > 0:
            return
        self._check_all()
        began = perf_counter()
        optimizer = self.settings.optimizer
        with self._saving():
            folder = self.output / CHECKPOINT
            save_checkpoint(folder, self.learner, optimizer, self.state)
        self.saved_at = perf_counter()
        self.saving_took = self.saved_at - began

    @contextmanager
    def _saving(self) -> Iterator[None]:
        """Tell of a failure to save what it leaves, such as on a disk that is full."""
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"training: update {self.state.step} could not be saved in "
                f"{self.output}: {error.strerror or error}. What was saved before is "
                f"kept. Make room, and go on with --resume",
            ) from error


def _sum_losses(parts: Sequence[Mapping[str, Loss]]) -> dict[str, Loss]:
    """Add up the losses of the parts of a batch; they stay where they are."""
    summed = dict(parts[0])
    for part in parts[1:]:
        for name, loss in part.items():
            before = summed.get(name, Loss(0.0, 0, None))
            total, count = before.total + loss.total, before.count + loss.count
            summed[name] = Loss(total, count, None)
    return summed
