"""Build transformers from their parts: a config, a tokenizer and weights."""

import math
from collections.abc import Mapping
from typing import Any

from .._optional import import_torch, require
from ._hugging_face import (
    Transformer,
    build_module,
    make_ready,
    reason_of,
    wrap,
)
from ._text_part import find_text_part
from ._trust import check_saved_config


def rebuild(
    setup: Mapping[str, Any],
    tokenizer: str,
    shapes: Mapping[str, tuple[int, ...]],
) -> Transformer:
    """Build a transformer from what `Transformer.setup` returned, without weights.

    Nothing is fetched, and no code is run but that of the package transformers.

    Args:
        setup: The settings, whose config has passed `check_saved_config`.
        tokenizer: The text of a tokenizer.json.
        shapes: Of the weights that it is to take. It is built only if it has no more.

    Returns:
        The transformer.

    Raises:
        ValueError: The config describes a larger one, or the tokenizer is damaged.
    """
    pieces = _read_tokenizer(tokenizer)
    module = _build_within(setup["config"], shapes)
    return Transformer(make_ready(module), pieces, **setup)


def build_transformer(
    source: str,
    config: Mapping[str, Any],
    tokenizer: str,
    weights: Mapping[str, Any],
    max_length: int,
) -> Transformer:
    """Build a transformer from its parts, whoever saved them.

    Args:
        source: Where they are from, for messages.
        config: That of Hugging Face.
        tokenizer: The text of a tokenizer.json.
        weights: Arrays by the names of the parameters of `AutoModel`.
        max_length: Pieces that it can read at once; 0 for what the config says.

    Returns:
        The transformer, with its weights.

    Raises:
        ValueError: The config would fetch or import something, the weights are not
            those that it describes, or the tokenizer is damaged.
    """
    torch = import_torch("TransformerWrapper", "transformers")
    shapes = {name: (*array.shape,) for name, array in weights.items()}
    check_saved_config(source, config, shapes)
    try:
        pieces = _read_tokenizer(tokenizer)
        module = _build_within(config, shapes)
        tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
        missing, _ = module.load_state_dict(tensors, strict=False)
        transformer = wrap(module, pieces, max_length)
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # The packages below have no common type.
        raise ValueError(
            f"{source}: the transformer cannot be built: {type(error).__name__}: "
            f"{reason_of(error)}"
        ) from error
    if missing:
        raise ValueError(
            f"{source}: the weights lack {len(missing)} of those that the config "
            f"describes, such as {missing[0]!r}. Save the pipeline again, with the "
            f"version of transformers that it was trained with."
        )
    return transformer


def _build_within(
    config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> Any:
    """Build a module with random weights, unless it has more than a file holds."""
    torch = import_torch("TransformerWrapper", "transformers")
    with torch.device("meta"):  # A model without memory, to look at its size.
        _check_size(find_text_part(build_module(config)), shapes)
    with torch.random.fork_rng():  # The weights that it draws are replaced.
        return build_module(config)


def _check_size(module: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that a module has no more weights than a file has numbers for.

    The rest of a module that reads and writes is left out of the file.
    """
    needed = sum(parameter.numel() for parameter in module.parameters())
    held = sum(math.prod(shape) for shape in shapes.values())
    if needed > held:
        raise ValueError(
            f"the transformer has {needed} weights, but the file holds {held}."
        )


def _read_tokenizer(text: str) -> Any:
    """Build a tokenizer from the text of its file, tokenizer.json."""
    tokenizers = require("tokenizers", "TransformerWrapper", "transformers")
    try:
        return tokenizers.Tokenizer.from_str(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # A panic of Rust is no Exception.
        raise ValueError(f"expected a tokenizer.json, got: {error}") from error
