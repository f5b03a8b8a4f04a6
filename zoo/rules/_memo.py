"""Remember results of a function, up to a number of them."""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")

#: Results that are remembered; then all of them are forgotten.
SIZE = 1 << 16


class Memo(dict[Key, Result]):
    """Compute each result once: ``memo[key]`` is ``compute(key)``.

    Threads may share it: two that need the same result at once both compute it.
    """

    def __init__(self, compute: Callable[[Key], Result], size: int = SIZE) -> None:
        super().__init__()
        self.compute = compute
        self.size = size

    def __missing__(self, key: Key) -> Result:
        if len(self) >= self.size:
            self.clear()
        found = self[key] = self.compute(key)
        return found
