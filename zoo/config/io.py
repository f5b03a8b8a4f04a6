"""Read configs, interpolate their variables, and write them."""

import json
import re
from collections.abc import Iterator, Mapping
from configparser import Error as ParserError
from pathlib import Path
from typing import Any

from thinc.config import Config, ConfigValidationError

from ._interpolate import Literal, has_variable, interpolate_values
from .errors import ConfigError, Fault
from .overrides import put_overrides

#: The sections of a config in their order in a file; any others come last.
SECTIONS = {
    "paths": "Files and folders, for other settings to refer to.",
    "variables": "Values for other settings to refer to.",
    "system": "What the machine is to do, for other settings to refer to.",
    "nlp": "The pipeline.",
    "components": "The parts of the pipeline, each in a section of its own.",
    "corpora": "Readers of documents, each in a section of its own.",
    "training": "How to train.",
    "pretraining": "How to pretrain an encoder on raw text.",
    "initialize": "What a run begins with.",
}
#: How deep sections may stand within one another.
MAX_NESTING = 100


def load_config(
    source: str | Path, overrides: Mapping[str, Any] | None = None
) -> Config:
    """Read a config file, and leave its variables as they are.

    Args:
        source: The file.
        overrides: Values to put in, by dotted path: ``{"training.max_epochs": 2}``.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigError: It cannot be parsed, or an override leads into a section that it
            lacks.
    """
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"load_config: there is no config file {path}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        fault = Fault("", f"expected UTF-8, got other bytes: {error}.")
        raise ConfigError(f"{path} cannot be read:", [fault]) from error
    return parse_config(text, overrides, name=str(path))


def parse_config(
    text: str, overrides: Mapping[str, Any] | None = None, *, name: str = "The config"
) -> Config:
    """Read a config from a string, as `load_config` does from a file.

    Args:
        text: The config.
        overrides: Values to put in, by dotted path.
        name: What messages call the config.

    Raises:
        ConfigError: It cannot be parsed, or an override leads into a section that it
            lacks.
    """
    try:
        config = Config().from_str(text, interpolate=False)
    except (ValueError, KeyError, ParserError) as error:
        raise ConfigError(f"{name} cannot be read:", [_describe(error)]) from error
    _check_nesting(config, name)
    _unescape(config)
    put_overrides(config, overrides or {})
    return config


def interpolate(config: Mapping[str, Any]) -> Config:
    """Replace the variables of a config by their values.

    Raises:
        ConfigError: Variables refer to nothing or contain themselves. It lists all
            that refer to nothing.
    """
    return Config(interpolate_values(config))


def format_config(config: Config) -> str:
    """Write a config as text, its sections in spaCy's order.

    Variables stay as they are.

    Raises:
        ValueError: A value is not of a kind that a config can hold.
    """
    names = sorted(config, key=lambda n: (n not in SECTIONS, _order(n)))
    blocks = []
    for path, block in (
        s for name in names for s in _walk_sections(config[name], name)
    ):
        leaves = {n: v for n, v in block.items() if not isinstance(v, Mapping)}
        if leaves or not path.endswith(".*"):
            lines = [f"{n} = {_write(v, f'{path}.{n}')}" for n, v in leaves.items()]
            blocks.append("\n".join([f"[{path}]", *lines]))
    return "\n\n".join(blocks) + "\n"


def follow(config: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a dotted path; None if nothing does."""
    found: Any = config
    for step in path.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _order(name: str) -> int:
    return [*SECTIONS].index(name) if name in SECTIONS else 0


def _walk_sections(block: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the sections from here on, depth first, with their paths."""
    if isinstance(block, Mapping):
        yield path, block
        for name, child in block.items():
            yield from _walk_sections(child, f"{path}.{name}")


def _check_nesting(config: Config, name: str) -> None:
    """Raise ConfigError for sections so deep that functions cannot walk them."""
    level: list[Any] = [config]
    for _ in range(MAX_NESTING):
        blocks = [b for b in level if isinstance(b, dict | list)]
        level = [c for b in blocks for c in (b.values() if isinstance(b, dict) else b)]
    if level:
        fault = Fault("", f"sections and lists are nested deeper than {MAX_NESTING}.")
        raise ConfigError(f"{name} cannot be read:", [fault])


def _unescape(block: Any) -> None:
    """Turn ``$$`` into the ``$`` that it stands for, and back when it is written.

    A string with a variable stays as it was written.
    """
    for name, value in block.items() if isinstance(block, dict) else enumerate(block):
        if isinstance(value, dict | list):
            _unescape(value)
        elif isinstance(value, str) and not has_variable(value):
            block[name] = value.replace("$$", "$")


def _write(value: Any, path: str) -> str:
    if isinstance(value, str) and has_variable(value) and value == value.strip():
        # Written as it was read: ${x} is a value, and "${x}" is text. Some values
        # that come from overrides would not fit on a line.
        return value if "\n" not in value else json.dumps(value)
    try:
        return json.dumps(_escape(value))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"format_config: {path}: a value must be JSON, got {value!r}: {error}."
        ) from error


def _escape(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_escape(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _escape(item) for name, item in value.items()}
    if isinstance(value, Literal):
        return value.replace("$", "$$")
    if isinstance(value, str) and not has_variable(value):
        return re.sub(r"\$(?!\{)", "$$", value)
    return value


def _describe(error: Exception) -> Fault:
    """Put what confection or the parser says into one line."""
    if isinstance(error, ConfigValidationError) and error.errors:
        first = dict(next(iter(error.errors)))
        path = ".".join(str(step) for step in first.get("loc", []))
        desc = (error.desc or "").partition("\n\n")[0]  # Then it gives advice.
        return Fault(path, f"{desc} {first.get('msg', '')}".strip())
    if isinstance(error, KeyError):
        return Fault(error.args[0], "a section must stand before those within it.")
    text = getattr(error, "desc", None) or str(error)
    return Fault("", " ".join(text.split()))
