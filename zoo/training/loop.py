"""Train: draw batches, update, evaluate, and save the best model and checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from .._garbage import present_objects_spared
from ..doc import Doc
from ._batches import Batches, digest_annotation, other_corpus
from ._checkpoint import RunState
from ._distributed import Alone, WorkerLostError, Workers
from ._evaluator import Evaluator
from ._interrupt import Stop, stop_on_signals
from ._loop_settings import LoopSettings
from ._optimizers import GroupOptimizer
from ._run_folder import lock_folder
from ._saver import Saver, load_state
from ._updater import Updater
from .learner import Corpus, Learner
from .loggers import Evaluation, LoggerSetup, Progress


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

    Args:
        learner: What learns.
        train_corpus: What it learns from. It is held in memory unless max_epochs is
            -1.
        dev_corpus: What it is evaluated on.
        settings: The settings of the loop.
        output: Folder for model-best, model-last and the checkpoint. If None, nothing
            is saved.
        loggers: Make what follows the run.
        resume: Whether to go on from the checkpoint in `output`, if there is one. The
            corpora and settings must be the same as before.
        workers: The processes that train together, each of which calls this with the
            same arguments. The first one writes. If None, this process trains alone.

    Returns:
        The best evaluation, or None if there was none.

    Raises:
        ValueError: There is nothing to learn from or to evaluate on, or the checkpoint
            is not one of this run.
        FileNotFoundError: A run to resume has models, but no checkpoint.
        RuntimeError: Numbers are not finite, memory or a process is missing, or
            another run is writing into the folder.
        KeyboardInterrupt: Ctrl-C or SIGTERM came. The update is complete then, and a
            checkpoint saved. A second signal interrupts at once.
    """
    with ExitStack() as stack:
        if output is not None and (workers is None or workers.rank == 0):
            stack.enter_context(lock_folder(output))
        return train_unlocked(
            learner,
            train_corpus,
            dev_corpus,
            settings,
            output=output,
            loggers=loggers,
            resume=resume,
            workers=workers or Alone(),
        )


def train_unlocked(
    learner: Learner,
    train_corpus: Corpus,
    dev_corpus: Corpus,
    settings: LoopSettings,
    *,
    output: Path | None,
    loggers: Sequence[LoggerSetup],
    resume: bool,
    workers: Workers,
) -> Evaluation | None:
    """Train as `train` does, in a folder that the caller has locked."""
    dev_docs = list(dev_corpus())
    if not dev_docs:
        raise ValueError("training: the development corpus holds no documents.")
    annotation = {"development": digest_annotation(dev_docs)}
    if settings.max_epochs >= 0:
        docs = list(train_corpus())
        train_corpus = _Held(docs)
        annotation["training"] = digest_annotation(docs)
    if isinstance(settings.optimizer, GroupOptimizer):
        settings.optimizer.bind(learner.parameters)
    with ExitStack() as stack:
        stack.enter_context(present_objects_spared())
        stop = stack.enter_context(stop_on_signals())
        state = RunState(seed=settings.seed)
        if resume:
            state = load_state(learner, settings, output)
            _check_annotation(state.annotation, annotation)
        state.annotation = annotation
        run = _Run(learner, train_corpus, dev_docs, settings, output, workers, state)
        followers = []
        for setup in loggers if workers.rank == 0 else ():
            followers.append(setup(learner, output))
            stack.callback(followers[-1], None)
        try:
            workers.check_equal(run.updater.parameters, state.place)
            for progress in run.steps():
                for follow in followers:
                    follow(progress)
                run.save_if_due(progress.evaluation is not None, stop)
        except WorkerLostError as error:
            raise run.save_what_is_left(error) from error
    return state.best


class _Held:
    """A corpus that is held in memory."""

    def __init__(self, docs: list[Doc]) -> None:
        self.docs = docs

    def __call__(self) -> list[Doc]:
        return self.docs


def _check_annotation(before: Mapping[str, int], now: Mapping[str, int]) -> None:
    """Raise ValueError if a corpus has other annotation than at the start of a run."""
    for corpus, digest in before.items():
        if now.get(corpus, digest) != digest:
            raise ValueError(other_corpus(corpus))


class _Run:
    """Draw batches, update, evaluate and save until a run ends."""

    def __init__(
        self,
        learner: Learner,
        corpus: Corpus,
        dev_docs: list[Doc],
        settings: LoopSettings,
        output: Path | None,
        workers: Workers,
        state: RunState,
    ) -> None:
        self.learner = learner
        self.settings = settings
        self.output = output
        self.workers = workers
        self.state = state
        self.batches = Batches(
            corpus,
            settings.batcher,
            max_epochs=settings.max_epochs,
            seed=settings.seed,
            start=state.place,
        )
        self.saver = Saver(learner, settings, state, output)
        self.updater = Updater(learner, settings, workers, state, output)
        self.evaluator = Evaluator(
            learner, dev_docs, settings, workers, state, self.updater, self.saver
        )
        self.is_over = False

    def steps(self) -> Iterator[Progress]:
        """Update and evaluate until the run ends, and yield the progress each time."""
        settings, state, batches = self.settings, self.state, self.batches
        began = perf_counter() - state.seconds
        self.is_over = self._is_over()
        if self.is_over:
            return
        for batch in batches:
            if settings.before_update is not None:
                info = {"step": state.step, "epoch": batches.place.epoch}
                settings.before_update(self.learner, info)
            self.updater.update(batch)
            state.place, evaluation = batches.place, None
            if settings.is_due(state.step, state.place) or self._is_over():
                evaluation = self.evaluator.evaluate()
            self.is_over = self._is_over()  # A better score may let it go on.
            state.seconds = perf_counter() - began
            yield self._progress(evaluation)
            if self.is_over:
                return

    def save_if_due(self, is_evaluated: bool, stop: Stop) -> None:
        """Save a checkpoint if it is time or the end, and end the run if asked to.

        Raises:
            KeyboardInterrupt: The run was asked to stop.
        """
        is_asked = self.workers.any(stop.is_asked)
        is_time = self.saver.is_time(is_evaluated=is_evaluated)
        if is_time or self.is_over or is_asked:
            self._save_checkpoint()
        if is_asked and not self.is_over:
            raise KeyboardInterrupt(
                f"training: stopped after update {self.state.step}, as asked."
            )

    def save_what_is_left(self, error: WorkerLostError) -> WorkerLostError:
        """Save a checkpoint of the last complete update, and return what to raise.

        After an evaluation that is not complete none is saved, so that the run goes
        on before it, from an earlier one.
        """
        self.updater.clear_gradients()
        kept = ", of which there is a checkpoint"
        if self.output is None:
            kept = ""
        elif self.evaluator.is_running:
            kept = ", whose evaluation is not complete; earlier checkpoints are kept"
        else:
            self._save_checkpoint()
        return WorkerLostError(
            f"training: another process of the run was lost after update "
            f"{self.state.step}{kept}. Go on with --resume. ({error})"
        )

    def _save_checkpoint(self) -> None:
        if self.output is not None and self.workers.rank == 0:
            self.updater.check_all()
            self.saver.save_checkpoint()

    def _is_over(self) -> bool:
        state, settings = self.state, self.settings
        waited = state.step - state.best_step
        is_stale = state.best is not None and waited >= settings.patience > 0
        is_done = state.step >= settings.max_steps > 0
        return is_stale or is_done or self.batches.is_last

    def _progress(self, evaluation: Evaluation | None) -> Progress:
        settings, state, shares = self.settings, self.state, []
        if settings.max_steps:
            shares.append(state.step / settings.max_steps)
        if settings.max_epochs > 0:
            all_words = settings.max_epochs * self.batches.words_per_epoch
            shares.append(state.words / max(all_words, 1))
        return Progress(
            step=state.step,
            epoch=state.place.n_epochs,
            words=state.words,
            seconds=state.seconds,
            done=min(max(shares), 1.0) if shares else None,
            evaluation=evaluation,
        )
