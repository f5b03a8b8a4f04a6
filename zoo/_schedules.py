"""Iterate over schedules, which may end before a run does."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import TypeVar

T = TypeVar("T")


def repeat_last(schedule: Iterable[T], setting: str) -> Iterator[T]:
    """Iterate over the values of a schedule, then repeat its last one forever.

    Args:
        schedule: The values.
        setting: Name of the setting with the schedule, for the message.

    Raises:
        ValueError: There is no value. Raised at the first iteration.
    """
    values = iter(schedule)
    try:
        last = next(values)
    except StopIteration:
        raise ValueError(
            f"{setting} must be a number or a schedule of numbers, got a schedule "
            f"without any."
        ) from None
    yield last
    for last in values:
        yield last
    yield from repeat(last)
