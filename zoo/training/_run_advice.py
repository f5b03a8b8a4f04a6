"""Advise on the settings of a run where its numbers call for it."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from ..config import follow
from ..config._blocks import build
from ._loop_settings import LoopSettings
from .learner import Corpus, Learner
from .loggers import Evaluation

Values = Mapping[str, Any]

#: A recall is far below a precision if it is less than this share of it.
FAR_BELOW = 0.6


def warn_of_short_run(
    values: Values, section: str, settings: LoopSettings, corpus: Corpus
) -> None:
    """Warn, before a run begins, if it ends before its learning rate has risen.

    Args:
        values: The config, with its variables interpolated.
        section: The section that holds the settings of the loop.
        settings: The settings.
        corpus: The training corpus.
    """
    warmups = [*find_warmups(values, section)]
    n_updates = count_updates(values, section, settings, corpus) if warmups else None
    for path, warmup_steps in warmups:
        if n_updates is not None and n_updates < warmup_steps:
            warnings.warn(short_run(n_updates, path, warmup_steps), stacklevel=3)


def count_updates(
    values: Values, section: str, settings: LoopSettings, corpus: Corpus
) -> int | None:
    """Return about how many updates a run has at most; None if that is unknown."""
    limits = [settings.max_steps] if settings.max_steps else []
    if settings.max_epochs > 0:
        # Another one, as this one must not draw from its schedule yet.
        batcher = build(follow(values, f"{section}.batcher"), section, [])
        if callable(batcher):
            n_batches = sum(1 for _ in batcher(corpus()))
            limits.append(settings.max_epochs * n_batches)
    return min(limits, default=None)


def find_warmups(values: Values, section: str) -> Iterator[tuple[str, int]]:
    """Find the schedules with a warm-up: yield the path of it, and its steps."""
    path = f"{section}.optimizer"
    yield from _find_warmups(follow(values, path), path)


def _find_warmups(block: Any, path: str) -> Iterator[tuple[str, int]]:
    for name, value in block.items() if isinstance(block, Mapping) else ():
        if name == "warmup_steps" and isinstance(value, int):
            yield f"{path}.{name}", value
        yield from _find_warmups(value, f"{path}.{name}")


def short_run(n_updates: int, path: str, warmup_steps: int) -> str:
    """Return the advice for a run that ends within its warm-up."""
    return (
        f"{path}: {n_updates:,} updates end within the warm-up of {warmup_steps:,}, in "
        f"which the learning rate is still low, so that little is learned. Lower "
        f"{path}, to {n_updates // 10} for instance, or train longer."
    )


def advise(
    values: Values,
    section: str,
    settings: LoopSettings,
    learner: Learner,
    step: int,
    best: Evaluation | None,
) -> Iterator[str]:
    """Find what a finished run should change, one line for each.

    Args:
        values: The config, with its variables interpolated.
        section: The section that holds the settings of the loop.
        settings: The settings.
        learner: What has learned.
        step: The number of updates.
        best: The best evaluation.
    """
    for path, warmup_steps in find_warmups(values, section):
        if step < warmup_steps:
            yield short_run(step, path, warmup_steps)
    frequency = follow(values, f"{section}.eval_frequency")
    if isinstance(frequency, int) and step < frequency:
        yield (
            f"{section}.eval_frequency: {frequency:,} is larger than the run, which "
            f"had {step:,} updates, so that only the last model was evaluated. Lower "
            f"it, to {max(1, step // 10)} for instance."
        )
    if best is not None:
        yield from _advise_on_recall(learner, best.scores)


def _advise_on_recall(learner: Learner, scores: Values) -> Iterator[str]:
    """Advise to raise the bias of a head that finds few entities, but right ones."""
    for component, objective in getattr(learner, "heads", ()):
        bias = getattr(objective, "bias", None)
        precision, recall = scores.get("ents_p"), scores.get("ents_r")
        if bias is None or not isinstance(precision, float | int):
            continue
        if isinstance(recall, float | int) and 0 < recall < FAR_BELOW * precision:
            yield (
                f"components.{component.name}.bias: the recall of entities, "
                f"{100 * recall:.1f}, is far below their precision, "
                f"{100 * precision:.1f}. Raise the bias, to {bias + 1:g} for instance."
            )
