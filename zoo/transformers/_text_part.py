"""Find the part of a Hugging Face module that reads text, and its limits."""

import inspect
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: What tokenizers report if they know no limit is far above this.
NO_LIMIT: Final = 10**9
#: Names of the number of positions in the configs of different architectures.
_LIMITS: Final = (
    "max_position_embeddings",
    "max_encoder_position_embeddings",
    "n_positions",
    "max_seq_len",
    "max_sequence_length",
    "max_source_positions",
    "n_ctx",
)
#: What an embedding of positions is called, at the end of its name.
_POSITIONS: Final = ("position_embeddings", "embed_positions", "wpe", "embed_position")
#: What a model has that compares vectors of texts with those of pictures.
_COMPARISON: Final = (
    "logit_scale",
    "temperature",
    "text_proj",
    "text_projection",
    "class_predictor",
)
#: How JSON spells the floats that it has no numbers for, as transformers does.
_TAG: Final = "__float__"
_FLOATS: Final = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


def find_text_part(module: Any) -> Any:
    """Return the part of a module that gives the vectors of pieces.

    It is the encoder of a module that also writes text, also where its config does
    not say so, and the language model of a module that also sees or hears.

    Raises:
        ValueError: The module has a part for text beside another one, of which none
            reads both, as CLIP has.
    """
    accepted = inspect.signature(module.forward).parameters
    writes = getattr(module.config, "is_encoder_decoder", False)
    writes |= "decoder_input_ids" in accepted
    # Whether the config of an encoder saved by itself says that differs by version.
    writes |= type(module).__name__.endswith("EncoderModel")
    if writes and hasattr(module, "get_encoder"):
        encoder = _without_head(_encoder_of(module))
        if encoder is not None:
            if not hasattr(encoder, "config"):
                encoder.config = module.config
            module = encoder
    compares = any(hasattr(module, name) for name in _COMPARISON)
    inner = getattr(module, "language_model", None)
    if inner is None and hasattr(module, "vision_model") and not compares:
        inner = getattr(module, "text_model", None)
    if inner is not None and hasattr(inner, "config"):
        return find_text_part(_without_head(inner))
    if text_config(module.config) is not module.config and not _reads_ids(module):
        raise ValueError(
            f"TransformerWrapper: needs an encoder of text, got "
            f"{type(module).__name__}, which compares texts with something else. Save "
            f"its text model to a folder of its own, and give that."
        )
    return module


def _encoder_of(module: Any) -> Any:
    """Return the encoder of a module; None if what it reads texts with has none."""
    try:
        return module.get_encoder()
    except (AttributeError, NotImplementedError):
        return None


def _without_head(module: Any) -> Any:
    """Return the part below what predicts words, if a module has such a head."""
    base = getattr(module, "base_model", module)
    if base is module and hasattr(module, "lm_head"):
        base = getattr(module, "model", module)
    return base


def _reads_ids(module: Any) -> bool:
    """Check whether a module needs nothing but the ids of pieces."""
    parameters = inspect.signature(module.forward).parameters
    dual = any(hasattr(module, name) for name in ("vision_model", "audio_model"))
    return "input_ids" in parameters and not dual


def text_config(config: Any) -> Any:
    """Return the part of a config that is about text; often all of it."""
    find = getattr(config, "get_text_config", None)
    if find is None:
        return config
    try:
        return find()
    except ValueError:  # It has several.
        return config


def use_full_attention(module: Any) -> None:
    """Turn off sparse attention that switches to full attention after a short text.

    What BigBird predicts would depend on what it has read before.
    """
    for part in [*module.modules()]:
        if hasattr(part, "set_attention_type"):
            if getattr(part, "attention_type", "original_full") != "original_full":
                part.set_attention_type("original_full")
            if hasattr(part, "config"):
                part.config.attention_type = "original_full"


def count_positions(module: Any) -> int | None:
    """Count the positions that a module of Hugging Face has vectors for."""
    config = text_config(module.config)
    found = [getattr(config, name, None) for name in _LIMITS]
    counts = [n for n in found if isinstance(n, int) and 0 < n < NO_LIMIT][:1]
    for name, part in module.named_modules():
        rows = getattr(part, "num_embeddings", None)
        if name.endswith(_POSITIONS) and isinstance(rows, int) and rows > 0:
            # RoBERTa and its kin count positions from the one behind that of the
            # padding, and BART and its kin from a fixed one.
            padding = getattr(part, "padding_idx", None)
            skipped = getattr(part, "offset", 0 if padding is None else padding + 1)
            counts.append(rows - skipped)
    return min((n for n in counts if n > 0), default=None)


def encode_floats(value: Any) -> Any:
    """Replace the floats that JSON lacks, in a config of sections and lists."""
    if isinstance(value, Mapping):
        return {name: encode_floats(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode_floats(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
        return {_TAG: name}
    return value


def decode_floats(value: Any) -> Any:
    """Undo `encode_floats`."""
    if isinstance(value, Mapping):
        if {*value} == {_TAG}:
            return _FLOATS.get(value[_TAG], value)
        return {name: decode_floats(part) for name, part in value.items()}
    if isinstance(value, list):
        return [decode_floats(part) for part in value]
    return value


def walk_configs(config: Any) -> Iterator[Any]:
    """Go through a config and the configs of its parts."""
    yield config
    listed = getattr(config, "sub_configs", None) or {}
    # Some are not listed, as T5Gemma's in transformers 4.
    parts = {**{name: getattr(config, name, None) for name in listed}, **vars(config)}
    for part in parts.values():
        if hasattr(part, "to_dict") and hasattr(part, "model_type"):
            yield from walk_configs(part)
