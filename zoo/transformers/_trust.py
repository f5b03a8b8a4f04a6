"""Decide what a file may make the package transformers do: fetch and import nothing.

Trust is given by a person, in Python or on the command line, and never by a file.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from .._optional import import_transformers
from ._known_settings import (
    PLAIN,
    TOKENIZER_SETTINGS,
    TRANSFORMER_SETTINGS,
    find_known,
    find_part_types,
    find_types,
)

_is_trusted: ContextVar[bool] = ContextVar("is_trusted", default=False)

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
#: How a person gives trust, for the end of a message.
_ADVICE = (
    " If you trust the model and what it names, say so in Python: `with "
    "zoo.transformers.trust_remote_code():`, or on the command line: "
    "--trust-remote-code."
)
#: Numbers in a config up to this one are not compared with the size of the file.
LEAST_LIMIT = 2**20
#: Layers up to this number are not compared with the number of arrays.
LEAST_DEPTH = 64


@contextmanager
def trust_remote_code() -> Iterator[None]:
    """Allow transformers to run code that comes with a model, inside the block.

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
    if is_trusted():
        return
    groups = (
        ("tokenizer_config", tokenizer_config, TOKENIZER_SETTINGS),
        ("transformer_config", transformer_config, TRANSFORMER_SETTINGS),
    )
    for owner, settings, known in groups:
        for name, value in _walk(settings or {}):
            if name not in known:
                raise ValueError(
                    f"TransformerWrapper: {owner} may hold only settings that are "
                    f"known to fetch and run no code, got {name!r:.100}.{_ADVICE}"
                )
            if problem := _find_problem(name, value):
                raise ValueError(f"TransformerWrapper: {owner}: {problem}{_ADVICE}")


def check_loaded_config(config: Any, parts: Iterable[Any], chosen: bool) -> None:
    """Check that the config of a transformer that someone published fetches nothing.

    Args:
        config: That of Hugging Face.
        parts: It and the configs of its parts.
        chosen: Whether the person who loads it has chosen how attention is computed.

    Raises:
        ValueError: It names code or other models.
    """
    if is_trusted():
        return
    found = [*_walk(config.to_dict())]
    if not chosen:
        name = "_attn_implementation"
        found += [(name, getattr(part, name, None)) for part in parts]
    for name, value in found:
        # Code that came with a model is not run, and quantized ones are refused later.
        if name not in ("auto_map", "quantization_config") and (
            problem := _find_problem(name, value)
        ):
            raise ValueError(f"config.json: {problem}{_ADVICE}")
    _check_types("config.json", config.to_dict())


def find_safe(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a config that its types know, at any depth.

    Others, which people have put into files, say nothing to the transformer.
    """
    return _keep(config, find_known(config))


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
    if not isinstance(config.get("model_type"), str):
        _refuse_type(file, config.get("model_type"))
    _check_types(file, config)
    known = find_known(config)
    most = sum(_size(shape) for shape in shapes.values())
    for name, value in _walk(config):
        if problem := _find_problem(name, value):
            raise ValueError(f"{file}: {problem}")
        if name not in known and not _is_number(value):
            raise ValueError(
                f"{file}: {name!r:.100} is no setting of a {config['model_type']} of "
                f"the installed transformers, got {value!r:.50}."
            )
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
        sections = value if isinstance(value, list | tuple) else [value]
        if not isinstance(value, Mapping) or not value or name in FORBIDDEN:
            yield name, value
        for section in sections:
            if isinstance(section, Mapping) and name not in PLAIN:
                yield from _walk(section)
            elif isinstance(section, Mapping):
                yield from ((n, v) for n, v in _walk(section) if n in FORBIDDEN)


def _keep(config: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    kept = {}
    for name, value in config.items():
        if isinstance(value, dict) and name not in PLAIN:
            value = _keep(value, known)
        if (name in known or _is_number(value)) and name != "_name_or_path":
            kept[name] = value
    return kept


def _check_types(file: str, config: Mapping[str, Any]) -> None:
    """Check that all types of models are those of the package transformers."""
    known = import_transformers().models.auto.configuration_auto.CONFIG_MAPPING
    kinds = find_types(config)
    parts = find_part_types(kind for kind in kinds if kind in known)
    for kind in kinds:
        if kind in FOREIGN_TYPES:
            raise ValueError(
                f"{file}: model_type may not be {kind!r}, which another package makes "
                f"by a name that may be on a hub. Save the part that reads text to a "
                f"folder of its own, and give that."
            )
        if kind not in known and kind not in parts:
            _refuse_type(file, kind)


def _refuse_type(file: str, kind: Any) -> NoReturn:
    raise ValueError(
        f"{file}: model_type must be one that the installed transformers has, got "
        f"{kind!r:.50}. Upgrade transformers."
    )


def _is_number(value: Any) -> bool:
    """Return whether a value can name nothing and turn nothing on."""
    return value is None or value is False or type(value) in (int, float)


def _find_problem(name: str, value: Any) -> str | None:
    """Return what is wrong about a setting of a transformer, if anything is."""
    name = str(name)  # Numbers are names too in a config that is built.
    if "attn_implementation" in name and not name.endswith("_autoset"):
        values = value.values() if isinstance(value, Mapping) else [value]
        if wrong := [v for v in values if v is not None and v not in ATTENTIONS]:
            allowed = ", ".join(ATTENTIONS)
            return f"{name} must be one of {allowed}, got {wrong[0]!r:.50}."
        return None
    if name in FORBIDDEN and value not in (None, False, {}, []):
        return f"a file may not set {name}, by which code or files could be fetched."
    return None


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
