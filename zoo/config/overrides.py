"""Put values into a config from the command line and from the environment."""

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ._interpolate import LITERALS
from .errors import ConfigError, Fault, nearest

#: The environment variable that holds overrides, written as on the command line.
ENVIRONMENT = "ZOO_CONFIG_OVERRIDES"


def parse_overrides(arguments: Sequence[str]) -> dict[str, Any]:
    """Read ``--training.max_epochs 2`` or ``--training.max_epochs=2``.

    A value is read as in a file: as JSON, and as a string if it is no JSON. A name
    without a value means true.

    Returns:
        The values, by dotted path.

    Raises:
        ValueError: An argument is not of this form.
    """
    overrides: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        steps = name.removeprefix("--").split(".")
        if not name.startswith("--") or len(steps) < 2 or "" in steps:
            raise ValueError(
                f"An override must be given as --section.name VALUE or "
                f"--section.name=VALUE, such as --training.max_epochs 2, got {name!r}."
            )
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else "true"
        overrides[".".join(steps)] = _read_value(value)
    return overrides


def environment_overrides() -> dict[str, Any]:
    """Read the overrides in ZOO_CONFIG_OVERRIDES, split into words as a shell does.

    Raises:
        ValueError: The variable, which the message names, does not hold overrides.
    """
    try:
        return parse_overrides(shlex.split(os.environ.get(ENVIRONMENT, "")))
    except ValueError as error:
        raise ValueError(f"{ENVIRONMENT}: {error}") from error


def put_overrides(
    config: dict[str, Any],
    overrides: Mapping[str, Any],
    environment: Mapping[str, Any] | None = None,
) -> None:
    """Put values into a config, by dotted path: ``{"training.max_epochs": 2}``.

    Args:
        config: Changed in place.
        overrides: They may add a setting to a section that is there.
        environment: Overrides of the environment; `overrides` go before them.

    Raises:
        ConfigError: Overrides lead into sections that are not there. It lists all.
    """
    environment = environment or {}
    faults = list(_find_lost(config, overrides))
    for path, message in _find_lost(config, environment):
        faults.append(Fault(path, f"{message} It stands in {ENVIRONMENT}."))
    if faults:
        raise ConfigError("These overrides lead nowhere:", faults)
    for path, value in {**environment, **overrides}.items():
        *sections, name = path.split(".")
        block = config
        for section in sections:
            block = block[section]
        block[name] = value


def _find_lost(
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


def _read_value(text: str) -> Any:
    """Read a value as a file's is read: JSON, Python's constants, or else a string."""
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return LITERALS.get(text, text)
