"""Decide what a file may make the package transformers do: fetch and import nothing.

Trust is given by a person, in Python or on the command line, and never by a file.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .._optional import import_transformers

_is_trusted: ContextVar[bool] = ContextVar("is_trusted", default=False)

#: The settings of tokenizers that a config may hold.
TOKENIZER_SETTINGS = (
    "add_bos_token",
    "add_eos_token",
    "add_prefix_space",
    "additional_special_tokens",
    "bos_token",
    "clean_up_tokenization_spaces",
    "cls_token",
    "do_basic_tokenize",
    "do_lower_case",
    "eos_token",
    "extra_special_tokens",
    "from_slow",
    "keep_accents",
    "legacy",
    "local_files_only",
    "lowercase",
    "mask_token",
    "max_length",
    "model_max_length",
    "never_split",
    "pad_token",
    "padding_side",
    "revision",
    "sep_token",
    "split_special_tokens",
    "src_lang",
    "strip_accents",
    "subfolder",
    "tgt_lang",
    "tokenize_chinese_chars",
    "trim_offsets",
    "truncation_side",
    "unk_token",
    "use_fast",
)
#: The values of a setting that could name code on the hub otherwise.
ATTENTIONS = ("eager", "sdpa", "flex_attention")
#: Settings by which a transformer fetches or imports something, if they are set.
FORBIDDEN = (
    "adapter_kwargs",
    "auto_map",
    "backbone",
    "backbone_config",
    "backbone_kwargs",
    "cache_dir",
    "code_revision",
    "custom_pipelines",
    "device_map",
    "experts_implementation",
    "force_download",
    "gguf_file",
    "kernel_config",
    "proxies",
    "quantization_config",
    "resume_download",
    "state_dict",
    "token",
    "trust_remote_code",
    "use_auth_token",
    "use_kernels",
    "use_pretrained_backbone",
    "use_safetensors",
    "use_timm_backbone",
    "weights_only",
)
#: Types of models that are made by another package, by a name that may be on a hub.
FOREIGN_TYPES = ("timm_backbone", "timm_wrapper")
#: Numbers in a config up to this one are not compared with the size of the file.
LEAST_LIMIT = 2**20
#: Layers up to this number are not compared with the number of arrays.
LEAST_DEPTH = 64


@contextmanager
def trust_remote_code() -> Iterator[None]:
    """Let transformers run code that comes with a model, inside the block.

    Use it only for models whose code you have read: it can do all that you can do.
    A config and a saved folder cannot ask for it.
    """
    token = _is_trusted.set(True)
    try:
        yield
    finally:
        _is_trusted.reset(token)


def is_trusted() -> bool:
    """Return whether code that comes with a model may run."""
    return _is_trusted.get()


def check_settings(
    tokenizer_config: Mapping[str, Any] | None,
    transformer_config: Mapping[str, Any] | None,
) -> None:
    """Check that settings make transformers fetch and import nothing but the model.

    Args:
        tokenizer_config: Of a TransformerWrapper.
        transformer_config: Of a TransformerWrapper.

    Raises:
        ValueError: A setting is not among those that are allowed.
    """
    for name in tokenizer_config or ():
        if name not in TOKENIZER_SETTINGS:
            raise ValueError(
                f"TransformerWrapper: tokenizer_config may hold only settings that "
                f"run no code, got {name!r}.{_advise(name)}"
            )
    for name, value in _walk(transformer_config or {}):
        if problem := _find_problem(name, value):
            raise ValueError(
                f"TransformerWrapper: transformer_config: {problem}{_advise(name)}"
            )


def check_saved_config(
    file: str, config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Check that the config of a saved transformer fetches and imports nothing.

    Its sizes must have room in the arrays that the folder holds.

    Args:
        file: Its name, for messages.
        config: That of Hugging Face.
        shapes: Of the arrays of the transformer, by name.

    Raises:
        ValueError: It does, or is larger than the arrays.
    """
    transformers, kind = import_transformers(), config.get("model_type")
    known = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    if not isinstance(kind, str) or kind not in known or kind in FOREIGN_TYPES:
        raise ValueError(
            f"{file}: model_type must be one that the installed transformers has, got "
            f"{kind!r:.50}. Upgrade transformers."
        )
    most = sum(_size(shape) for shape in shapes.values())
    for name, value in _walk(config):
        if problem := _find_problem(name, value):
            raise ValueError(f"{file}: {problem}")
        if isinstance(value, int) and value > max(LEAST_LIMIT, most):
            raise ValueError(
                f"{file}: {name} is {value}, but the weights are only {most} numbers."
            )
        is_depth = "layers" in name or name in ("depth", "n_layer")
        is_depth &= name != "max_window_layers"  # It may be more than there are.
        deepest = max(LEAST_DEPTH, len(shapes))
        if is_depth and isinstance(value, int) and value > deepest:
            raise ValueError(
                f"{file}: {name} is {value}, but there are only {len(shapes)} "
                f"arrays of weights."
            )


def _walk(block: Any) -> Iterator[tuple[str, Any]]:
    """Go through all settings of a config and of the configs within it."""
    for name, value in block.items():
        if isinstance(value, Mapping) and value:
            if name in FORBIDDEN:
                yield name, value
            yield from _walk(value)
        else:
            yield name, value


def _find_problem(name: str, value: Any) -> str | None:
    """Return what is wrong about a setting of a transformer, if anything is."""
    if "attn_implementation" in name and not name.endswith("_autoset"):
        if value is not None and value not in ATTENTIONS:
            return f"{name} must be one of {', '.join(ATTENTIONS)}, got {value!r:.50}."
        return None
    if name in FORBIDDEN and value not in (None, False, {}, []):
        return f"a file may not set {name}, by which code or files could be fetched."
    return None


def _advise(name: str) -> str:
    if name != "trust_remote_code":
        return ""
    return (
        " If you trust the code of the model, say so in Python: `with "
        "zoo.transformers.trust_remote_code():`, or on the command line: "
        "--trust-remote-code."
    )


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
