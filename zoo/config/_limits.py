"""Read the limits on what a config may ask for, and find blocks that exceed them."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .errors import Fault


class Limit(NamedTuple):
    """A number that no config may exceed.

    Args:
        variable: The environment variable that sets another limit.
        default: The limit without it.
    """

    variable: str
    default: int

    @property
    def value(self) -> int:
        """The limit, from the environment if it is set there.

        Raises:
            ValueError: The environment variable holds no whole number above 0.
        """
        text = os.environ.get(self.variable, "").strip()
        if not text:
            return self.default
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(
                f"{self.variable} must be a whole number of 1 or more, got {text!r}."
            )
        return int(text)

    @property
    def advice(self) -> str:
        """How to raise the limit, for the end of a message."""
        return f"Set {self.variable} in the environment to allow more."


#: Values and characters that the variables of a config put in.
SIZE = Limit("ZOO_MAX_CONFIG_SIZE", 1_000_000)
#: Layers that a block stacks.
LAYERS = Limit("ZOO_MAX_LAYERS", 500)
#: A size that a layer takes, such as a width or the rows of a table.
LAYER_SIZE = Limit("ZOO_MAX_LAYER_SIZE", 100_000_000)
#: The settings by which blocks of @architectures and @layers stack layers.
_COUNTS = ("depth", "n")


def find_oversizes(block: Any, path: str) -> Iterator[Fault]:
    """Find what would take too long or too much memory to build, before it is built.

    Counts of layers multiply where blocks that stack them stand within one another.

    Args:
        block: Its variables are interpolated.
        path: Where it stands in the config.
    """
    yield from _find_sizes(block, path)
    yield from _find_depths(block, path, 1)


def _find_sizes(block: Any, path: str) -> Iterator[Fault]:
    limit = LAYER_SIZE.value
    for name, value in _settings(block):
        if name == "seed":
            continue
        for size in value if isinstance(value, list) else [value]:
            if isinstance(size, int) and size > limit and _makes_a_model(block):
                message = f"must be at most {limit:,}, got {size:,}. "
                yield Fault(f"{path}.{name}", message + LAYER_SIZE.advice)
                break
        yield from _find_sizes(value, f"{path}.{name}")


def _find_depths(block: Any, path: str, n_around: int) -> Iterator[Fault]:
    limit = LAYERS.value
    for name in _COUNTS if _makes_a_model(block) else ():
        count = block.get(name)
        if isinstance(count, int) and count > 0:
            n_around *= count
            if n_around > limit:
                message = f"at most {limit:,} layers can be stacked, got {n_around:,}. "
                yield Fault(f"{path}.{name}", message + LAYERS.advice)
                return
    for name, child in _settings(block):
        yield from _find_depths(child, f"{path}.{name}", n_around)


def _settings(block: Any) -> list[tuple[str, Any]]:
    return list(block.items()) if isinstance(block, Mapping) else []


def _makes_a_model(block: Any) -> bool:
    return isinstance(block, Mapping) and not block.keys().isdisjoint(
        ("@architectures", "@layers")
    )
