"""Draw from schedules, which may end before a run does."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import TypeVar

T = TypeVar("T")


def repeat_last(schedule: Iterable[T], setting: str) -> Iterator[T]:
    """Give the values of a schedule, and then its last one for ever.

    setting: Whose schedule it is, for the message.

    Raises ValueError, when it is drawn from, if there is no value.
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
