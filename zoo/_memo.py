"""Remember results of a function, up to a number of them."""

from collections.abc import Callable
from typing import Any, TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")

#: Results that are remembered; then all of them are forgotten.
SIZE = 1 << 16


class Memo(dict[Key, Result]):
    """Compute each result once: ``memo[key]`` is ``compute(key)``.

    Threads may share it: two that need the same result at once both compute it.

    Args:
        compute: The function.
        size: Results that are remembered; then all of them are forgotten.
        longest: Length of the longest key that is remembered. If None, all are.
    """

    def __init__(
        self,
        compute: Callable[[Key], Result],
        size: int = SIZE,
        longest: int | None = None,
    ) -> None:
        super().__init__()
        self.compute = compute
        self.size = size
        self.longest = longest

    def __missing__(self, key: Any) -> Result:
        found = self.compute(key)
        if self.longest is None or len(key) <= self.longest:
            if len(self) >= self.size:
                self.clear()
            self[key] = found
        return found
