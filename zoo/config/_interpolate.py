"""Replace the variables of a config by the values that they stand for."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ._limits import SIZE
from .errors import ConfigError, Fault, nearest, raise_faults

#: A variable, or what may look like the start of one.
_DOLLAR = re.compile(r"\$\$|\$\{([^{}]*)\}|\$")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
#: Python's words for null, true and false, which a config may use too.
LITERALS = {"None": None, "True": True, "False": False}
#: How many variables may stand for one another in a row, sections included.
MAX_DEPTH = 100

Path = tuple[str, ...]


class Literal(str):
    """A string in which ``${…}`` is no variable, as ``$${…}`` in a config stands for.

    It remains one when a config is interpolated again, or is written and read again.
    """

    __slots__ = ()


def has_variable(value: str) -> bool:
    """Check whether a string of a config refers to other settings."""
    return _VARIABLE.search(value) is not None and not isinstance(value, Literal)


def interpolate_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a config in which values stand for all variables.

    A value that is one variable and nothing else becomes what it refers to, with its
    type: ``${section}`` a whole section. A variable within a string becomes text. A
    value is read once: what a variable puts into a string is not read as JSON again.

    Args:
        config: As it was read, with strings that hold variables as they were written.

    Raises:
        ConfigError: A variable refers to nothing or contains itself, a section stands
            within a string, a single dollar sign stands in a value with variables, or
            the values that variables put in are more than the limit
            ZOO_MAX_CONFIG_SIZE allows.
    """
    interpolation = _Interpolation(config)
    values: dict[str, Any] = interpolation.section(config, ())
    raise_faults(interpolation.faults)
    return values


class _Interpolation:
    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.faults: list[Fault] = []
        self.done: dict[Path, Any] = {}
        self.active: dict[Path, None] = {}
        self.limit = self.room = SIZE.value

    def section(self, block: Mapping[str, Any], path: Path) -> dict[str, Any]:
        return {name: self.value((*path, name), block[name]) for name in block}

    def value(self, path: Path, written: Any) -> Any:
        """Return the value of a setting or section, which is worked out once."""
        if path in self.done:
            return self.done[path]
        if path in self.active:
            self.stop(path, "a variable contains itself.")
        if len(self.active) >= MAX_DEPTH:
            self.stop(path, f"more than {MAX_DEPTH} variables refer to one another.")
        self.active[path] = None
        if isinstance(written, Mapping):
            found: Any = self.section(written, path)
        elif isinstance(written, str):
            found = self.read(written, path)
        else:
            found = self.items(written, path)
        del self.active[path]
        self.done[path] = found
        return found

    def items(self, value: Any, path: Path) -> Any:
        """Replace the variables in the strings of a list."""
        if isinstance(value, list | tuple):
            return [self.items(item, path) for item in value]
        if isinstance(value, Mapping):
            return {name: self.items(item, path) for name, item in value.items()}
        if isinstance(value, str) and has_variable(value):
            return self.fill(value, path)
        return value

    def read(self, written: str, path: Path) -> Any:
        if not has_variable(written):
            return written
        if _VARIABLE.fullmatch(written):
            return self.copy(self.look_up(written[2:-1], path), path)
        quoted = _unquote(written)
        if quoted is not None:
            return self.fill(quoted, path)
        text = self.fill(written, path)
        value = LITERALS.get(text, text)
        with suppress(ValueError, RecursionError):
            value = json.loads(text)
        return text if isinstance(value, str) else _mark(value)

    def fill(self, template: str, path: Path) -> str:
        """Replace the variables in a text by text."""
        pieces, end = [], 0
        for match in _DOLLAR.finditer(template):
            pieces += [template[end : match.start()], self.piece(match, path)]
            end = match.end()
        pieces.append(template[end:])
        self.take(sum(map(len, pieces)), path)
        text: str = _mark("".join(pieces))
        return text

    def piece(self, match: re.Match[str], path: Path) -> str:
        if match[0] == "$$":
            return "$"
        if match[1] is None:
            message = "a dollar sign beside a variable must be written twice: $$."
            self.faults.append(Fault(".".join(path), message))
            return ""
        found = self.look_up(match[1], path)
        if isinstance(found, Mapping):
            message = f"a section cannot stand within a string or list, got {match[0]}."
            self.faults.append(Fault(".".join(path), message))
            return ""
        return (
            found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
        )

    def look_up(self, name: str, path: Path) -> Any:
        """Return the value that a variable stands for; None, and an error, if none."""
        target = self.locate(tuple(name.replace(":", ".").split(".")), path)
        found = _find(self.config, target)
        if found is _MISSING:
            known = [".".join(step) for step in _walk(self.config, ())]
            lost = ".".join(target)
            message = f"there is nothing called {lost!r} to put in here."
            self.faults.append(Fault(".".join(path), message + nearest(lost, known)))
            return None
        return self.value(target, found)

    def locate(self, name: Path, path: Path) -> Path:
        """Return where a variable points to; one word may name a neighbour."""
        if len(name) == 1:
            # Of a value that is an object, the settings around it are looked at too.
            around = [path[:end] for end in range(len(path) - 1, 0, -1)]
            for section in (around[0], (), *around[1:]) if around else ():
                target = (*section, *name)
                if target != path and _find(self.config, target) is not _MISSING:
                    return target
        return name

    def copy(self, value: Any, path: Path) -> Any:
        """Copy a value, and count what is copied."""
        self.take(1 + len(value) if isinstance(value, str) else 1, path)
        if isinstance(value, Mapping):
            return {name: self.copy(child, path) for name, child in value.items()}
        if isinstance(value, list):
            return [self.copy(child, path) for child in value]
        return value

    def take(self, size: int, path: Path) -> None:
        self.room -= size
        if self.room < 0:
            self.stop(
                path,
                f"variables put in more than {self.limit:,} values and characters. "
                f"{SIZE.advice}",
            )

    def stop(self, path: Path, message: str) -> None:
        fault = Fault(".".join(path), message)
        raise ConfigError("The config cannot be read:", [fault])


def _mark(value: Any) -> Any:
    """Return a value of which all strings are literal: its variables are replaced."""
    if isinstance(value, list):
        return [_mark(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _mark(item) for name, item in value.items()}
    return Literal(value) if isinstance(value, str) and has_variable(value) else value


_MISSING: Any = object()


def _find(config: Mapping[str, Any], path: Path) -> Any:
    found: Any = config
    for step in path:
        if not isinstance(found, Mapping) or step not in found:
            return _MISSING
        found = found[step]
    return found


def _walk(block: Mapping[str, Any], path: Path) -> list[Path]:
    found = []
    for name, child in block.items():
        found.append((*path, name))
        if isinstance(child, Mapping):
            found += _walk(child, (*path, name))
    return found


def _unquote(written: str) -> str | None:
    """Return the text of a JSON string; None for what is none."""
    if written[:1] != '"':
        return None
    try:
        found = json.loads(written)
    except ValueError:
        return None
    return found if isinstance(found, str) else None
