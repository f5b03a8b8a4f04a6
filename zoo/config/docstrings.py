"""Read in a docstring what an argument means."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..registries import registry
from .thinc_docstrings import THINC_DOCSTRINGS

#: A line that begins an entry: the names of arguments, and what they mean.
_ENTRY = re.compile(r"(\w+(?:, \w+)*): (.+)")
#: A name that a docstring refers to.
_REFERENCE = re.compile(r"`([\w.-]+)`")


class Entry(NamedTuple):
    """What a docstring says of an argument, and whose docstring it is."""

    text: str
    owner: str


def summary(function: Callable[..., Any]) -> str:
    """Give the first line of a docstring; nothing if there is none."""
    return docstring(function).partition("\n")[0]


def docstring(function: Callable[..., Any]) -> str:
    """Give the docstring of a function; of Thinc's, one of ours if it has none."""
    return THINC_DOCSTRINGS.get(name_of(function)) or inspect.getdoc(function) or ""


def find_entry(function: Callable[..., Any], name: str, kind: str = "") -> Entry | None:
    """Find what an argument means, in the docstring that says so.

    Looks into the docstring of the function, into those of a class's bases, and into
    those that they refer to, as in "The settings are those of `Tagging`".

    kind: The registry of the function, in which references are looked up first.
    """
    seen: set[Any] = set()
    waiting = [function]
    while waiting:
        found = waiting.pop(0)
        if found in seen:
            continue
        seen.add(found)
        if (text := _read_entry(docstring(found), name)) is not None:
            return Entry(text, name_of(found))
        waiting += [*_bases(found), *_references(found, kind)]
    return None


def name_of(function: Callable[..., Any]) -> str:
    """Give the name of a function and its module, as an import names it."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', '')}.{name}"


def _read_entry(text: str, name: str) -> str | None:
    lines = iter(text.splitlines())
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if entry is None or name not in entry[1].split(", "):
            continue
        found = [entry[2]]
        for more in lines:
            if not more.startswith(" "):
                break
            found.append(more.strip())
        return " ".join(found)
    return None


def _bases(function: Any) -> list[Any]:
    return list(function.__mro__[1:-1]) if isinstance(function, type) else []


def _references(function: Any, kind: str) -> Iterator[Any]:
    """Give the functions that a docstring names: registered ones and neighbours."""
    module = sys.modules.get(getattr(function, "__module__", ""))
    for name in _REFERENCE.findall(docstring(function)):
        kinds = [kind, *registry.kinds()] if kind else registry.kinds()
        if own := next((k for k in kinds if registry.has(k, name)), None):
            yield registry.get(own, name)
        elif callable(found := getattr(module, name, None)):
            yield found
