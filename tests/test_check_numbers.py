import math

import numpy as np
import pytest

from zoo._check_numbers import (
    SHARE,
    Range,
    check_numbers,
    check_sizes,
    find_out_of_range,
)


@pytest.mark.parametrize(
    ("allowed", "words", "inside", "outside"),
    [
        (Range(1), "1 or more", [1, 9], [0, -1]),
        (Range(0, above=True), "above 0", [0.1, 9], [0, -1]),
        (SHARE, "0 to 1", [0, 0.5, 1], [-0.1, 1.1]),
        (Range(0, 1, below=True), "0 or more and below 1", [0, 0.9], [1, -1]),
        (Range(0, 1, above=True), "above 0 and at most 1", [0.1, 1], [0, 1.1]),
        (Range(1, or_null=True), "1 or more, or null", [1], [0]),
    ],
)
def test_range_holds_numbers_and_says_which(allowed, words, inside, outside):
    assert str(allowed) == words
    assert all(number in allowed for number in inside)
    assert not any(number in allowed for number in [*outside, math.nan])


def test_numbers_out_of_range_are_found_and_others_let_through():
    values = {"a": -1, "b": 2, "c": iter([-1]), "d": None}
    ranges = dict.fromkeys(["a", "b", "c", "d", "e"], Range(0))
    assert [*find_out_of_range(ranges, values)] == [("a", "must be 0 or more, got -1.")]


def test_numbers_are_checked():
    check_numbers("f", SHARE, a=0.5, b=np.float32(1))
    with pytest.raises(ValueError, match="f: b must be 0 to 1, got 2"):
        check_numbers("f", SHARE, a=1, b=2)
    with pytest.raises(TypeError, match="f: a must be a number, got '1'"):
        check_numbers("f", SHARE, a="1")


def test_sizes_are_checked_where_they_are_known():
    check_sizes("f", 1, a=1, b=np.int64(3), c=None)
    with pytest.raises(ValueError, match="f: a must be 1 or more, got 0"):
        check_sizes("f", 1, a=0)
    with pytest.raises(TypeError, match=r"f: a must be a whole number, got 2\.5"):
        check_sizes("f", 1, a=2.5)
