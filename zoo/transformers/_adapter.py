"""Merge adapters of the package peft into the weights that they change."""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from .._optional import require
from ._trust import is_trusted

#: The file that makes a folder one of an adapter.
_FILE: Final = "adapter_config.json"


def find_adapter(folder: str) -> str | None:
    """Return what the adapter in a folder changes; None if the folder holds none.

    Raises:
        ValueError: The file does not say what it changes.
        ImportError: It holds an adapter, and the package peft is missing.
    """
    path = Path(folder) / _FILE
    if not path.is_file():
        return None
    try:
        base = json.loads(path.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (ValueError, LookupError, TypeError, RecursionError):
        base = None
    if (Path(folder) / "config.json").is_file():  # The whole weights lie beside it.
        base = folder
    if not isinstance(base, str):
        raise ValueError(
            f"TransformerWrapper: {path} must name the transformer that the adapter "
            f"changes, as base_model_name_or_path."
        )
    try:
        import_module("peft")
    except ImportError as error:
        raise ImportError(
            f"TransformerWrapper: {folder} holds an adapter of PEFT for {base}, not a "
            f"whole transformer. Install peft, or merge the adapter into its "
            f"transformer and save that."
        ) from error
    return base


def holds_tokenizer(folder: str, base: str | None) -> bool:
    """Check whether the tokenizer is read from a folder, and not from its base."""
    return base is None or (Path(folder) / "tokenizer_config.json").is_file()


def merge_adapter(module: Any, folder: str) -> Any:
    """Add what an adapter has learned to the weights of a module.

    Raises:
        ValueError: The adapter is of a kind that is no change of weights, or its
            parameters are not those of the module.
    """
    peft = require("peft", "TransformerWrapper", "transformers")
    config = peft.PeftConfig.from_pretrained(folder)
    if getattr(config, "megatron_config", None) and not is_trusted():
        raise ValueError(
            f"TransformerWrapper: the adapter in {folder} may not set megatron_config, "
            f"by which a module of its choice is imported."
        )
    if config.is_prompt_learning:
        raise ValueError(
            f"TransformerWrapper: an adapter must change weights, got one of the kind "
            f"{config.peft_type} in {folder}."
        )
    if getattr(module, "_hf_peft_config_loaded", False):
        _take_out(module)  # The package transformers has put it in, without a check.
    wrapped = peft.PeftModel(module, config)
    weights = _name_bare(peft.load_peft_weights(folder, device="cpu"), module)
    outcome = peft.set_peft_model_state_dict(wrapped, weights)
    lacking = [name for name in outcome.missing_keys if ".default" in name]
    if lacking or outcome.unexpected_keys:
        some = [*outcome.unexpected_keys, *lacking][0]
        raise ValueError(
            f"TransformerWrapper: an adapter must be one of the transformer, got "
            f"{some!r} in {folder}, which {type(module).__name__} lacks. Merge the "
            f"adapter into the model that it is of, and save that."
        )
    return wrapped.merge_and_unload()


def _take_out(module: Any) -> None:
    """Replace each part that an adapter wraps by what it was before."""
    for name, part in [*module.named_modules()]:
        before = getattr(part, "original_module", None)
        if before is None and hasattr(part, "get_base_layer"):
            before = part.get_base_layer()
        if before is not None:
            module.set_submodule(name, before)
    module._hf_peft_config_loaded = False
    del module.peft_config


def _name_bare(weights: Mapping[str, Any], module: Any) -> dict[str, Any]:
    """Name the weights of an adapter as those of the bare transformer.

    One that was trained with a head names them by the part below the head. What it
    has learned in the head changes no vectors, and is left out.
    """
    start, below = "base_model.model.", module.base_model_prefix
    prefix = f"{start}{below}."
    has_head = below and not hasattr(module, below)
    if not has_head or not any(name.startswith(prefix) for name in weights):
        return dict(weights)
    return {
        start + name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }
