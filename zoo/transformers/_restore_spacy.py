"""Read the transformers of pipelines that spaCy saved; nothing in them is run."""

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import srsly
from thinc.api import Model

from .._optional import import_torch
from .._parameters import named_nodes
from .._types import Array
from ..config import follow
from ..interop.spacy import read_nodes
from ._curated import curated_config, curated_tokenizer, rename_curated
from ._hugging_face import Transformer, build_transformer
from .wrapper import is_wrapper, state_of

#: What spaCy calls the layer that wraps a transformer of Hugging Face, and the one that
#: wraps a curated transformer.
_WRAPPED, _CURATED = "hf-pytorch", "pytorch"


def restore_transformers(
    folder: Path, model: Model[Any, Any], block: Mapping[str, Any]
) -> None:
    """Build the transformers of a component from its file, with their weights.

    Args:
        folder: Of the component, as spaCy saved it.
        model: Of the component, not initialized.
        block: The section of the model in spaCy's config.

    Raises:
        ValueError: The file does not hold them, or is damaged, or would run code.
        ImportError: A package that runs transformers is missing.
    """
    nodes = [node for _, node in named_nodes(model) if is_wrapper(node)]
    if not nodes:
        return
    file, stored = read_nodes(folder)
    is_curated = follow(block, "piece_encoder") is not None
    name = _CURATED if is_curated else _WRAPPED
    names = [node["name"] for node in stored["nodes"]]
    found = [i for i, held in enumerate(names) if held == name]
    if len(found) != len(nodes):
        raise ValueError(
            f"{file}: expected {len(nodes)} transformers, got {len(found)}. The config "
            f"and the file are not of one pipeline."
        )
    for node, i in zip(nodes, found, strict=True):
        shim = _read_shim(file, stored, i)
        if is_curated:
            transformer = _read_curated(file, shim, stored, block)
        else:
            transformer = _read_hugging_face(file, shim)
        state_of(node).load = _Given(transformer)
        node.initialize()


class _Given:
    """Return a transformer that is there already."""

    def __init__(self, transformer: Transformer) -> None:
        self.transformer = transformer

    def __call__(self) -> Transformer:
        return self.transformer


def _read_shim(file: str, stored: Mapping[str, Any], i: int) -> dict[str, Any]:
    """Read what the file holds of a module beside Thinc's arrays."""
    try:
        (packed,) = stored["shims"][i]
        shim: dict[str, Any] = srsly.msgpack_loads(packed)
        if not isinstance(shim["state"], bytes):
            raise TypeError(type(shim["state"]).__name__)
    except Exception as error:  # msgpack raises errors of many kinds.
        raise ValueError(
            f"{file} is not a model file of spaCy: cannot read its transformer, "
            f"{error!r}."
        ) from error
    return shim


def _read_state(file: str, data: bytes) -> dict[str, Array]:
    """Read weights; a pickle that holds anything but arrays is refused."""
    if not data:
        raise ValueError(
            f"{file} holds no weights: the pipeline was saved before it was "
            f"initialized. Save it again after training."
        )
    torch = import_torch("A transformer of spaCy", "transformers")
    try:
        state = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
        return {
            str(name): tensor.float().numpy()
            for name, tensor in state.items()
            if tensor.is_floating_point()
        }
    except Exception as error:  # PyTorch raises errors of many kinds.
        raise ValueError(
            f"{file}: the weights of the transformer must be arrays alone, and cannot "
            f"be read: {type(error).__name__}: {str(error).splitlines()[0]:.200}"
        ) from error


def _read_hugging_face(file: str, shim: Mapping[str, Any]) -> Transformer:
    """Build a transformer that spacy-transformers saved."""
    weights = _read_state(file, shim["state"])
    config, held = shim.get("config"), shim.get("tokenizer")
    if not isinstance(config, dict) or not isinstance(held, dict):
        raise ValueError(f"{file}: the transformer has no config or no tokenizer.")
    text = held.get("tokenizer.json")
    if not isinstance(text, bytes):
        raise ValueError(
            f"{file}: the tokenizer of the transformer must be a fast one, with a "
            f"tokenizer.json, got {', '.join(map(str, held)) or 'none'}. Set use_fast "
            f"to true in its tokenizer_config, and save the pipeline again with spaCy."
        )
    limit = _read_json(file, held.get("tokenizer_config.json")).get("model_max_length")
    # Keys that are numbers become strings, as in a config.json.
    plain = json.loads(json.dumps(config))
    return build_transformer(
        file, plain, text.decode("utf8", "replace"), weights, _as_limit(limit)
    )


def _read_json(file: str, data: Any) -> dict[str, Any]:
    """Read a file of a tokenizer; it is empty if there is none."""
    if not isinstance(data, bytes):
        return {}
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: tokenizer_config.json is no JSON: {error}") from None
    return found if isinstance(found, dict) else {}


def _as_limit(limit: Any) -> int:
    """Return how many pieces a tokenizer allows; 0 for any number."""
    return int(limit) if isinstance(limit, int | float) and 0 < limit < 2**40 else 0


def _read_curated(
    file: str,
    shim: Mapping[str, Any],
    stored: Mapping[str, Any],
    block: Mapping[str, Any],
) -> Transformer:
    """Build a transformer that spacy-curated-transformers saved."""
    weights = rename_curated(_read_state(file, shim["state"]))
    encoder = str(follow(block, "piece_encoder.@architectures"))
    attrs: dict[str, Any] = next(
        (
            attrs
            for node, attrs in zip(stored["nodes"], stored["attrs"], strict=True)
            if node["name"].endswith("_encoder")
        ),
        {},
    )
    try:
        tokenizer = curated_tokenizer(encoder, attrs)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    limit = _as_limit(block.get("model_max_length", 512))
    return build_transformer(file, curated_config(block), tokenizer, weights, limit)
