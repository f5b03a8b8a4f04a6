"""Choose settings of prediction, such as a bias, on documents held out of training."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..doc import Doc
from ..objectives import Objective
from ..objectives.categories import Classification
from ..objectives.entities import Entities
from ._assemble import Component
from ._initialize import as_batch
from .pipeline import Pipeline


class Tuned(NamedTuple):
    """A setting that was chosen, and what it changed.

    Args:
        component: The component that has it.
        setting: Its name, such as "bias".
        before: Its value before.
        after: The value that was chosen.
        score: The name of the score that it was chosen by.
        score_before: The score with the value before, 0 to 1.
        score_after: The score with the value that was chosen.
    """

    component: str
    setting: str
    before: float
    after: float
    score: str
    score_before: float
    score_after: float


@dataclass(frozen=True)
class _Search:
    """How to choose a setting: the score that decides, and the values to try."""

    setting: str
    score: str
    values: tuple[float, ...]
    finer: tuple[float, ...]


#: The odds of entities from 1/55 to 55 times as large, and then finer.
_BIAS = _Search(
    "bias", "ents_f", tuple(n / 2 for n in range(-8, 9)), (-0.25, -0.125, 0.125, 0.25)
)
_THRESHOLD = _Search(
    "threshold",
    "cats_macro_f",
    tuple(n / 20 for n in range(1, 20)),
    (-0.03, -0.02, -0.01, 0.01, 0.02, 0.03),
)


def tune(pipeline: Pipeline, docs: Iterable[Doc]) -> list[Tuned]:
    """Choose the bias of entity taggers and the threshold of categories.

    The model predicts once, and each value is tried on its scores. Among equally good
    values, the one nearest to the present one is chosen. The settings of the pipeline
    change, also those that are saved; its weights do not.

    Args:
        pipeline: Trained on other documents.
        docs: Annotated documents, which stay as they are.

    Returns:
        A row for each setting that could be tuned. It is empty if no component has
        one, or the documents have no labels for it.
    """
    gold = as_batch(docs, "tune")
    searches = [(c, o, s) for c, o in pipeline.heads if (s := _search_for(o))]
    if not searches or not gold:
        return []
    size = pipeline.batch_size
    batches = [gold[i : i + size] for i in range(0, len(gold), size)]
    predicted = [pipeline.predict(batch) for batch in batches]
    found = []
    for component, objective, search in searches:
        outputs = [output[component.name] for output in predicted]
        tuned = _tune(component, objective, search, batches, outputs)
        if tuned is not None:
            pipeline.config["components"][component.name][search.setting] = tuned.after
            found.append(tuned)
    return found


def _search_for(objective: Objective) -> _Search | None:
    if isinstance(objective, Entities):
        return _BIAS
    if isinstance(objective, Classification) and not objective.exclusive:
        return _THRESHOLD
    return None


def _tune(
    component: Component,
    objective: Objective,
    search: _Search,
    batches: list[list[Doc]],
    outputs: list[Any],
) -> Tuned | None:
    before = float(getattr(objective, search.setting))

    def score(value: float) -> float | None:
        setattr(objective, search.setting, value)
        return _score(component, objective, search.score, batches, outputs)

    scores = {before: score(before)}
    if scores[before] is None:
        return None
    _try_all(score, scores, search.values)
    best = _best_of(scores, before)
    _try_all(score, scores, [round(best + step, 4) for step in search.finer])
    best = _best_of(scores, before)
    setattr(objective, search.setting, best)
    was, now = scores[before] or 0.0, scores[best] or 0.0
    return Tuned(component.name, search.setting, before, best, search.score, was, now)


def _try_all(
    score: Callable[[float], float | None],
    scores: dict[float, float | None],
    values: Iterable[float],
) -> None:
    for value in values:
        if value not in scores:
            scores[value] = score(value)


def _best_of(scores: dict[float, float | None], before: float) -> float:
    return max(scores, key=lambda value: (scores[value] or 0.0, -abs(value - before)))


def _score(
    component: Component,
    objective: Objective,
    name: str,
    batches: Sequence[list[Doc]],
    outputs: Sequence[Any],
) -> float | None:
    gold, predicted = [], []
    for docs, output in zip(batches, outputs, strict=True):
        copies = [doc.copy(annotations=False) for doc in docs]
        objective.annotate(component.model.ops, copies, output)
        gold += docs
        predicted += copies
    found = objective.score(gold, predicted).get(name)
    return float(found) if isinstance(found, int | float) else None
