"""Give a component of a trained pipeline outputs for new labels."""

from collections.abc import Sequence
from dataclasses import replace

from ..config import nearest
from ..doc import Doc
from ..objectives import Objective
from ..objectives._biluo import tag_names, type_names
from ..objectives.dependency_parser import DependencyParser
from ..objectives.entities import Entities
from ..objectives.entity_recognizer import EntityRecognizer
from ..objectives.objective import check_labels
from ..objectives.senter import SentenceRecognizer
from ..objectives.trainable_lemmatizer import TrainableLemmatizer
from ..transformers._save import restore_files
from ..vectors import VectorTable
from ._components import Components
from ._grow_labels import grow
from ._initialize import initialize_models
from ._restore import random_state_kept
from ._saved_pipeline import SavedPipeline
from ._share_encoders import build_saved
from .pipeline import Pipeline


def add_labels(pipeline: Pipeline, component: str, labels: Sequence[str]) -> Pipeline:
    """Add labels to a component, which can then learn them.

    The outputs of new labels begin with weights of zero, those of old ones keep theirs.
    Use a new optimizer for the new pipeline.

    Args:
        pipeline: Trained, or initialized.
        component: The name of a tagger, a morphologizer, a text classifier, a span
            categorizer, an entity recognizer or a parser.
        labels: As documents have them, such as "ORG" of entities or "nsubj" of a
            parser. Outputs that it has already stay as they are.

    Returns:
        A new pipeline. This one stays as it is.

    Raises:
        TypeError: A label is not a string, or all are one string.
        ValueError: There is no such component, it has no labels to add to, or a label
            is blank or listed twice.
    """
    parts = pipeline.components
    objectives = {n: part.objective for n, part in parts.items() if part.objective}
    if component not in objectives:
        hint = nearest(component, objectives)
        hint = hint or f" There are: {', '.join(objectives) or 'none'}."
        raise ValueError(f"add_labels: there is no head {component!r}.{hint}")
    if labels is None:
        raise TypeError("add_labels: labels must be a list of strings, got None.")
    check_labels("add_labels", labels)
    for label in labels:
        if not label.strip():
            raise ValueError(f"add_labels: a label must not be blank, got {label!r}.")
    if not objectives[component].labels:
        raise ValueError(
            f"add_labels: the pipeline must be initialized, got no labels of "
            f"'{component}' yet. Call its method initialize with documents first."
        )
    outputs = _with_labels(component, objectives[component], labels)
    return pipeline._remade(
        _grow(pipeline._save(), pipeline.vectors, component, outputs)
    )


def _with_labels(name: str, objective: Objective, labels: Sequence[str]) -> list[str]:
    """Return the names of all outputs, the new ones behind those that there are."""
    if isinstance(objective, SentenceRecognizer | TrainableLemmatizer):
        raise ValueError(
            f"add_labels: the labels of '{name}' must be names, got those of a "
            f"{type(objective).__name__}, which follow from documents. Name the "
            f"pipeline as the source of the component in a config, and train that."
        )
    old = objective.labels
    new = list(labels)
    if isinstance(objective, Entities):
        return tag_names(list(dict.fromkeys([*type_names(old), *new])))
    if isinstance(objective, EntityRecognizer):
        new = [f"{letter}-{label}" for label in labels for letter in "BILU"]
    elif isinstance(objective, DependencyParser):
        new = [f"{letter}-{label}" for label in labels for letter in "LR"]
    return list(dict.fromkeys([*old, *new]))


def _grow(
    saved: SavedPipeline, vectors: VectorTable | None, name: str, labels: list[str]
) -> SavedPipeline:
    """Return a saved pipeline in which a component has weights for more labels."""
    components = Components(build_saved(saved).values(), ())
    if vectors is not None and saved.vectors is not None:
        components.set_vectors(vectors)
    for component, objective in components.with_objective:
        is_it = component.name == name
        objective.set_labels(labels if is_it else saved.labels_of(component.name))
    for component in components:
        arrays = saved.weights.get(component.name, {})
        restore_files(component.name, component.model, saved.files, arrays)
    weights = saved.weights_of(name)
    part = components.by_name[name]
    new = [] if part.objective is None else part.objective.labels
    if weights:
        with random_state_kept():  # The weights that it draws are not used.
            initialize_models(components, [Doc(["a"], sent_starts=[True])])
        weights = grow(part.model, weights, saved.labels_of(name), new)
    return replace(
        saved,
        labels={**saved.labels, name: new},
        weights={**saved.weights, name: weights},
    )
