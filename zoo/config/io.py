"""Read configs, put values into them, and write them."""

import json
import re
from collections.abc import Iterator, Mapping
from configparser import Error as ParserError
from pathlib import Path
from typing import Any

from thinc.config import VARIABLE_RE, Config, ConfigValidationError

from .errors import ConfigError, Fault, nearest, raise_faults
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


def load_config(
    source: str | Path, overrides: Mapping[str, Any] | None = None
) -> Config:
    """Read a config file, with its variables left as they are.

    source: The file.
    overrides: Values to put in, by dotted path: ``{"training.max_epochs": 2}``.

    Raises FileNotFoundError if there is no such file, and ConfigError if it cannot
    be parsed or an override leads into a section that it lacks.
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
    """Read a config from a string, as `load_config` does from a file."""
    try:
        config = Config().from_str(text, interpolate=False)
    except (ValueError, KeyError, ParserError) as error:
        raise ConfigError(f"{name} cannot be read:", [_told_by(error)]) from error
    _unescape(config)
    put_overrides(config, overrides or {})
    return config


def interpolate(config: Mapping[str, Any]) -> Config:
    """Put the values of variables in their places.

    Raises ConfigError with all variables that are not there, or that contain
    themselves.
    """
    config = config if isinstance(config, Config) else Config(dict(config))
    faults = [] if config.is_interpolated else list(_find_lost_variables(config))
    raise_faults(faults)
    try:
        values = config.interpolate()
        json.dumps(values)  # Finds a section that contains itself.
    except (ValueError, ParserError, RecursionError) as error:
        raise ConfigError("The config cannot be read:", [_told_by(error)]) from error
    return values


def format_config(config: Config) -> str:
    """Write a config as text, its sections in spaCy's order, each with its own.

    Variables stay as they are.
    """
    text = config.to_str(interpolate=False)
    blocks = {}
    for block in re.split(r"\n(?=\[)", text):
        blocks[block[1:].partition("]\n")[0].rstrip("]")] = block.strip()
    names = sorted(config, key=lambda n: (n not in SECTIONS, _order(n)))
    paths = (path for name in names for path, _ in _walk_sections(config[name], name))
    return "\n\n".join(blocks[path] for path in paths if path in blocks) + "\n"


def follow(config: Mapping[str, Any], path: str) -> Any:
    """Give what stands at a dotted path; None if nothing does."""
    found: Any = config
    for step in path.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _order(name: str) -> int:
    return [*SECTIONS].index(name) if name in SECTIONS else 0


def _walk_sections(block: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Give the sections from here on, depth first, with their paths."""
    if isinstance(block, Mapping):
        yield path, block
        for name, child in block.items():
            yield from _walk_sections(child, f"{path}.{name}")


def _unescape(block: Any) -> None:
    """Turn ``$$`` into the ``$`` it stands for, as it is written when it is written.

    A string with a variable stays: confection writes that as it is.
    """
    for name, value in block.items() if isinstance(block, dict) else enumerate(block):
        if isinstance(value, dict | list):
            _unescape(value)
        elif isinstance(value, str) and (
            isinstance(block, list) or not VARIABLE_RE.search(value)
        ):
            block[name] = value.replace("$$", "$")


def _find_lost_variables(config: Config) -> Iterator[Fault]:
    sections = dict(
        section for name in config for section in _walk_sections(config[name], name)
    )
    known = [*sections]
    known += [f"{path}.{key}" for path in sections for key in sections[path]]
    for path, section in sections.items():
        for key, value in section.items():
            if isinstance(value, Mapping):
                continue
            text = value if isinstance(value, str) else json.dumps(value)
            for variable in re.findall(rf"(?<!\$){VARIABLE_RE.pattern}", text):
                name = variable[2:-1].replace(":", ".")
                if name not in known and name not in section:
                    message = f"there is nothing called {name!r} to put in here."
                    yield Fault(f"{path}.{key}", message + nearest(name, known))


def _told_by(error: Exception) -> Fault:
    """Put what confection or the parser says into one line."""
    if isinstance(error, RecursionError) or "Circular" in str(error):
        return Fault("", "a variable contains itself.")
    if isinstance(error, ConfigValidationError) and error.errors:
        first = dict(next(iter(error.errors)))
        path = ".".join(str(step) for step in first.get("loc", []))
        desc = (error.desc or "").partition("\n\n")[0]  # Then it gives advice.
        return Fault(path, f"{desc} {first.get('msg', '')}".strip())
    if isinstance(error, KeyError):
        return Fault(error.args[0], "a section must stand before those within it.")
    text = getattr(error, "desc", None) or str(error)
    return Fault("", " ".join(text.split()))
