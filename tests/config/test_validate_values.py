from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from thinc.api import Adam, Linear, Model, Optimizer
from thinc.optimizers import FloatOrSeq

from zoo.config._validate import describe, fits, show

FITTING = [
    (1, int),
    (1, float),
    (1.5, float),
    (True, bool),
    (None, None),
    (None, int | None),
    ("a", str),
    ("a", Path),
    ("a", str | Path | None),
    (["a"], list[str]),
    (["a"], Sequence[str]),
    (["a", 1], list[str | int]),
    ([1, 2], tuple[int, ...]),
    ({"a": None}, dict[str, float | None]),
    ({}, Mapping[str, int]),
    ("train", Literal["train", "eval"]),
    (print, Callable[..., Any]),
    (Linear(), Model[Any, Any]),
    (Adam(), Optimizer),
    (iter([1.0]), float | Iterator[float]),
    (iter([1.0]), Iterable[float]),
    ((x for x in [1.0]), FloatOrSeq),
    (3, Annotated[int, "steps"]),
    (object(), Any),
    ("anything", "an unknown annotation"),
]
NOT_FITTING = [
    (1.0, int, "a whole number"),
    (True, int, "a whole number"),
    ("1", int, "a whole number"),
    ("1", float | None, "a number or null"),
    (1, bool, "true or false"),
    (1, str, "a string"),
    (1, Path, "a path"),
    ("ab", list[str], "a list (a string each)"),
    ("ab", Sequence[str], "a list (a string each)"),
    ("ab", Sequence, "a list"),
    ([1], list[str], "a list (a string each)"),
    ({"a": "b"}, dict[str, float], "a section (a number each)"),
    (1, Literal["train", "eval"], '"train" or "eval"'),
    (1, Callable[..., Any], "a block that names a function"),
    ({}, Model[Any, Any], "a model (@architectures or @layers)"),
    (iter([1.0]), Optimizer, "an optimizer (@optimizers)"),
    (iter([1.0]), float, "a number"),
    ("x", float | Iterator[float], "a number or a schedule (@schedules)"),
    (1, Annotated[str, ""], "a string"),
    (1, slice, "a slice"),
]


@pytest.mark.parametrize(("value", "annotation"), FITTING)
def test_value_fits(value, annotation):
    assert fits(value, annotation)


@pytest.mark.parametrize(("value", "annotation", "words"), NOT_FITTING)
def test_value_does_not_fit_and_it_is_said_what_would(value, annotation, words):
    assert not fits(value, annotation)
    assert describe(annotation) == words


def test_values_are_shown_as_a_config_writes_them():
    values = {"ü": '"ü"', None: "null", 1.5: "1.5", True: "true"}
    assert [show(value) for value in values] == list(values.values())
    assert show({"a": 1, "b": 2}) == "a section with a, b"
    assert show({}) == "an empty section"
    assert show(Linear()) == "an object of the type Model"


def test_of_long_values_the_beginning_is_shown():
    value = ["x"] * 9
    for _ in range(
        30
    ):  # As an alias of YAML makes it: few objects, a text without end.
        value = [value] * 9
    assert show(value).startswith("[[[") and len(show(value)) == 1003
    assert show([0] * 1000).endswith("0, 0, ...")
    assert show({str(i): i for i in range(10**5)}).endswith("98, 99, ...")
    circle = []
    circle.append(circle)
    assert show(circle) == "an object of the type list"
    for _ in range(100_000):
        value = [value]
    assert show(value).startswith(("[[[", "an object of the type list"))
