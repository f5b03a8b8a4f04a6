"""Build a pipeline from a folder that spaCy saved. Nothing in it is run or imported."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from thinc.api import Model

from .._spacy_files import read_plain
from ..config import ConfigError, raise_faults
from ..config._validate import fits, parameters, show
from ..interop._spacy_moves import read_moves
from ..interop.spacy import load_weights
from ..layers.listener import upstream_of
from ..objectives import Objective
from ..objectives.senter import LABELS
from ..tokenizer import SavedTokenizer
from ..transformers._restore_spacy import restore_transformers
from ..transformers.wrapper import is_wrapper
from ..vectors import VectorTable, read_vectors
from ._assemble import Component
from ._initialize import check_width
from ._model_folder import CONFIG
from ._spacy_folder import (
    describe_exclusion,
    find_depth_faults,
    read_cfg,
    read_model_block,
    read_spacy_config,
)
from ._word_vectors import users_of_vectors
from .pipeline import Pipeline

#: The factories whose labels are the moves of a transition system.
_TRANSITIONS = ("parser", "ner")


def load_spacy_pipeline(
    folder: Path, *, exclude: Collection[str], vectors: VectorTable | None
) -> Pipeline:
    """Build a pipeline from a folder that spaCy 3 saved.

    Args:
        folder: The folder.
        exclude: Names of components to leave out.
        vectors: The table of word vectors, if it is not in the folder.

    Returns:
        The pipeline, with weights.

    Raises:
        ConfigError: The config names what zoo cannot run.
        ValueError: A file is missing, damaged or does not fit the config.
    """
    config = read_spacy_config(folder, exclude)
    try:
        raise_faults([*find_depth_faults(folder, config)])
        pipeline = Pipeline.from_config(config)
    except ConfigError as error:
        title = f"{folder / CONFIG} of spaCy describes what zoo cannot build:"
        raise ConfigError(title, error.faults) from error
    with _named_in_errors(folder, None):
        pipeline.tokenizer = SavedTokenizer(folder)
        pipeline._parts.use_tokenizer(pipeline.tokenizer)
    for component in pipeline.components.values():
        with _named_in_errors(folder, component.name):
            _read_component(folder, component)
    if users_of_vectors(pipeline.components.values()):
        with _named_in_errors(folder, None):
            pipeline.set_vectors(read_vectors(folder) if vectors is None else vectors)
            pipeline.holds_vectors = True
    return pipeline


def _read_component(folder: Path, component: Component) -> None:
    """Read the labels, weights or rules of a component."""
    place = folder / component.name
    if component.rules is not None:
        component.rules.from_spacy(place)
        return
    if component.objective is not None:
        labels = _read_labels(folder, component, component.objective)
        component.objective.set_labels(labels)
    block = read_model_block(folder, component.name)
    restore_transformers(place, component.model, block)
    if component.upstream is None or not is_wrapper(component.model):
        _initialize_poolings(component.model)
        load_weights(component.model, place)
    if component.objective is not None:
        check_width(component, component.objective)


def _initialize_poolings(model: Model[Any, Any]) -> None:
    """Set the widths of layers that read transformers."""
    for node in model.walk():
        upstream = upstream_of(node)
        if upstream is not None and node.layers:
            (pooling,) = node.layers
            pooling.initialize(X=upstream.model.predict([]))
            node.initialize()
        elif node.name == "tok2vec_transformer":
            node.initialize()


def _read_labels(folder: Path, component: Component, objective: Objective) -> list[str]:
    """Read the labels of a component, in the order of its outputs."""
    place = folder / component.name
    cfg = read_cfg(place)
    if cfg.get("beam_width", 1) != 1:
        raise ValueError(
            f"{place / 'cfg'}: beam_width must be 1, as zoo decides greedily, got "
            f"{show(cfg['beam_width'])}."
        )
    if component.factory in _TRANSITIONS:
        return read_moves(place)
    read: Any = getattr(objective, "labels_from_spacy", None)
    if read is not None:
        if "strings" in parameters(read):
            return list(read(place, _read_strings(folder)))
        return list(read(place))
    if component.factory == "senter":
        return [*LABELS]
    labels: Any = cfg.get("labels")
    if not fits(labels, list[str]) or len({*labels}) < len(labels):
        raise ValueError(
            f"{place / 'cfg'}: expected a list of labels, none of them twice, got "
            f"{show(labels)}."
        )
    return list(labels)


def _read_strings(folder: Path) -> list[str]:
    """Read all strings of a pipeline that spaCy knows by their ids alone."""
    file = folder / "vocab" / "strings.json"
    try:
        strings = json.loads(read_plain(file))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: expected JSON, got: {error}.") from error
    # There are hundreds of thousands, which `fits` takes a second to look at.
    if not isinstance(strings, list) or not {*map(type, strings)} <= {str}:
        raise ValueError(
            f"{file}: expected a list of strings, got {show(strings):.80}."
        )
    return list(strings)


@contextmanager
def _named_in_errors(folder: Path, component: str | None) -> Iterator[None]:
    """Name the folder in errors, and say how to go on without a component."""
    hint = "" if component is None else f" {describe_exclusion([component])}"
    try:
        yield
    except FileNotFoundError as error:
        name = error.filename
        missing = f"the file {name} is missing." if name else str(error)
        raise ValueError(f"{folder} is not whole: {missing}{hint}") from error
    except (OSError, ValueError, TypeError, MemoryError) as error:
        where = "" if component is None else f" the component '{component}' of"
        raise ValueError(
            f"zoo.load:{where} {folder} cannot be read: {error}{hint}"
        ) from error
