"""Check the numbers of arguments, with the same messages everywhere."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any


@dataclass(frozen=True)
class Range:
    """The numbers from `least` to `most`.

    Its string is for messages: "0 or more", "0 to 1", "above 0 and below 1".

    Attributes:
        least: The smallest number.
        most: The largest number.
        above: Whether `least` itself is excluded.
        below: Whether `most` itself is excluded.
        or_null: Whether null is allowed too.
    """

    least: float
    most: float = math.inf
    above: bool = False
    below: bool = False
    or_null: bool = False

    def __contains__(self, number: Any) -> bool:
        is_low = number <= self.least if self.above else number < self.least
        is_high = number >= self.most if self.below else number > self.most
        # (`math.isnan` refuses whole numbers that no float can hold.)
        return not (is_low or is_high or number != number)

    def __str__(self) -> str:
        limits = f"above {self.least}" if self.above else f"{self.least} or more"
        if self.above or self.below:
            upper = f" and {'below' if self.below else 'at most'} {self.most}"
            limits += upper if self.most < math.inf else ""
        elif self.most < math.inf:
            limits = f"{self.least} to {self.most}"
        return f"{limits}, or null" if self.or_null else limits


#: The range of shares and probabilities.
SHARE = Range(0, 1)


def find_out_of_range(
    ranges: Mapping[str, Range], values: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Find numbers that are out of range; yield name and problem of each.

    A value that is not a number, such as a schedule, is accepted.
    """
    for name, allowed in ranges.items():
        value = values.get(name)
        if isinstance(value, Real) and value not in allowed:
            yield name, f"must be {allowed}, got {value}."


def check_numbers(owner: str, allowed: Range, **numbers: float) -> None:
    """Raise TypeError if a value is not a number, ValueError if it is out of range.

    Args:
        owner: Name of the function, for the message.
        allowed: The range of the numbers.
        **numbers: Arguments of the function, by name.
    """
    for name, number in numbers.items():
        if not isinstance(number, Real):
            raise TypeError(f"{owner}: {name} must be a number, got {number!r}.")
        if number not in allowed:
            raise ValueError(f"{owner}: {name} must be {allowed}, got {number}.")


def check_sizes(owner: str, least: int, **sizes: int | None) -> None:
    """Raise TypeError if a size is not a whole number, ValueError if below `least`.

    None, for a size that is not known yet, is accepted.

    Args:
        owner: Name of the function, for the message.
        least: The smallest size.
        **sizes: Arguments of the function, by name.
    """
    for name, size in sizes.items():
        if not isinstance(size, Integral | None):
            raise TypeError(f"{owner}: {name} must be a whole number, got {size!r}.")
        if size is not None:
            check_numbers(owner, Range(least), **{name: size})
