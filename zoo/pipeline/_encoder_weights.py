"""Find the encoder of a component, save it, and put saved weights into it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thinc.api import Config, Model

from .._parameters import set_parameters
from ..config import (
    Fault,
    follow,
    format_config,
    interpolate,
    load_config,
    nearest,
    raise_faults,
)
from ..config._blocks import build
from ..config._diff import compare
from ..config._validate import fits
from ..interop.spacy import load_weights
from ..layers.listener import upstream_of
from ._assemble import Component
from ._model_folder import (
    CONFIG,
    META,
    WEIGHTS,
    read_arrays,
    read_meta,
    replace_model,
    write_arrays,
    write_meta,
)

#: The file of an encoder's weights in its folder.
ENCODER_FILE = f"encoder{WEIGHTS}"


@dataclass
class SavedEncoder:
    """What is saved of an encoder.

    Attributes:
        config: The config that it was built from.
        path: Its path in the config, such as "components.tok2vec.model".
        weights: Its arrays, by the names of the parameters.
        scores: The scores of the evaluation that chose the weights.
    """

    config: Config
    path: str
    weights: dict[str, Any]
    scores: dict[str, Any] = field(default_factory=dict)


def build_encoder(saved: SavedEncoder, block: Mapping[str, Any]) -> Model[Any, Any]:
    """Build the encoder that a block of a config describes, with saved weights."""
    faults: list[Fault] = []
    model: Model[Any, Any] = build(dict(block), "model", faults)
    raise_faults(faults)
    model.initialize()
    load_encoder(model, saved, saved.config, saved.path)
    return model


def find_encoder(
    components: Mapping[str, Component], component: str, layer: str = ""
) -> tuple[str, Model[Any, Any]]:
    """Find the encoder of a component, or the shared one that it listens to.

    Args:
        component: The name of the component.
        layer: The name by which the component's model refers to the encoder, such as
            "tok2vec", or several, with dots between. "" is the model itself.

    Returns:
        Its path in the config, such as "components.tok2vec.model", and the model.

    Raises:
        ValueError: There is no such component or reference.
    """
    if component not in components:
        names = ", ".join(components)
        raise ValueError(
            f"there is no component {component!r}.{nearest(component, components)} "
            f"There are: {names}."
        )
    node = components[component].model
    for step in filter(None, layer.split(".")):
        known = [name for name in node.ref_names if node.has_ref(name)]
        if step not in known:
            raise ValueError(
                f"the model of '{component}' has no layer {layer!r}: '{node.name}' "
                f"refers to none as {step!r}.{nearest(step, known)} It refers to: "
                f"{', '.join(known) or 'nothing'}."
            )
        node = node.get_ref(step)
    upstream = upstream_of(node)
    if upstream is not None:
        return f"components.{upstream.name}.model", upstream.model
    return ".".join(filter(None, ["components", component, "model", layer])), node


def write_encoder(path: str | Path, saved: SavedEncoder) -> None:
    """Write an encoder to a folder, which is replaced as a whole.

    The folder contains config.cfg, meta.json and encoder.safetensors.

    Raises:
        FileExistsError: The path is something else than a saved model.
    """
    meta = {
        "encoder": saved.path,
        "scores": saved.scores,
    }
    with replace_model(path) as folder:
        (folder / CONFIG).write_text(format_config(saved.config), encoding="utf8")
        write_arrays(folder / ENCODER_FILE, saved.weights)
        write_meta(folder, meta)


def read_encoder(path: str | Path) -> SavedEncoder:
    """Read what `write_encoder` wrote.

    Raises:
        FileNotFoundError: There is no saved model.
        ValueError: A file is missing, altered or from a later version, or the folder
            contains no encoder.
    """
    folder = Path(path)
    meta = read_meta(folder)
    place: Any = meta.get("encoder")
    if ENCODER_FILE not in meta["files"] or not fits(place, str):
        raise ValueError(
            f"{folder} is not an encoder that was pretrained: {META} names no "
            f"{ENCODER_FILE}."
        )
    config = load_config(folder / CONFIG)
    weights = read_arrays(folder / ENCODER_FILE)
    return SavedEncoder(config, place, weights, meta.get("scores") or {})


def load_encoder(
    model: Model[Any, Any],
    source: str | Path | SavedEncoder,
    config: Config,
    place: str,
) -> None:
    """Replace the weights of an encoder by saved ones.

    Args:
        model: The encoder, which is initialized.
        source: A folder that `write_encoder` wrote, what was read from one, or a file
            that ``spacy pretrain`` wrote, such as model5.bin.
        config: The config of the encoder, to list the settings that must change.
        place: The path of the encoder in it, such as "components.tok2vec.model".

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The weights do not fit. The message has a table of file against
            model, and the settings to change.
    """
    if isinstance(source, SavedEncoder):
        saved, name = source, "the pretrained encoder"
    else:
        path, name = Path(source), str(source)
        if not os.path.exists(path):
            raise FileNotFoundError(f"there is no file or folder {path}.")
        if not path.is_dir():
            load_weights(model, path)
            return
        saved = read_encoder(path)
    try:
        set_parameters(model, saved.weights, name)
    except ValueError as error:
        raise ValueError(f"{error}{_advise(saved, config, place)}") from error


def _advise(saved: SavedEncoder, config: Config, place: str) -> str:
    """List the settings of the encoder that differ from those in the file."""
    ours = {"encoder": follow(interpolate(config), place) or {}}
    theirs = {"encoder": follow(interpolate(saved.config), saved.path) or {}}
    if not theirs["encoder"]:  # It was built in Python.
        return ""
    lines = [
        f"\n  {place}{path.removeprefix('encoder')}: {left or 'not there'} here, "
        f"{right or 'not there'} in the file"
        for path, left, right in compare(Config(ours), Config(theirs))
    ]
    return "\nSettings that differ:" + "".join(lines) if lines else ""
