"""Say in a few words what a registered layer takes and gives."""

import inspect
import json
import typing
from collections.abc import Callable
from types import UnionType
from typing import Any

from ..config.faults import parameters
from ..types import Docs


def describe_types(constructor: Callable[..., Any]) -> tuple[str, str]:
    """Give what goes into the model that a constructor makes, and what comes out.

    The annotation of what the constructor returns, a ``Model[InT, OutT]``, tells;
    a question mark stands for what it leaves open.
    """
    try:
        made = inspect.signature(constructor, eval_str=True).return_annotation
    except (NameError, TypeError, ValueError):
        made = None
    types = typing.get_args(made)
    if len(types) != 2:
        return "?", "?"
    return _describe(types[0]), _describe(types[1])


def describe_arguments(constructor: Callable[..., Any]) -> str:
    """Give the names of the arguments and their defaults: ``(nO, nP=3)``."""
    found = parameters(constructor).values()
    return f"({', '.join(_describe_argument(p) for p in found)})"


def _describe(annotation: Any) -> str:
    if annotation == Docs:
        return "documents"
    if annotation is Any or isinstance(annotation, typing.TypeVar):
        return "?"
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    origin, options = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, UnionType):
        return " or ".join(dict.fromkeys(map(_describe, options)))
    if isinstance(origin, type) and options:
        return f"{origin.__name__} of {_describe(options[0])}"
    return str(getattr(annotation, "__name__", annotation))


def _describe_argument(parameter: inspect.Parameter) -> str:
    name: str = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        name = ("*" if parameter.kind is parameter.VAR_POSITIONAL else "**") + name
    if parameter.default is parameter.empty:
        return name
    try:
        return f"{name}={json.dumps(parameter.default)}"
    except TypeError:  # A function.
        return f"{name}={getattr(parameter.default, '__name__', '…')}"
