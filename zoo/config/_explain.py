"""Explain a setting of a config by the docstring that owns it."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .._registry import registry
from ._docstrings import find_entry, name_of, summary
from ._validate import Schema, describe, function_of, parameters
from .errors import nearest
from .io import SECTIONS, follow

_UNKNOWN = "Its docstring does not tell."


class Explanation(NamedTuple):
    """What is known about a setting.

    Args:
        meaning: What it is for.
        owner: The function or class whose docstring tells that.
        type: The values that it takes, in words.
        default: As a config writes it; None if there is none.
        value: What the config has there, as it is written; None for a section.
        names: The other functions that it can name, each with a line, if it names one.
        settings: What stands within it, if it is a section.
    """

    meaning: str
    owner: str = ""
    type: str = ""
    default: str | None = None
    value: str | None = None
    names: Mapping[str, str] | None = None
    settings: tuple[str, ...] = ()


def explain(
    config: Mapping[str, Any], path: str, schemas: Mapping[str, Schema]
) -> Explanation:
    """Explain the setting or section at a dotted path.

    A setting that no function takes, such as those of [paths], means what the settings
    that refer to it mean.

    Args:
        config: With all its defaults, and its variables as they are.
        path: The setting, such as "training.dropout".
        schemas: What the sections hold that name no function, by path.

    Raises:
        ValueError: There is no such setting. The message has the most similar paths.
    """
    paths = dict(_walk(config, ""))
    if path not in paths:
        others = [other for other in paths if other.endswith(f".{path}")]
        hint = f" There is {', '.join(others[:5])}." if others else nearest(path, paths)
        raise ValueError(f"There is no setting {path!r} in the config.{hint}")
    found = paths[path]
    *parents, name = path.split(".")
    explained = _explain(config, ".".join(parents), name, schemas)
    if isinstance(found, Mapping):
        return _as_section(explained, found, schemas.get(path))
    return explained._replace(value=json.dumps(found, ensure_ascii=False))


def _explain(
    config: Mapping[str, Any], parent: str, name: str, schemas: Mapping[str, Schema]
) -> Explanation:
    if not parent:
        return Explanation(SECTIONS.get(name, "Values for other settings to refer to."))
    block = follow(config, parent)
    if name.startswith("@"):
        function = function_of(block)
        return _explain_name(f"{summary(function)}", name[1:], block[name], function)
    if registry.is_promise(block):
        kind = registry.get_constructor(dict(block))[0]
        return _explain_argument(function_of(block), name, kind)
    schema = schemas.get(parent)
    if schema is not None and not (
        schema.is_open and name not in parameters(schema.function)
    ):
        return _explain_part(schema, block, name)
    return _explain_by_users(config, parent, name, schemas)


def _explain_name(
    meaning: str, kind: str, name: str, function: Callable[..., Any]
) -> Explanation:
    """Explain what names a function of a registry, and list the others there."""
    names = {n: summary(f) for n, f in registry.registered(kind).items() if n != name}
    return Explanation(
        meaning=f"{name}: {meaning}",
        owner=name_of(function),
        type=f"the name of a function in '{kind}'",
        names=dict(sorted(names.items())),
    )


def _explain_argument(
    function: Callable[..., Any], name: str, kind: str = ""
) -> Explanation:
    parameter = parameters(function).get(name)
    entry = find_entry(function, name, kind)
    explained = Explanation(
        meaning=_UNKNOWN if entry is None else entry.text,
        owner=name_of(function) if entry is None else entry.owner,
    )
    if parameter is None:
        return explained
    default = None
    if parameter.default is not inspect.Parameter.empty:
        default = json.dumps(parameter.default, ensure_ascii=False, default=repr)
    return explained._replace(type=describe(parameter.annotation), default=default)


def _explain_part(schema: Schema, block: Mapping[str, Any], name: str) -> Explanation:
    """Explain a setting of a section that names no function, such as [training]."""
    if name == "factory" and name in schema.extra:
        function = schema.function
        return _explain_name(summary(function), "factories", block[name], function)
    if name in schema.empty:
        return Explanation(f"Must be null or empty, as {schema.empty[name]}.")
    if name in parameters(schema.function):
        return _explain_argument(schema.function, name)
    return Explanation("What the component learns and predicts with.")


def _explain_by_users(
    config: Mapping[str, Any], parent: str, name: str, schemas: Mapping[str, Schema]
) -> Explanation:
    """Explain a setting of a plain section by those that refer to it, or around it."""
    path = f"{parent}.{name}"
    variable = re.compile(rf"\$\{{{re.escape(path)}\}}".replace(r"\.", "[.:]"))
    for user, value in _walk(config, ""):
        if isinstance(value, str) and variable.fullmatch(value):
            steps = user.split(".")
            found = _explain(config, ".".join(steps[:-1]), steps[-1], schemas)
            return found._replace(meaning=f"Stands for {user}: {found.meaning}")
    if parent in SECTIONS:
        return Explanation(f"A part of [{parent}]: {SECTIONS[parent]}")
    *around, last = parent.split(".")
    return _explain(config, ".".join(around), last, schemas)


def _as_section(
    explained: Explanation, block: Mapping[str, Any], schema: Schema | None
) -> Explanation:
    """Add what a section makes, and what it holds, to what it is for."""
    function = None
    if registry.is_promise(block):
        function = function_of(block)
    elif schema is not None:
        function = schema.function
    if function is not None:
        made = f"{name_of(function)}: {summary(function)}"
        explained = explained._replace(meaning=f"{explained.meaning} {made}")
    return explained._replace(settings=tuple(block))


def _walk(block: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Yield every setting and section, with its path."""
    for name, value in block.items():
        where = f"{path}.{name}" if path else name
        yield where, value
        if isinstance(value, Mapping):
            yield from _walk(value, where)
