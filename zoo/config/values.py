"""Compare values with type annotations, and say what was expected."""

import inspect
import json
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union

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
    """Tell whether a value has a type.

    A whole number serves as any number, but true and false as none, and a string
    neither as a number nor as a sequence. What the annotation does not settle, such
    as what an iterator gives or a function takes, is let through.
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
        return all(fits(item, options[1]) for item in value.values())
    if isinstance(value, list | tuple) and options:
        return all(fits(item, options[0]) for item in value)
    return True


def describe(annotation: Any) -> str:
    """Say in words what values a type has, as a config writes them."""
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
    if isinstance(kind, type) and issubclass(kind, Sequence):
        return f"a list ({describe(options[0])} each)" if options else "a list"
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return f"a section ({describe(options[1])} each)" if options else "a section"
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def show(value: Any) -> str:
    """Write a value as a config does; an object as the name of its type."""
    if isinstance(value, Mapping):
        names = ", ".join(map(str, value))
        return f"a section with {names}" if names else "an empty section"
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return f"an object of the type {type(value).__name__}"


def _fits_class(value: Any, kind: Any) -> bool:
    if kind in (Any, object, inspect.Parameter.empty) or not isinstance(kind, type):
        return True
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, str):
        return kind is str or issubclass(kind, PurePath)
    if kind is float:
        return isinstance(value, Real)
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
