"""Put labels and other data of a config into components before they learn."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._transitions.arc_eager import BREAK, LEFT, REDUCE, RIGHT, SHIFT
from .._transitions.entity_moves import name_entity_moves
from .._transitions.parser_gold import name_moves
from ..config import Fault, nearest
from ..config._validate import fits, show
from ..interop._spacy_moves import move_names
from ..objectives._biluo import tag_names
from ..objectives._edit_trees import labels_of_nodes, read_label
from ..objectives.objective import check_labels
from ._assemble import Component

#: Data of components by name, as [initialize.components] holds it.
Data = Mapping[str, Mapping[str, Any]]
#: What components without weights can get, and the method that takes it.
RULES = {"patterns": "add_patterns"}
_NO_ARCS: dict[int, Counter[str]] = {k: Counter() for k in (SHIFT, REDUCE, BREAK)}


def data_faults(data: Data, components: Sequence[Component]) -> Iterator[Fault]:
    """Find the data in a config that no component takes.

    Args:
        data: The data.
        components: The components of the pipeline.
    """
    by_name = {component.name: component for component in components}
    for name, settings in data.items():
        path = f"initialize.components.{name}"
        if name not in by_name:
            message = f"there is no component {name!r}.{nearest(name, by_name)}"
            yield Fault(path, message)
            continue
        known = _settings_of(by_name[name])
        for setting in settings:
            if setting not in known:
                hint = nearest(setting, known)
                hint = hint or f" Known are: {', '.join(known) or 'none'}."
                message = f"the component takes no such data.{hint}"
                yield Fault(f"{path}.{setting}", message)


def put_data(data: Data, components: Mapping[str, Component]) -> None:
    """Give components the data that a config has for them.

    Args:
        data: Data without faults.
        components: The components, by name.

    Raises:
        ValueError: The data has another form, or does not fit the component.
    """
    for name, settings in data.items():
        component = components[name]
        for setting, value in settings.items():
            try:
                _put(component, setting, value)
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"initialize.components.{name}.{setting}: {error}"
                ) from error


def _settings_of(component: Component) -> list[str]:
    """List the data that a component takes."""
    if component.rules is not None:
        return [name for name, put in RULES.items() if hasattr(component.rules, put)]
    if component.objective is None:
        return []
    has_positive = hasattr(component.objective, "positive_label")
    return ["labels", *["positive_label"] * has_positive]


def _put(component: Component, setting: str, value: Any) -> None:
    if value is None:
        return
    if component.rules is not None:
        if not fits(value, list[Mapping[str, Any]]):
            raise TypeError(f"expected a list of patterns, got {show(value)}.")
        getattr(component.rules, RULES[setting])(value)
        return
    objective: Any = component.objective
    if setting == "positive_label":
        if not isinstance(value, str):
            raise TypeError(f"expected a label, got {show(value)}.")
        objective.positive_label = value
        return
    objective.set_labels(_as_labels(component.factory, value))
    component.keeps_labels = True


def _as_labels(factory: str, value: Any) -> list[str]:
    """Return labels in the order of outputs, of what ``spacy init labels`` writes."""
    if isinstance(value, Mapping) and factory in ("parser", "ner"):
        return move_names("the file", dict(value))
    if isinstance(value, Mapping) and factory == "morphologizer" and "morph" in value:
        value = [*value["morph"]]
    if factory == "trainable_lemmatizer":
        return _as_trees(value)
    if not fits(value, list[str]) or not value:
        raise TypeError(f"expected a list of labels, got {show(value)}.")
    return _as_outputs(factory, list(value))


def _as_outputs(factory: str, labels: list[str]) -> list[str]:
    """Return what a model scores, if that is more than the labels of documents."""
    if factory in ("ner", "entity_tagger") and "O" not in labels:
        check_labels(factory, labels)
        if factory == "entity_tagger":
            return tag_names(labels)
        return name_entity_moves(dict.fromkeys(labels, 1))
    if factory == "parser" and "S" not in labels:
        check_labels(factory, labels)
        arcs = Counter(labels)
        return name_moves({kind: arcs for kind in (LEFT, RIGHT)} | _NO_ARCS, 0)
    return labels


def _as_trees(value: Any) -> list[str]:
    """Return labels of edit trees, each of which is a tree as JSON."""
    labels: list[str] = []
    if isinstance(value, Mapping) and {"trees", "labels"} <= value.keys():
        labels = labels_of_nodes(value["trees"], value["labels"], "the file")
    elif fits(value, list[str]):
        labels = list(value)
    try:
        for label in labels:
            read_label(label)
    except ValueError:
        labels = []
    if not labels:
        raise ValueError(
            f"a lemmatizer's labels must be edit trees, as `spacy init labels` writes "
            f'them or as zoo does: [0,2,null,["ed",""]]; got {show(value)}. Leave '
            f"them out to build them of the corpus."
        )
    return labels
