"""Read configs, put values into them, and write them."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from configparser import Error as ParserError
from pathlib import Path
from typing import Any, NamedTuple

from thinc.config import VARIABLE_RE, Config, ConfigValidationError

#: The order of the sections in a file; any others come last.
SECTIONS = (
    "paths",
    "variables",
    "system",
    "nlp",
    "components",
    "corpora",
    "training",
    "pretraining",
    "initialize",
)


class Fault(NamedTuple):
    """What is wrong at one place of a config."""

    path: str
    message: str


class ConfigError(ValueError):
    """Tell all faults of a config, one a line, each with its path."""

    def __init__(self, title: str, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        lines = [": ".join(filter(None, fault)) for fault in faults]
        super().__init__("\n  ".join([title, *lines]))


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise a ConfigError that lists all faults, if there are any."""
    if faults:
        faults = list(dict.fromkeys(faults))
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ConfigError(f"The config has {count}:", faults)


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
    overrides = overrides or {}
    faults = list(_find_lost_overrides(config, overrides))
    if faults:
        raise ConfigError("These overrides lead nowhere:", faults)
    for path, value in overrides.items():
        section, _, key = path.rpartition(".")
        follow(config, section)[key] = value
    return config


def parse_overrides(arguments: Sequence[str]) -> dict[str, Any]:
    """Read ``--training.max_epochs 2`` or ``--training.max_epochs=2``.

    A value is read as JSON, and taken for a string if it is none. A name without a
    value means true.

    Raises ValueError if an argument is not of this form.
    """
    overrides: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        steps = name.removeprefix("--").split(".")
        if not name.startswith("--") or len(steps) < 2 or "" in steps:
            raise ValueError(
                f"An override must be given as --section.name VALUE, such as "
                f"--training.max_epochs 2, got {name!r}."
            )
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else "true"
        overrides[".".join(steps)] = _read_value(value)
    return overrides


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


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the most similar name, as the end of a message, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _order(name: str) -> int:
    return SECTIONS.index(name) if name in SECTIONS else 0


def _walk_sections(block: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Give the sections from here on, depth first, with their paths."""
    if isinstance(block, Mapping):
        yield path, block
        for name, child in block.items():
            yield from _walk_sections(child, f"{path}.{name}")


def _find_lost_overrides(
    config: Mapping[str, Any], overrides: Mapping[str, Any]
) -> Iterator[Fault]:
    for path in overrides:
        block: Any = config
        *sections, _ = path.split(".")
        for step in sections:
            known = [name for name in block if isinstance(block[name], Mapping)]
            if step not in known:
                message = f"there is no section '{step}'.{nearest(step, known)}"
                yield Fault(path, message)
                break
            block = block[step]


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


def _read_value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _told_by(error: Exception) -> Fault:
    """Put what confection or the parser says into one line."""
    if isinstance(error, RecursionError) or "Circular" in str(error):
        return Fault("", "a variable contains itself.")
    if isinstance(error, ConfigValidationError) and error.errors:
        first = dict(next(iter(error.errors)))
        path = ".".join(str(step) for step in first.get("loc", []))
        return Fault(path, f"{error.desc or ''} {first.get('msg', '')}".strip())
    if isinstance(error, KeyError):
        return Fault(error.args[0], "a section must stand before those within it.")
    text = getattr(error, "desc", None) or str(error)
    return Fault("", " ".join(text.split()))
