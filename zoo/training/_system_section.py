"""Check the section [system] of a config, which may hold values of any name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..config import Fault, follow, interpolate, nearest
from ..config._validate import Schema, find_faults

Values = Mapping[str, Any]

#: What templates have in the section.
KNOWN = ("deterministic", "gpu_allocator", "seed")


@dataclass
class SystemSettings:
    """Settings of the machine: the block [system] of a config.

    It may hold any other values, for settings elsewhere to refer to.

    Args:
        deterministic: Whether sums on a GPU are computed in one order, so that they
            are bitwise identical each time. That takes longer.
    """

    deterministic: bool = False


#: What the section holds.
SYSTEM = Schema(SystemSettings, is_open=True)


def system_faults(values: Values, config: Values) -> Iterator[Fault]:
    """Find settings of a wrong type, and names that look like misspelled ones.

    Args:
        values: The config, with its variables interpolated.
        config: The config as it was read.
    """
    block = values.get("system")
    yield from find_faults(block, "system", SYSTEM)
    written = repr(config)
    for name in block if isinstance(block, Mapping) else ():
        hint = "" if name in KNOWN else nearest(name, KNOWN)
        is_used = any(f"{{system{mark}{name}}}" in written for mark in ".:")
        if hint and not is_used:
            yield Fault(f"system.{name}", f"nothing refers to this value.{hint}")


def is_deterministic(config: Values) -> bool:
    """Return whether sums on a GPU must have one order; by default they need not."""
    return follow(interpolate(config), "system.deterministic") is True
