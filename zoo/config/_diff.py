"""Find the settings in which two configs differ."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from thinc.config import Config

from .io import interpolate


class Difference(NamedTuple):
    """A setting in which two configs differ.

    Args:
        path: Where it stands.
        left: Its value in one, as a config writes it; None if it is not there.
        right: Its value in the other.
    """

    path: str
    left: str | None
    right: str | None


def compare(left: Config, right: Config) -> list[Difference]:
    """List the settings whose values differ, in the order of the configs.

    Values are compared after interpolation, so that ``96`` and a variable that stands
    for 96 are equal. A setting that is the same variable in both is left out, as the
    setting that it stands for is listed itself.

    Raises:
        ConfigError: A variable of either config cannot be interpolated.
    """
    left_branch = Branch(left, interpolate(left))
    return list(_walk(left_branch, Branch(right, interpolate(right)), ""))


class Branch(NamedTuple):
    """A part of a config as it is written, and its interpolated value."""

    written: Any
    value: Any

    def child(self, name: str) -> "Branch":
        value = self.value.get(name, _ABSENT) if _is_block(self.value) else _ABSENT
        # Within a section that a variable stands for, nothing is written.
        written = self.written.get(name, value) if _is_block(self.written) else value
        return Branch(written, value)


_ABSENT = object()


def _walk(left: Branch, right: Branch, path: str) -> Iterator[Difference]:
    if left.written == right.written:
        return
    blocks = [b for b in (left.value, right.value) if _is_block(b) and b]
    if not blocks:
        if left.value != right.value:
            yield Difference(path, _write(left.value), _write(right.value))
        return
    if not all(_is_block(branch.value) for branch in (left, right)):
        pair = (None if _is_block(b.value) else _write(b.value) for b in (left, right))
        if any(found := [*pair]):
            yield Difference(path, *found)
    for name in dict.fromkeys(name for block in blocks for name in block):
        where = f"{path}.{name}" if path else name
        yield from _walk(left.child(name), right.child(name), where)


def _is_block(value: Any) -> bool:
    return isinstance(value, Mapping)


def _write(value: Any) -> str | None:
    return None if value is _ABSENT else json.dumps(value, ensure_ascii=False)
