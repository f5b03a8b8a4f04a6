"""Evaluate what was learned, and compare it with the best so far."""

from ..doc import Doc
from ._checkpoint import RunState
from ._distributed import Workers
from ._loop_settings import LoopSettings
from ._saver import Saver
from ._updater import Updater
from .learner import Learner
from .loggers import Evaluation, weigh


class Evaluator:
    """Score a learner on the development corpus, and save it.

    Args:
        learner: What learns.
        docs: The development corpus.
        settings: The settings of the loop.
        workers: The processes that train together. The first one evaluates.
        state: The state of the run, which holds the best evaluation.
        updater: Checks the weights before they are saved.
        saver: Saves the models.
    """

    def __init__(
        self,
        learner: Learner,
        docs: list[Doc],
        settings: LoopSettings,
        workers: Workers,
        state: RunState,
        updater: Updater,
        saver: Saver,
    ) -> None:
        self.learner = learner
        self.docs = docs
        self.settings = settings
        self.workers = workers
        self.state = state
        self.updater = updater
        self.saver = saver
        self.weights = settings.score_weights or learner.score_weights()
        self.is_running = False

    def evaluate(self) -> Evaluation:
        """Score and save the learner, and note the evaluation if it is the best."""
        state = self.state
        self.updater.check_all()
        self.is_running = True  # It stays so if another process is lost.
        self.workers.check_equal(self.updater.parameters, state.place)
        evaluation = self.workers.first(self._measure)
        self.is_running = False
        state.losses = {}
        if evaluation.is_best:
            state.best, state.best_step = evaluation, state.step
        return evaluation

    def _measure(self) -> Evaluation:
        state, learner = self.state, self.learner
        losses = {n: float(t) / max(count, 1) for n, (t, count) in state.losses.items()}
        with learner.use_params(self.settings.optimizer.averages):
            scores = learner.evaluate(self.docs)
            evaluation = weigh(losses, scores, self.weights, state.best)
            self.saver.save_models(evaluation)
        return evaluation
