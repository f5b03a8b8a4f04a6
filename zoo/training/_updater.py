"""Update the weights by one batch after another, and explain what goes wrong."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from .._atomic import replace_file
from ..corpora import write_jsonl
from ..doc import Doc
from ..fused_adam import Squares, squares_known
from ..objectives import Loss
from ..pipeline import Pipeline
from ._batches import split_by_words
from ._check_finite import (
    INTERVAL,
    FiniteCheck,
    NotFiniteError,
    describe_batch,
    memory_named,
)
from ._checkpoint import RunState
from ._distributed import WorkerLostError, Workers
from ._loop_settings import LoopSettings, dropout_rates
from ._random_state import remember
from .learner import Learner
from .loggers import BAD_BATCH


class Updater:
    """Update the weights of a learner, and count in the state of its run.

    Args:
        learner: What learns.
        settings: The settings of the loop.
        workers: The processes that train together.
        state: The state of the run, which each update changes.
        output: The folder for a batch with numbers that are not finite.
    """

    def __init__(
        self,
        learner: Learner,
        settings: LoopSettings,
        workers: Workers,
        state: RunState,
        output: Path | None,
    ) -> None:
        self.learner = learner
        self.settings = settings
        self.workers = workers
        self.state = state
        self.output = output
        self.parameters = learner.parameters  # To find them takes a while.
        self.finite = FiniteCheck(self.parameters)
        self.batch: list[Doc] = []  # That of the last update.
        self.dropouts = dropout_rates(settings.dropout)
        for _ in range(state.step):
            next(self.dropouts)

    def update(self, batch: list[Doc]) -> None:
        """Change the weights by the gradients of a batch.

        Raises:
            NotFiniteError: A loss, a gradient or a parameter is NaN or infinite.
            RuntimeError: There is not enough memory.
            WorkerLostError: Another process is lost. The weights are as before then.
        """
        settings, learner, state = self.settings, self.learner, self.state
        dropout, share = next(self.dropouts), self.workers.share(batch)
        # A share may be empty; all processes must report the same losses.
        parts = split_by_words(share, settings.accumulate_gradient) or [[]]
        restore = remember(learner.generators)

        def update() -> Mapping[str, Loss]:
            self.workers.seed(settings.seed, state.step)
            return _sum_losses([learner.update(p, dropout=dropout) for p in parts])

        with (
            memory_named(batch, state.step + 1),
            np.errstate(over="ignore", invalid="ignore"),  # FiniteCheck finds them.
        ):
            try:
                losses = self.workers.add_up(self.parameters, update())
                self.finite.check_losses(losses)
                squares = self.finite.check_gradients()
                with self._reuse(squares):
                    learner.finish_update(settings.optimizer)
            except NotFiniteError as error:
                restore()
                raise self._explain(error, batch, update) from error
            except WorkerLostError:
                restore()
                raise
        self._add_losses(losses)
        settings.optimizer.step_schedules()
        state.step += 1
        state.words += sum(map(len, batch))
        self.batch = batch
        if state.step % INTERVAL == 0:
            self.check_all()

    def _reuse(self, squares: Squares) -> AbstractContextManager[None]:
        """Let the optimizer use what is known of gradients that nobody changes."""
        is_known = type(self.learner).finish_update is Pipeline.finish_update
        return squares_known(squares if is_known else {})

    def check_all(self) -> None:
        """Raise NotFiniteError if a parameter is not finite, before it is saved."""
        try:
            self.finite.check_all()
        except NotFiniteError as error:
            raise self._explain(error, self.batch, lambda: None) from error

    def clear_gradients(self) -> None:
        """Set all gradients to zero, as they are after an update."""
        for node, name in self.parameters.values():
            if node.has_grad(name):
                node.set_grad(name, 0 * node.get_grad(name))

    def _add_losses(self, losses: Mapping[str, Loss]) -> None:
        for name, loss in losses.items():
            total = self.state.losses.setdefault(name, [0.0, 0])
            # On a GPU it stays there until it is read.
            on_gpu = self.finite.is_on_gpu
            total[0] += loss.total if on_gpu else float(loss.total)
            total[1] += loss.count

    def _explain(
        self, error: NotFiniteError, batch: list[Doc], update: Callable[[], object]
    ) -> NotFiniteError:
        """Find where a number first was not finite, and save the batch."""
        layer, saved = self.finite.find_layer(self.learner, update), ""
        step = self.state.step + (batch is not self.batch)
        if self.output is not None and self.workers.rank == 0:
            file = self.output / BAD_BATCH
            with replace_file(file) as new, new.open("w", encoding="utf8") as stream:
                write_jsonl(batch, stream)
            saved = f" It is saved as {file}; the models of earlier updates are kept."
        first = f" The first layer with such a result is {layer}." if layer else ""
        return NotFiniteError(
            f"training: {error} in update {step}.{first} The batch has "
            f"{describe_batch(batch)}.{saved} Lower training.optimizer.learn_rate, or "
            f"look for what is unusual in the batch."
        )


def _sum_losses(parts: Sequence[Mapping[str, Loss]]) -> dict[str, Loss]:
    """Sum the losses of the parts of a batch; on a GPU they stay there."""
    summed = dict(parts[0])
    for part in parts[1:]:
        for name, loss in part.items():
            before = summed.get(name, Loss(0.0, 0, None))
            total, count = before.total + loss.total, before.count + loss.count
            summed[name] = Loss(total, count, None)
    return summed
