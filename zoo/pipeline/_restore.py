"""Turn the components of a pipeline into what is saved of them, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from thinc.api import Config

from .._parameters import named_parameters, set_parameters
from .._registry import registry
from .._version import __version__
from ..config import ConfigError, interpolate
from ..config._validate import parameters
from ..doc import Doc
from ..tokenizer import Tokenize
from ..transformers._save import restore_files, setup_files
from ..vectors import VectorTable, read_vectors
from ._components import Components
from ._initialize import initialize_models, restore_rules
from ._model_folder import CONFIG
from ._saved_pipeline import SavedPipeline
from ._size_limits import check_sizes
from ._word_vectors import describe_table, find_table, users_of_vectors

#: The file of a tokenizer that is saved with its pipeline.
TOKENIZER = "tokenizer"


def save(
    components: Components,
    config: Config,
    scores: dict[str, Any],
    vectors: VectorTable | None,
    tokenizer: Tokenize,
) -> SavedPipeline:
    """Collect what is saved of a pipeline: settings and numbers.

    Args:
        components: Those whose labels, weights and files are restored.
        config: The config that built them.
        scores: Of the evaluation that chose the weights.
        vectors: The table that layers read. Only its name and checksum are saved.
        tokenizer: Is saved if it has a method `to_bytes`.

    Returns:
        What a folder of the pipeline holds.
    """
    table = vectors if users_of_vectors(components) else None
    return SavedPipeline(
        config=_with_settings(config, components),
        labels={c.name: o.labels for c, o in components.with_objective},
        weights={
            component.name: {
                name: component.model.ops.to_numpy(parameter.value)
                for name, parameter in named_parameters(component.model).items()
                if parameter.value is not None
            }
            for component in components
            if component.rules is None
        },
        scores=scores,
        vectors=None if table is None else describe_table(table),
        files={
            file: content
            for name, model in components.models.items()
            for file, content in setup_files(name, model).items()
        },
        data=_collect_data(components, tokenizer),
    )


def restore(
    components: Components, saved: SavedPipeline, vectors: VectorTable | None
) -> VectorTable | None:
    """Load labels and weights of a saved pipeline into components.

    Args:
        components: Built by the config of the saved pipeline.
        saved: What was read from its folder.
        vectors: The table that it was trained with. None: the one that its config
            names.

    Returns:
        The table that layers read, if they read one.

    Raises:
        ValueError: A part is missing or does not fit the config.
    """
    table = None
    if saved.vectors is not None:
        if vectors is None and saved.own_vectors is not None:
            vectors = read_vectors(saved.own_vectors)
        table = find_table(saved.source, saved.config, saved.vectors, vectors)
        components.set_vectors(table)
    for component, objective in components.with_objective:
        objective.set_labels(saved.labels_of(component.name))
    for component in components:
        if component.rules is not None:
            restore_rules(component.rules, saved, component.name)
        check_sizes(saved, component)
        arrays = saved.weights.get(component.name, {})
        restore_files(component.name, component.model, saved.files, arrays)
    with random_state_kept(), _told_as_mismatch(saved):
        # Infers the widths. The weights that it draws are replaced.
        if any(saved.weights.values()):
            initialize_models(components, [Doc(["a"], sent_starts=[True])])
    for component in components:
        if component.rules is not None:
            continue
        source = saved.path_of(component.name)
        set_parameters(component.model, saved.weights_of(component.name), source)
    return table


@contextmanager
def named_in_errors(saved: SavedPipeline) -> Iterator[None]:
    """Name the config, and the version that wrote it, in errors of it."""
    try:
        yield
    except ConfigError as error:
        wrote = f"zoo {saved.version} wrote it, and this is {__version__}"
        file = saved.source / CONFIG
        title = f"{file} describes no pipeline that can be built here ({wrote}):"
        raise ConfigError(title, error.faults) from error


def restore_tokenizer(tokenizer: Tokenize, saved: SavedPipeline) -> None:
    """Load the rules that were saved with a pipeline, if any, into its tokenizer.

    Raises:
        ValueError: The file is damaged, or missing where the tokenizer needs it.
    """
    read = getattr(tokenizer, "from_bytes", None)
    if read is None:
        return
    if TOKENIZER not in saved.data:
        raise ValueError(f"{saved.source} is not whole: {TOKENIZER} is missing.")
    try:
        read(saved.data[TOKENIZER])
    except ValueError as error:
        raise ValueError(f"{saved.source / TOKENIZER}: {error}") from error


def _collect_data(components: Components, tokenizer: Tokenize) -> dict[str, bytes]:
    """Collect the files of rules and of the tokenizer."""
    data = {
        f"{component.name}.{name}": content
        for component in components
        if component.rules is not None
        for name, content in component.rules.to_files().items()
    }
    write = getattr(tokenizer, "to_bytes", None)
    return data if write is None else {**data, TOKENIZER: write()}


def _with_settings(config: Config, components: Components) -> Config:
    """Return a config that holds the settings that objectives have now."""
    values, changed = interpolate(config), None
    for component, objective in components.with_objective:
        block = values["components"][component.name]
        known = parameters(registry.factories.get(component.factory))
        for name in known:
            value = getattr(objective, name, None)
            is_plain = isinstance(value, bool | int | float | str)
            if is_plain and value != block.get(name, known[name].default):
                changed = Config(config).copy() if changed is None else changed
                changed["components"][component.name][name] = value
    return config if changed is None else changed


@contextmanager
def random_state_kept() -> Iterator[None]:
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


@contextmanager
def _told_as_mismatch(saved: SavedPipeline) -> Iterator[None]:
    """Name the folder in errors of sizes that do not fit each other."""
    try:
        yield
    except MemoryError as error:
        file = saved.source / CONFIG
        raise ValueError(f"{file} needs more memory: {error}.") from error
