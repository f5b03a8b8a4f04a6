"""Find the meaning of a setting in Google-style docstrings."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from .._registry import registry
from ._thinc_settings import SETTINGS, SUMMARIES

#: A name that a docstring refers to.
_REFERENCE = re.compile(r"`([\w.-]+)`")


class Entry(NamedTuple):
    """The meaning of an argument, and the name of the function that describes it."""

    text: str
    owner: str


def summary(function: Callable[..., Any]) -> str:
    """Return the first line of a docstring; "" if there is none."""
    return SUMMARIES.get(name_of(function)) or docstring(function).partition("\n")[0]


def docstring(function: Callable[..., Any]) -> str:
    """Return the docstring of a function, without indentation."""
    return inspect.getdoc(function) or ""


def find_entry(function: Callable[..., Any], name: str, kind: str = "") -> Entry | None:
    """Find the meaning of an argument.

    Looks into the docstring of the function, into those of a class's bases, and into
    those that they refer to, as in "The settings are those of `Tagging`".

    Args:
        function: What takes the argument.
        name: The argument.
        kind: The registry of the function, in which references are looked up first.

    Returns:
        The meaning, and the name of the function that describes it; None if no
        docstring does.
    """
    seen: set[Any] = set()
    waiting = [function]
    while waiting:
        found = waiting.pop(0)
        if found in seen:
            continue
        seen.add(found)
        if (text := _read_meaning(found, name)) is not None:
            return Entry(text, name_of(found))
        waiting += [*_bases(found), *_references(found, kind)]
    return None


def name_of(function: Callable[..., Any]) -> str:
    """Return the name by which a function is imported, with its module or package."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    module = getattr(function, "__module__", "")
    package, _, last = module.rpartition(".")
    exported = getattr(sys.modules.get(package), "__all__", ())
    is_private = last.startswith("_") and name in exported
    return f"{package if is_private else module}.{name}"


def _read_meaning(function: Callable[..., Any], name: str) -> str | None:
    module = getattr(function, "__module__", "")
    if module.partition(".")[0] == "thinc":
        return SETTINGS.get(name)
    return _read_arguments(docstring(function)).get(name)


@cache
def _read_arguments(text: str) -> dict[str, str]:
    """Read what the sections ``Args:`` and ``Attributes:`` of a docstring say."""
    if not re.search(r"^(Args|Attributes|Other Args):$", text, re.MULTILINE):
        return {}
    import griffe  # Takes a tenth of a second, and only an explanation needs it.

    found = {}
    for section in griffe.Docstring(text).parse("google", warnings=False):
        if section.kind.value in ("parameters", "other parameters", "attributes"):
            for entry in section.value:
                for name in entry.name.split(","):
                    words = " ".join(entry.description.split())
                    found[name.strip().lstrip("*")] = words
    return found


def _bases(function: Any) -> list[Any]:
    return list(function.__mro__[1:-1]) if isinstance(function, type) else []


def _references(function: Any, kind: str) -> Iterator[Any]:
    """Yield the functions that a docstring names: registered ones and neighbours."""
    module = sys.modules.get(getattr(function, "__module__", ""))
    for name in _REFERENCE.findall(docstring(function)):
        kinds = [kind, *registry.kinds()] if kind else registry.kinds()
        if own := next((k for k in kinds if registry.has(k, name)), None):
            yield registry.get(own, name)
        elif callable(found := getattr(module, name, None)):
            yield found
