"""Say which numbers an argument may be, and refuse others in one wording."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any


@dataclass(frozen=True)
class Range:
    """The numbers from `least` to `most`.

    Its string is how it is told: "0 or more", "0 to 1", "above 0 and below 1".

    above: Whether `least` itself is left out.
    below: Whether `most` itself is left out.
    or_null: Whether the value may be null in its place.
    """

    least: float
    most: float = math.inf
    above: bool = False
    below: bool = False
    or_null: bool = False

    def __contains__(self, number: Any) -> bool:
        is_low = number <= self.least if self.above else number < self.least
        is_high = number >= self.most if self.below else number > self.most
        return not (is_low or is_high or math.isnan(number))

    def __str__(self) -> str:
        limits = f"above {self.least}" if self.above else f"{self.least} or more"
        if self.above or self.below:
            upper = f" and {'below' if self.below else 'at most'} {self.most}"
            limits += upper if self.most < math.inf else ""
        elif self.most < math.inf:
            limits = f"{self.least} to {self.most}"
        return f"{limits}, or null" if self.or_null else limits


#: What a share or a chance may be.
SHARE = Range(0, 1)


def find_out_of_range(
    ranges: Mapping[str, Range], values: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Find the numbers that are too small or too great; give name and problem.

    A value that is no number, such as a schedule, is let through.
    """
    for name, allowed in ranges.items():
        value = values.get(name)
        if isinstance(value, Real) and value not in allowed:
            yield name, f"must be {allowed}, got {value}."


def check_numbers(owner: str, allowed: Range, **numbers: float) -> None:
    """Raise TypeError for what is no number, ValueError for one that is out of range.

    owner: The function that the numbers are arguments of, by their names.
    """
    for name, number in numbers.items():
        if not isinstance(number, Real):
            raise TypeError(f"{owner}: {name} must be a number, got {number!r}.")
        if number not in allowed:
            raise ValueError(f"{owner}: {name} must be {allowed}, got {number}.")


def check_sizes(owner: str, least: int, **sizes: int | None) -> None:
    """Raise TypeError for what is no whole number, ValueError for one below `least`.

    None, a size that is not known yet, is let through.
    """
    for name, size in sizes.items():
        if not isinstance(size, Integral | None):
            raise TypeError(f"{owner}: {name} must be a whole number, got {size!r}.")
        if size is not None:
            check_numbers(owner, Range(least), **{name: size})
