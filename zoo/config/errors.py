"""Say what is wrong with a config: every fault at once, each with its path."""

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong at one place of a config."""

    path: str
    message: str


class MissingDefault(Fault):
    """A setting that is missing but has a default: its block can still be built."""


class ConfigError(ValueError):
    """Tell all faults of a config, one a line, each with its path."""

    def __init__(self, title: str, faults: Sequence[Fault]) -> None:
        self.title, self.faults = title, list(faults)
        lines = [": ".join(filter(None, fault)) for fault in faults]
        super().__init__("\n  ".join([title, *lines]))

    def __reduce__(self) -> tuple[type, tuple[str, list[Fault]]]:
        """Say how to make it anew, as when it comes from another process."""
        return type(self), (self.title, self.faults)


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise a ConfigError that lists all faults, if there are any."""
    if faults:
        faults = list(dict.fromkeys(faults))
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ConfigError(f"The config has {count}:", faults)


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the most similar name, as the end of a message, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
