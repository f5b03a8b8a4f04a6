"""Save the models and checkpoints of a run, and load what it goes on from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from ._checkpoint import RunState, load_checkpoint, save_checkpoint
from ._loop_settings import LoopSettings
from ._run_folder import BEST, CHECKPOINT, LAST, settle_run
from .learner import Learner
from .loggers import Evaluation

#: The share of a run that checkpoints may take, not counting the last one.
MAX_SHARE = 0.02
#: Seconds after which a checkpoint is saved without an evaluation.
INTERVAL = 600.0


class Saver:
    """Save a learner and the state of its run into a folder.

    Args:
        learner: What learns.
        settings: The settings of the loop.
        state: The state of the run.
        output: The folder. If None, nothing is saved.
    """

    def __init__(
        self,
        learner: Learner,
        settings: LoopSettings,
        state: RunState,
        output: Path | None,
    ) -> None:
        self.learner = learner
        self.settings = settings
        self.state = state
        self.output = output
        self.saved_at = perf_counter()
        self.saving_took = 0.0

    def is_time(self, *, is_evaluated: bool) -> bool:
        """Return whether to save a checkpoint now.

        That is at an evaluation, or after a while without one, unless checkpoints
        would take too much of the run.
        """
        waited = perf_counter() - self.saved_at
        is_due = is_evaluated or waited > INTERVAL
        return is_due and self.saving_took <= MAX_SHARE * waited

    def save_models(self, evaluation: Evaluation) -> None:
        """Save the model of an evaluation, and as the best one if it is.

        Raises:
            TypeError: `before_to_disk` returned nothing that can be saved.
            OSError: The model could not be saved, as on a full disk.
        """
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
        with self._explained():
            if evaluation.is_best:
                learner.to_disk(self.output / BEST)
            learner.to_disk(self.output / LAST)

    def save_checkpoint(self) -> None:
        """Save a checkpoint; raise OSError if that fails, as on a full disk."""
        if self.output is None:
            return
        began = perf_counter()
        optimizer = self.settings.optimizer
        with self._explained():
            folder = self.output / CHECKPOINT
            save_checkpoint(folder, self.learner, optimizer, self.state)
        self.saved_at = perf_counter()
        self.saving_took = self.saved_at - began

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Explain what a failure to save leaves, such as on a full disk."""
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"training: update {self.state.step} could not be saved in "
                f"{self.output}: {error.strerror or error}. What was saved before is "
                f"kept. Make room, and go on with --resume",
            ) from error


def load_state(
    learner: Learner, settings: LoopSettings, output: Path | None
) -> RunState:
    """Load the checkpoint of a run, if there is one, and return its state.

    Raises:
        FileNotFoundError: There are models of several evaluations, but no checkpoint.
        ValueError: There is no output folder, or the checkpoint is of another run.
    """
    if output is None:
        raise ValueError("training: to resume a run, its output folder is needed.")
    settle_run(output)
    if not (output / CHECKPOINT).exists():
        return RunState(seed=settings.seed)
    return load_checkpoint(
        output / CHECKPOINT, learner, settings.optimizer, settings.seed
    )
