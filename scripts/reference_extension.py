"""Read docstrings as zoo writes them: an extension of griffe for the API reference.

- Lines such as ``Input: Ragged, (n_tokens, width).`` become paragraphs of their own.
- An argument line such as ``start, end: First and last word.`` counts for each name.
- The ``#:`` comment above an attribute becomes its docstring.
- ``Args:`` of a named tuple are its attributes.
- Methods that only Python calls, such as ``__setstate__``, are left out.
"""

import re
from pathlib import Path
from typing import Any

import griffe

LABEL = re.compile(r"^(Input|Output|Parameters|Layers|Sources?):(?: +(.*))?$")
#: A line of ``Args:`` that describes several arguments at once.
NAMES = re.compile(r"^( {4,})(\*{0,2}\w+(?:, \*{0,2}\w+)+): ")
#: Special methods that users call, by an operator or a call.
CALLED = {"__call__", "__contains__", "__getitem__", "__iter__", "__len__"}


class ZooDocstrings(griffe.Extension):
    """Changes what griffe has read of an object."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Set the docstring of an object, and whether it is shown."""
        if obj.is_attribute and obj.docstring is None:
            comment = comment_above(obj)
            if comment:
                obj.docstring = griffe.Docstring(comment, parent=obj)
        if obj.docstring is not None:
            obj.docstring.value = split_names(set_apart(obj.docstring.value))
            if obj.is_class and any("NamedTuple" in str(base) for base in obj.bases):
                # griffe finds no signature: its arguments are its attributes.
                text = obj.docstring.value
                obj.docstring.value = text.replace("Args:\n", "Attributes:\n", 1)
        if obj.name.startswith("__") and obj.name not in CALLED | {"__init__"}:
            obj.public = False


def comment_above(obj: griffe.Object) -> str:
    """Return the ``#:`` comment above an attribute, without its marks."""
    if obj.lineno is None or not isinstance(obj.filepath, Path):
        return ""
    lines = obj.lines_collection[obj.filepath]
    comment: list[str] = []
    row = obj.lineno - 2  # Lines are counted from 1.
    while row >= 0 and lines[row].strip().startswith("#:"):
        comment.insert(0, lines[row].strip().removeprefix("#:").strip())
        row -= 1
    return "\n".join(comment)


def set_apart(text: str) -> str:
    """Return a docstring with a paragraph for each labelled line."""
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        found = LABEL.match(line)
        if found:
            if lines and lines[-1]:
                lines.append("")
            lines.append(f"**{found[1]}:** {found[2] or ''}".rstrip())
            inside = True
        elif inside and line.strip():
            lines.append(line.strip())
        else:
            lines.append(line)
            inside = False
    return "\n".join(lines)


def split_names(text: str) -> str:
    """Return a docstring in which each argument has an entry of its own."""
    lines = text.split("\n")
    result: list[str] = []
    while lines:
        line = lines.pop(0)
        found = NAMES.match(line)
        if found is None:
            result.append(line)
            continue
        rest = [line[found.end() :]]
        while lines and lines[0].startswith(found[1] + " "):
            rest.append(lines.pop(0))
        for name in found[2].split(", "):
            result += [f"{found[1]}{name}: {rest[0]}", *rest[1:]]
    return "\n".join(result)
