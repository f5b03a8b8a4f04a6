"""Load the weights of a pretraining into an encoder, before it is trained."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from thinc.api import Config, Model

from ..config import Fault, follow, interpolate
from ..pipeline._assemble import Component
from ..pipeline._encoder_weights import find_encoder, load_encoder
from ..pipeline._model_folder import find_meta
from ..pipeline._shipped_encoders import is_shipped, read_shipped, shipped_encoder

#: The setting that names what is loaded.
SETTING = "initialize.init_tok2vec"


def find_pretrained_faults(
    values: Mapping[str, Any], components: Iterable[Component]
) -> list[Fault]:
    """Check that the weights that a config names exist, and an encoder for them."""
    source = follow(values, SETTING)
    if not isinstance(source, str):
        return []
    by_name = {component.name: component for component in components}
    try:
        if is_shipped(source):
            shipped_encoder(source)
        elif not os.path.exists(source):  # Also if it is too long for a name.
            return [Fault(SETTING, f"there is no file or folder {source!r}.")]
        elif os.path.isdir(source):
            find_meta(Path(source))
    except (FileNotFoundError, ValueError) as error:
        return [Fault(SETTING, str(error))]
    try:
        _find(by_name, values)
    except ValueError as error:
        where = "Name the one that it is for in a section [pretraining]"
        message = f"{error} {where}: component and layer."
        return [Fault(SETTING, message)]
    return []


def load_pretrained(components: Mapping[str, Component], config: Config) -> None:
    """Load the weights that a config names into the encoder that they are for.

    Raises:
        ValueError: They do not fit. The message compares file and model in a table.
    """
    values = interpolate(config)
    source = follow(values, SETTING)
    if source is None:
        return
    path, encoder = _find(components, values)
    try:
        found = read_shipped(source) if is_shipped(source) else source
        load_encoder(encoder, found, config, path)
    except ValueError as error:
        raise ValueError(f"{SETTING}: {error}") from error


def _find(
    components: Mapping[str, Component], values: Mapping[str, Any]
) -> tuple[str, Model[Any, Any]]:
    name = follow(values, "pretraining.component") or "tok2vec"
    return find_encoder(components, name, follow(values, "pretraining.layer") or "")
