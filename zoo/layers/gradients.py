"""Add and scale gradients, whatever holds them, and step what scales them."""

import copy
import itertools
from collections.abc import Iterable
from typing import Any

from thinc.types import Ragged

from ..schedules import repeat_last
from .sized_ragged import with_data


def add_gradients(left: Any, right: Any) -> Any:
    """Add two gradients of one shape into a new one.

    They may be arrays, Raggeds, lists of either, or objects that can be added.
    """
    if isinstance(left, Ragged):
        return with_data(left, left.dataXd + right.dataXd)
    if isinstance(left, list):
        pairs = zip(left, right, strict=True)
        return [add_gradients(a, b) for a, b in pairs]
    return left + right


def scale_gradient(gradient: Any, factor: float) -> Any:
    """Multiply a gradient by a number into a new one."""
    if isinstance(gradient, Ragged):
        return with_data(gradient, gradient.dataXd * factor)
    if isinstance(gradient, list):
        return [scale_gradient(part, factor) for part in gradient]
    return gradient * factor


class GradFactor:
    """Hold a number that may change from update to update.

    values: A number, or a schedule: a number per update, the last of which stays.

    Raises ValueError if the schedule gives no number.
    """

    def __init__(self, values: float | Iterable[float]) -> None:
        numbers = [values] if isinstance(values, int | float) else values
        # A tee can be copied, as a generator cannot.
        (self._rest,) = itertools.tee(repeat_last(numbers, "Listener: grad_factor"), 1)
        self.value = float(next(self._rest))

    def __deepcopy__(self, memo: dict[int, Any]) -> "GradFactor":
        new = copy.copy(self)
        new._rest = copy.copy(self._rest)
        return new

    def step(self) -> None:
        """Take the number of the next update."""
        self.value = float(next(self._rest))
