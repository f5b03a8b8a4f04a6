"""Initialize components: set labels and widths, and draw the weights."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from .._parameters import set_parameters
from ..doc import Doc
from ..objectives import Objective
from ..rules import RuleComponent
from ..transformers._save import restore_files
from ..vectors import VectorTable
from ._assemble import Component
from ._components import Components
from ._grow_labels import grow
from ._saved_pipeline import SavedPipeline
from ._sourced_components import Source

#: Documents that an initialization looks at to infer widths.
SAMPLE_SIZE = 10


def initialize(
    components: Components,
    docs: Iterable[Doc],
    sources: Mapping[str, Source],
    vectors: VectorTable | None,
) -> None:
    """Collect the labels, infer the widths and draw the initial weights.

    Args:
        components: The components to initialize.
        docs: The training documents. They are gone through once per head.
        sources: Components that are trained already, by name. They keep their labels
            and weights; labels that only the documents have come behind, with weights
            of zero.
        vectors: The table of the pipeline, if it has one.

    Raises:
        ValueError: There are no documents, none has a label for some head, a model
            has not one output per label, or a source needs another table.
    """
    docs = list(docs) if isinstance(docs, Iterator) else docs
    sample = as_batch(itertools.islice(docs, SAMPLE_SIZE), "initialize")
    if not sample:
        raise ValueError("Pipeline: there are no documents to initialize it with.")
    for component, objective in components.with_objective:
        if component.name in sources:
            objective.set_labels(sources[component.name].labels)
        if not component.keeps_labels:
            objective.add_labels(docs)
        if not objective.labels and component.name not in components.disabled:
            raise ValueError(
                f"Pipeline: none of the documents has a label for the component "
                f"'{component.name}' ({component.factory}). "
                + _advise(objective.field, sample)
            )
        check_width(component, objective)
    for name, source in sources.items():
        rules = components.by_name[name].rules
        if rules is not None:
            restore_rules(rules, source.saved, source.component)
            continue
        source.check_vectors(vectors)
        model, saved = components.by_name[name].model, source.saved
        restore_files(source.component, model, saved.files, source.weights)
    initialize_models(components, sample)
    for name, source in sources.items():
        if components.by_name[name].rules is not None:
            continue
        component, folder = components.by_name[name], str(source.folder)
        weights = source.weights
        if component.objective is not None:
            new = component.objective.labels
            weights = grow(component.model, weights, source.labels, new)
        set_parameters(component.model, weights, folder)


def _advise(field: str, sample: Iterable[Doc]) -> str:
    """Return what to do if no document has a label in a field."""
    if field == "tags" and any(doc.pos for doc in sample):
        return (
            "They have 'pos' (UPOS in CoNLL-U), but no 'tags' (XPOS). To learn these, "
            "set objective.field to 'pos', or use the pipeline pos_tagger."
        )
    return (
        "Check that the corpus holds them, or take the component out of the pipeline."
    )


def initialize_models(components: Components, sample: list[Doc]) -> None:
    """Initialize the models of all encoders, and of all heads that have labels.

    Args:
        components: In the pipeline's order: encoders stand before their listeners.
        sample: Documents to infer widths from.
    """
    with ExitStack() as running:
        for component in components:
            if component.upstream is not None:
                component.model.initialize(X=sample)
                running.enter_context(component.upstream.run(sample))
            elif component.objective is not None and component.objective.labels:
                Y = component.objective.sample(component.model.ops, sample)
                component.model.initialize(X=sample, Y=Y)


def restore_rules(rules: RuleComponent, saved: SavedPipeline, name: str) -> None:
    """Load the data of a component of a saved pipeline into rules.

    Args:
        rules: Made by the config of the saved pipeline.
        saved: What was read from its folder.
        name: The name of the component there.

    Raises:
        ValueError: A file is missing or damaged.
    """
    try:
        rules.from_files(saved.data_of(name))
    except ValueError as error:
        raise ValueError(
            f"{saved.source}: the rules of '{name}' cannot be read: {error}"
        ) from error


def as_batch(docs: Iterable[Doc], caller: str) -> list[Doc]:
    """Collect documents with labels into a list.

    Args:
        docs: The documents.
        caller: The method of Pipeline that takes them, for the message.

    Returns:
        A list of zoo Docs.

    Raises:
        TypeError: One of them has another type.
    """
    batch = list(docs)
    for doc in batch:
        if not isinstance(doc, Doc):
            raise TypeError(
                f"Pipeline.{caller}: documents with labels must be of the type "
                f"zoo.Doc, got {type(doc).__name__}."
            )
    return batch


def check_width(component: Component, objective: Objective) -> None:
    """Check that a model whose width is set has one output per label."""
    model, n_labels = component.model, len(objective.labels)
    width = model.maybe_get_dim("nO") if model.has_dim("nO") else None
    if width not in (None, n_labels):
        raise ValueError(
            f"Pipeline: the component '{component.name}' needs one output per label, "
            f"got {width} outputs and {n_labels} labels. Set "
            f"components.{component.name}.model.nO to null."
        )
