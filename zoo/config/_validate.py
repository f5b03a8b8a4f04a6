"""Check the blocks of a config against the functions that they name."""

import inspect
import json
import sys
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from itertools import islice
from numbers import Integral, Real
from pathlib import PurePath
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union

import catalogue

from .._registry import registry
from ._limits import find_oversizes
from .errors import (
    SPACY_REGISTRIES,
    Fault,
    MissingDefault,
    is_absent,
    nearest,
    suggest,
)

#: How many characters of a value, and names of a section, a message shows.
MAX_SHOWN, MAX_NAMES = 1000, 100
#: What a config holds for the types that its values can have.
_NAMES = {
    bool: "true or false",
    float: "a number",
    int: "a whole number",
    NoneType: "null",
    str: "a string",
}
#: What builds the objects of a type, by the type's name.
_BLOCKS = {
    "Callable": "a block that names a function",
    "Generator": "a schedule (@schedules)",
    "Iterable": "a schedule (@schedules)",
    "Iterator": "a schedule (@schedules)",
    "Model": "a model (@architectures or @layers)",
    "Optimizer": "an optimizer (@optimizers)",
}


def fits(value: Any, annotation: Any) -> bool:
    """Check whether a value has a type.

    A whole number serves as any number, but true and false as none, and a string
    neither as a number nor as a sequence. A list serves as a tuple. What the
    annotation does not settle, such as what an iterator yields or a function takes,
    fits.
    """
    if annotation is None:
        return value is None
    origin, options = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, UnionType):
        return any(fits(value, option) for option in options)
    if origin is Annotated:
        return fits(value, options[0])
    if origin is Literal:
        return any(type(value) is type(o) and value == o for o in options)
    if origin is Callable:
        return callable(value)
    if origin is None:
        return _fits_class(value, annotation)
    if not _fits_class(value, origin):
        return False
    if isinstance(value, Mapping) and len(options) == 2:
        return _all_fit(value.values(), options[1])
    if isinstance(value, list | tuple) and options:
        if origin is tuple and options[-1] is not Ellipsis:
            pairs = zip(value, options, strict=False)
            return len(value) == len(options) and all(fits(v, o) for v, o in pairs)
        return _all_fit(value, options[0])
    return True


def _all_fit(values: Collection[Any], annotation: Any) -> bool:
    if annotation is str and {*map(type, values)} <= {str}:  # Often, and often many.
        return True
    return all(fits(value, annotation) for value in values)


def describe(annotation: Any) -> str:
    """Return in words what values a type has, as a config writes them."""
    origin, options = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is None or annotation in _NAMES:
        return _NAMES[annotation or NoneType]
    if annotation in (Any, object, inspect.Parameter.empty):
        return "anything"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(describe, options)))
    if origin is Annotated:
        return describe(options[0])
    if origin is Literal:
        return " or ".join(map(json.dumps, options))
    kind = origin or annotation
    name = getattr(kind, "__name__", str(annotation))
    if name in _BLOCKS:
        return _BLOCKS[name]
    if isinstance(kind, type) and issubclass(kind, PurePath):
        return "a path"
    if kind is tuple and options and options[-1] is not Ellipsis:
        return f"a list of {len(options)} ({', '.join(map(describe, options))})"
    if isinstance(kind, type) and issubclass(kind, Sequence):
        return f"a list ({describe(options[0])} each)" if options else "a list"
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return f"a section ({describe(options[1])} each)" if options else "a section"
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def show(value: Any) -> str:
    """Return a value as a config writes it; an object as the name of its type.

    Of a long value it is the beginning. A list may contain one list many times, in a
    file of YAML, so that the whole text would have no end.
    """
    if isinstance(value, Mapping):
        names = ", ".join(map(str, islice(value, MAX_NAMES)))
        names += ", ..." if len(value) > MAX_NAMES else ""
        return f"a section with {names}" if names else "an empty section"
    text = ""
    try:
        for part in json.JSONEncoder(ensure_ascii=False).iterencode(value):
            text += part
            if len(text) > MAX_SHOWN:
                return f"{text[:MAX_SHOWN]}..."
    except (TypeError, ValueError, RecursionError):
        return f"an object of the type {type(value).__name__}"
    return text


def _fits_class(value: Any, kind: Any) -> bool:
    if kind in (Any, object, inspect.Parameter.empty) or not isinstance(kind, type):
        return True
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, str):
        return kind is str or issubclass(kind, PurePath)
    if kind is float:
        # (`math.isfinite` refuses whole numbers that no float can hold.)
        number: Any = value
        return isinstance(value, Real) and bool(abs(number) <= sys.float_info.max)
    if kind is int:
        return isinstance(value, Integral)
    if isinstance(value, list) and kind is tuple:
        return True
    if isinstance(value, Iterator):
        return issubclass(kind, Iterator) or kind is Iterable
    try:
        return isinstance(value, kind)
    except TypeError:  # A protocol that cannot be asked.
        return True


Parameters = dict[str, inspect.Parameter]


class Schema(NamedTuple):
    """What a block may hold that names no function of its own.

    Args:
        function: Its arguments are the settings of the block.
        extra: Other settings that the block may hold.
        empty: Settings that must be null or an empty section, as they mean something
            in spaCy and nothing in zoo, each with what to write instead.
        is_open: Whether the block may hold anything else, for other settings to refer
            to.
        own: Settings that spaCy's configs lack. They may be missing in a run.
    """

    function: Callable[..., Any]
    extra: tuple[str, ...] = ()
    empty: Mapping[str, str] = MappingProxyType({})
    is_open: bool = False
    own: tuple[str, ...] = ()


def find_faults(
    block: Any, path: str, schema: Schema | None = None, *, need_all: bool = False
) -> Iterator[Fault]:
    """Find wrong names, keys, types and sizes in a block and in all blocks within it.

    Args:
        block: Its variables are interpolated.
        path: Where it stands in the config.
        schema: What it may hold, if it names no function.
        need_all: Whether values that have a default must be there too.
    """
    yield from _find_misplaced(block, path, schema, need_all)
    yield from find_oversizes(block, path)


def _find_misplaced(
    block: Any, path: str, schema: Schema | None, need_all: bool
) -> Iterator[Fault]:
    if not isinstance(block, Mapping):
        return
    if registry.is_promise(block):
        yield from _check_promise(block, path, need_all)
    elif schema is not None:
        yield from _check_settings(block, path, schema, need_all)
    for name, child in block.items():
        if schema is None or name not in schema.empty:
            yield from _find_misplaced(child, f"{path}.{name}", None, need_all)


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults of a function that a file can hold."""
    found = {n: p.default for n, p in parameters(function).items()}
    return {n: default for n, default in found.items() if _can_write(default)}


def parameters(function: Callable[..., Any]) -> Parameters:
    """Return the parameters of a function by name.

    Those of a dataclass have the defaults that it makes. A function without a
    signature, such as some of those written in C, takes any.
    """
    try:
        found = inspect.signature(function, eval_str=True).parameters.values()
    except (NameError, TypeError, ValueError):
        return {"": inspect.Parameter("_", inspect.Parameter.VAR_KEYWORD)}
    made = {
        f.name: f.default_factory()
        for f in (fields(function) if is_dataclass(function) else ())
        if f.default_factory is not MISSING
    }
    return {p.name: p.replace(default=made.get(p.name, p.default)) for p in found}


def find_misfits(
    function: Callable[..., Any], values: Mapping[str, Any]
) -> Iterator[tuple[str, str, Any]]:
    """Find the arguments of other types than a function takes.

    Yields:
        The name of each, what was expected, and the value.
    """
    known = parameters(function)
    for name, value in values.items():
        if name in known and not _fits_parameter(value, known[name]):
            yield name, describe(known[name].annotation), value


def function_of(block: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function that a block names, which must be registered."""
    kind, name = registry.get_constructor(dict(block))
    return registry.get(kind, name)


def _check_promise(
    block: Mapping[str, Any], path: str, need_all: bool
) -> Iterator[Fault]:
    references = [key for key in block if key.startswith("@")]
    if len(references) > 1:
        yield Fault(path, f"a block names one function, got {', '.join(references)}.")
        return
    kind, name = references[0][1:], block[references[0]]
    kinds = registry.kinds()
    if kind not in kinds:
        message = f"there is no registry {kind!r}.{nearest(kind, kinds)}"
        message += f" There are: {', '.join(kinds)}."
        if kind in SPACY_REGISTRIES:
            message = f"{kind!r} is a registry of spaCy's, which zoo has not: "
            message += f"{SPACY_REGISTRIES[kind]}."
        yield Fault(f"{path}.@{kind}", message)
    elif not isinstance(name, str) or not registry.has(kind, name):
        message = f"nothing named {show(name)} is registered in '{kind}'."
        hint = suggest(str(name), registry.names(kind))
        if not is_absent(name):  # Else zoo has something in its place.
            hint = _where_else(kind, str(name)) or hint
        yield Fault(f"{path}.@{kind}", message + (hint or _how_to_register(kind)))
    else:
        schema = Schema(registry.get(kind, name), ("*", references[0]))
        yield from _check_settings(block, path, schema, need_all)


def _where_else(kind: str, name: str) -> str:
    """Return where a function stands that is in no registry of zoo's, if anywhere."""
    if ("spacy", kind, name) in catalogue.REGISTRY:
        return (
            f" It stands in spaCy's registry, which zoo does not read: register it by "
            f"@zoo.registry.{kind}({name!r}) too."
        )
    others = [k for k in registry.kinds() if k != kind and registry.has(k, name)]
    return f" It stands in {' and '.join(map(repr, others))}." if others else ""


def _how_to_register(kind: str) -> str:
    return (
        f" `zoo list {kind}` lists what is. A function of your own is found if a file "
        f"given by --code registers it: @zoo.registry.{kind}(NAME)."
    )


def _check_settings(
    block: Mapping[str, Any], path: str, schema: Schema, need_all: bool
) -> Iterator[Fault]:
    found = parameters(schema.function)
    starred = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = {n: p for n, p in found.items() if p.kind not in starred}
    rest = next((p for p in found.values() if p.kind is p.VAR_KEYWORD), None)
    for name, value in block.items():
        where = f"{path}.{name}"
        if name in named:
            yield from _check_type(value, named[name], where)
        elif name == "*" and name in schema.extra:
            if not isinstance(value, Mapping | list):
                message = f"expected a section or a list, got {show(value)}."
                yield Fault(where, message)
        elif name in schema.empty:
            if value is not None and value != {}:
                message = f"must be null, as {schema.empty[name]}, got {show(value)}."
                yield Fault(where, message)
        elif name in schema.extra or schema.is_open:
            pass
        elif rest is not None:
            yield from _check_type(value, rest, where)
        else:
            hint = nearest(name, named) or f" Known are: {', '.join(named) or 'none'}."
            yield Fault(where, f"there is no such setting.{hint}")
    for name, parameter in named.items():
        by_place = parameter.kind is not parameter.KEYWORD_ONLY and "*" in block
        if name not in block and not by_place:
            is_needed = need_all and name not in schema.own
            yield from _check_missing(parameter, f"{path}.{name}", is_needed)


def _check_type(value: Any, parameter: inspect.Parameter, path: str) -> Iterator[Fault]:
    if not registry.is_promise(value) and not _fits_parameter(value, parameter):
        message = f"expected {describe(parameter.annotation)}, got {show(value)}."
        yield Fault(path, message)


def _fits_parameter(value: Any, parameter: inspect.Parameter) -> bool:
    """Check whether a parameter takes a value; null where it is the default."""
    return fits(value, parameter.annotation) or (
        value is None and parameter.default is None
    )


def _check_missing(
    parameter: inspect.Parameter, path: str, need_all: bool
) -> Iterator[Fault]:
    if parameter.default is parameter.empty:
        has_type = parameter.annotation is not parameter.empty
        expected = f", expected {describe(parameter.annotation)}" if has_type else ""
        yield Fault(path, f"a value is missing{expected}.")
    elif need_all and _can_write(parameter.default):
        yield MissingDefault(
            path,
            f"a value is missing. Its default is {json.dumps(parameter.default)}; "
            f"`zoo init fill-config` writes all defaults into a config.",
        )


def _can_write(default: Any) -> bool:
    try:
        json.dumps(default)
    except (TypeError, ValueError):
        return False
    return True
