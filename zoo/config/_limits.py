"""Read the limits on what a config may ask for, which the environment can raise."""

import os
from typing import NamedTuple


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
        """The limit that holds now.

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
