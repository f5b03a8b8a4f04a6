from itertools import islice

import pytest

from zoo._schedules import repeat_last
from zoo.training._loop_settings import dropout_rates
from zoo.training._optimizers import Group, GroupOptimizer

from .tiny import make_settings


@pytest.mark.parametrize("schedule", [[3, 1], iter([3, 1]), (n for n in (3, 1))])
def test_the_last_value_stays(schedule):
    assert [*islice(repeat_last(schedule, "size"), 4)] == [3, 1, 1, 1]


def test_a_value_may_be_none():
    assert [*islice(repeat_last([None], "size"), 2)] == [None, None]


def test_values_are_drawn_as_they_are_needed():
    schedule = iter([1, 2, 3])
    assert next(repeat_last(schedule, "size")) == 1
    assert [*schedule] == [2, 3]


def test_a_schedule_without_values_is_refused_by_whoever_draws_from_it():
    message = "must be a number or a schedule of numbers, got a schedule without any"
    with pytest.raises(ValueError, match=f"training: dropout {message}"):
        next(dropout_rates(iter([])))
    groups = {"a": Group(["b"], factor=iter([]))}
    with pytest.raises(ValueError, match=f"ByPath: factor of the group 'a' {message}"):
        GroupOptimizer(make_settings().optimizer, groups)
