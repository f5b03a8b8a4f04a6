"""Tell how far a training run is, and what follows it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from .learner import Learner


class Evaluation(NamedTuple):
    """What an evaluation found."""

    losses: dict[str, float]  # Mean per token or document since the last evaluation.
    scores: dict[str, Any]  # On the development corpus.
    score: float  # The weighted sum that chooses the best model.
    is_best: bool
    main: dict[str, float]  # Those of the scores that have a weight.


class Progress(NamedTuple):
    """How far a run is, after an update."""

    step: int  # Updates so far.
    epoch: int  # Passes over the training corpus that are complete.
    words: int  # Words so far.
    seconds: float  # Of training, in all parts of a run that was interrupted.
    done: float | None  # Share of the run, 0 to 1; None if no end is known.
    evaluation: Evaluation | None  # If there was an evaluation after this update.


class Logger(Protocol):
    """Follow a run. Called after every update, and once with None when it ends."""

    def __call__(self, progress: Progress | None) -> None: ...


#: Makes a logger for a run, from what learns and the folder that it is saved into.
LoggerSetup = Callable[[Learner, Path | None], Logger]


def weigh(
    losses: dict[str, float],
    scores: dict[str, Any],
    weights: Mapping[str, float | None],
    best: Evaluation | None,
) -> Evaluation:
    """Weigh the scores of an evaluation, and compare it with the best so far.

    weights: How much each score counts. One of None is not shown either.

    Raises ValueError if one that counts is no number.
    """
    main = {name: scores.get(name) for name, w in weights.items() if w is not None}
    for name in main:
        if weights[name] and not isinstance(main[name], int | float):
            found = [n for n, v in scores.items() if isinstance(v, int | float)]
            raise ValueError(
                f"training: score_weights names {name}, which the development corpus "
                f"gives no figure for. It gives: {', '.join(found) or 'none'}."
            )
    known = {n: float(v) for n, v in main.items() if isinstance(v, int | float)}
    score = float(sum(value * (weights[name] or 0) for name, value in known.items()))
    is_best = best is None or score > best.score
    return Evaluation(losses, scores, score, is_best, known)
