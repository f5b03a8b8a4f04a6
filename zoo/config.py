"""Read configs, name all their faults at once, fill in defaults, build blocks."""

import difflib
import inspect
import json
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from configparser import Error as ParserError
from pathlib import Path
from typing import Any, NamedTuple

from confection.validation import validate_type
from thinc.config import Config, ConfigValidationError

from .registries import registry


class Fault(NamedTuple):
    """What is wrong at one place of a config."""

    path: str
    message: str


class ConfigError(ValueError):
    """Tell all faults of a config, one a line, each with its path."""

    def __init__(self, title: str, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        lines = [
            f"  {path}: {message}" if path else f"  {message}"
            for path, message in faults
        ]
        super().__init__("\n".join([title, *lines]))


class Schema(NamedTuple):
    """Which keys a block may have: the arguments of a function, and some more."""

    function: Callable[..., Any]
    extra: tuple[str, ...] = ()


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
    return parse_config(path.read_text(encoding="utf8"), overrides, name=str(path))


def parse_config(
    text: str, overrides: Mapping[str, Any] | None = None, *, name: str = "config"
) -> Config:
    """Read a config from a string, as `load_config` does from a file."""
    try:
        config = Config().from_str(text, interpolate=False)
    except (ConfigValidationError, ParserError) as error:
        raise ConfigError(f"{name} cannot be read:", [_told_by(error)]) from error
    overrides = dict(overrides or {})
    faults = list(_find_lost_overrides(config, overrides))
    if faults:
        raise ConfigError("These overrides lead nowhere:", faults)
    return Config().from_str(text, interpolate=False, overrides=overrides)


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
        if not name.startswith("--") or "." not in name:
            raise ValueError(
                f"An override must be given as --section.name VALUE, such as "
                f"--training.max_epochs 2, got {name!r}."
            )
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else "true"
        overrides[name[2:]] = _read_value(value)
    return overrides


def interpolate(config: Config) -> Config:
    """Put the values of variables in their places; ConfigError where one is unknown."""
    try:
        return config.interpolate()
    except (ConfigValidationError, ParserError) as error:
        raise ConfigError("The config cannot be read:", [_told_by(error)]) from error


def find_faults(
    config: Mapping[str, Any],
    schemas: Mapping[str, Schema] | None = None,
    *,
    need_all: bool = False,
) -> list[Fault]:
    """List what is wrong with the names, the keys and the types of a config.

    config: With its variables interpolated.
    schemas: What the plain blocks, those without a registered name, may hold, by
        dotted path.
    need_all: Whether values that have a default must be there too.
    """
    return list(_walk(config, "", schemas or {}, need_all))


def check(
    config: Mapping[str, Any],
    schemas: Mapping[str, Schema] | None = None,
    *,
    need_all: bool = False,
) -> None:
    """Raise a ConfigError that lists all faults, if there are any."""
    faults = find_faults(config, schemas, need_all=need_all)
    if faults:
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ConfigError(f"The config has {count}:", faults)


def fill(config: Config, schemas: Mapping[str, Schema] | None = None) -> Config:
    """Write out every default, and leave variables as they are."""
    filled = Config(registry.fill(config, validate=False), is_interpolated=False)
    for path, schema in (schemas or {}).items():
        block = _find_block(filled, path)
        for name, parameter in _parameters(schema.function).items():
            if parameter.default is not parameter.empty:
                block.setdefault(name, parameter.default)
    return Config(_only_values(filled), is_interpolated=False)


def resolve_block(block: Any, path: str) -> Any:
    """Build what a block of a config describes.

    Raises ConfigError with the path of the innermost block that cannot be built,
    and what its function says.
    """
    try:
        return registry.resolve({"block": block}, validate=False)["block"]
    except (ValueError, TypeError, RuntimeError, OSError) as error:
        for name, child in block.items() if isinstance(block, dict) else ():
            if isinstance(child, dict):
                resolve_block(child, f"{path}.{name}")
        fault = _told_by(error) if isinstance(error, ConfigValidationError) else None
        message = fault.message if fault else str(error)
        raise ConfigError(
            "The config cannot be built:", [Fault(path, message)]
        ) from error


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the most similar name, as the end of a message, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _walk(
    value: Any, path: str, schemas: Mapping[str, Schema], need_all: bool
) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        return
    if registry.is_promise(value):
        yield from _check_promise(value, path, need_all)
    elif path in schemas:
        yield from _check_arguments(value, path, schemas[path], need_all)
    for name, child in value.items():
        child_path = f"{path}.{name}" if path else name
        yield from _walk(child, child_path, schemas, need_all)


def _check_promise(
    block: Mapping[str, Any], path: str, need_all: bool
) -> Iterator[Fault]:
    references = [key for key in block if key.startswith("@")]
    if len(references) > 1:
        yield Fault(path, f"a block names one function, got {', '.join(references)}.")
        return
    kind, name = references[0][1:], block[references[0]]
    if kind not in registry.kinds():
        known = registry.kinds()
        message = f"there is no registry '{kind}'.{nearest(kind, known)}"
        yield Fault(path, f"{message} There are: {', '.join(known)}.")
        return
    if not isinstance(name, str) or not registry.has(kind, name):
        known = sorted(getattr(registry, kind).get_all())
        message = f"nothing named {name!r} is registered in '{kind}'."
        hint = nearest(str(name), known)
        yield Fault(
            f"{path}.@{kind}", message + (hint or f" There are: {', '.join(known)}.")
        )
        return
    schema = Schema(registry.get(kind, name), ("*", references[0]))
    yield from _check_arguments(block, path, schema, need_all)


def _check_arguments(
    block: Mapping[str, Any], path: str, schema: Schema, need_all: bool
) -> Iterator[Fault]:
    parameters = _parameters(schema.function)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    named = {
        n: p
        for n, p in parameters.items()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }
    for name, value in block.items():
        if name in named:
            message = _check_type(value, named[name].annotation)
            if message:
                yield Fault(f"{path}.{name}", message)
        elif name not in schema.extra and not takes_any:
            hint = nearest(name, named) or f" Known are: {', '.join(named) or 'none'}."
            yield Fault(f"{path}.{name}", f"there is no such setting.{hint}")
    for name, parameter in named.items():
        if name in block or (
            "*" in block and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ):
            continue
        if parameter.default is parameter.empty:
            yield Fault(f"{path}.{name}", f"a value is missing{_expected(parameter)}.")
        elif need_all and _is_value(parameter.default):
            default = json.dumps(parameter.default)
            yield Fault(
                f"{path}.{name}",
                f"a value is missing. Its default is {default}; `zoo init fill-config` "
                f"writes all defaults into a config.",
            )


def _check_type(value: Any, annotation: Any) -> str | None:
    if registry.is_promise(value) or annotation is inspect.Parameter.empty:
        return None
    if validate_type(value, annotation) is None:
        return None
    return f"expected {_describe(annotation)}, got {json.dumps(value, default=str)}."


def _expected(parameter: inspect.Parameter) -> str:
    if parameter.annotation is parameter.empty:
        return ""
    return f", expected {_describe(parameter.annotation)}"


def _describe(annotation: Any) -> str:
    words = {
        int: "a whole number",
        float: "a number",
        str: "a string",
        bool: "true or false",
    }
    words |= {type(None): "null", Path: "a path"}
    if annotation in words:
        return words[annotation]
    options = typing.get_args(annotation)
    if isinstance(annotation, typing._GenericAlias | type(int | str)) and options:  # type: ignore[attr-defined]
        origin = typing.get_origin(annotation)
        if origin in (typing.Union, type(int | str)):
            return " or ".join(dict.fromkeys(_describe(option) for option in options))
    name = getattr(annotation, "__name__", str(annotation))
    return "a block" if name in ("Callable", "Model", "Iterator") else str(annotation)


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function, eval_str=True).parameters)


def _is_value(default: Any) -> bool:
    try:
        json.dumps(default)
    except TypeError:
        return False
    return True


def _only_values(block: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the defaults that a file cannot hold, such as functions."""
    values = {
        name: _only_values(value) if isinstance(value, Mapping) else value
        for name, value in block.items()
    }
    return {name: value for name, value in values.items() if _is_value(value)}


def _find_block(config: Mapping[str, Any], path: str) -> Any:
    for step in path.split("."):
        config = config[step]
    return config


def _find_lost_overrides(
    config: Mapping[str, Any], overrides: Mapping[str, Any]
) -> Iterator[Fault]:
    for path in overrides:
        block: Any = config
        *sections, _ = path.split(".")
        for step in sections:
            if not isinstance(block, Mapping) or step not in block:
                names = list(block) if isinstance(block, Mapping) else []
                yield Fault(
                    path, f"there is no section '{step}'.{nearest(step, names)}"
                )
                break
            block = block[step]


def _read_value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _told_by(error: Exception) -> Fault:
    """Put what confection or the parser says into one line."""
    if isinstance(error, ConfigValidationError) and error.errors:
        first = dict(list(error.errors)[0])
        path = ".".join(str(step) for step in first.get("loc", []))
        return Fault(path, f"{error.desc or ''} {first.get('msg', '')}".strip())
    return Fault("", " ".join(str(error).split()))
