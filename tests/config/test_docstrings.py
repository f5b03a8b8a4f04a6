import inspect

import pytest
from thinc import optimizers, schedules

from zoo._register_all import registry
from zoo.config._docstrings import find_entry, name_of, summary
from zoo.config._validate import parameters
from zoo.layers import MaxoutNorm
from zoo.training import LoopSettings


class Base:
    """Hold what all have.

    Args:
        seed: Start of
            all numbers.
    """


class Derived(Base):
    """Hold more.

    Attributes:
        low: The lower limit.
        high: The upper limit.
    """


def make():
    """Make one; the settings are those of `Derived`."""


@registry.callbacks("test.documented.v1")
def documented(rate: float, *layers: int):
    """Do as it says.

    Input:
        The rate: not an argument.

    Args:
        rate, speed: How fast.
        *layers: What else.

    Raises:
        ValueError: It is bad.
    """


def referring():
    """Do as `test.documented.v1` and `nothing.at.all` do, `referring` too."""


def test_what_a_package_exports_is_named_without_its_private_module():
    assert name_of(LoopSettings) == "zoo.training.LoopSettings"
    assert name_of(name_of) == "zoo.config._docstrings.name_of"
    assert name_of(MaxoutNorm) == "zoo.layers.maxout_norm.MaxoutNorm"


@pytest.mark.parametrize(
    ("function", "name", "text", "owner"),
    [
        (Base, "seed", "Start of all numbers.", "Base"),
        (Derived, "seed", "Start of all numbers.", "Base"),
        (Derived, "high", "The upper limit.", "Derived"),
        (make, "low", "The lower limit.", "Derived"),
        (make, "seed", "Start of all numbers.", "Base"),
        (referring, "rate", "How fast.", "documented"),
        (referring, "layers", "What else.", "documented"),
    ],
)
def test_entry_is_found_where_it_stands(function, name, text, owner):
    found = find_entry(function, name, "callbacks")
    assert found == (text, f"{__name__}.{owner}")


@pytest.mark.parametrize("function", [referring, print, lambda: None])
def test_what_no_docstring_says_is_not_found(function):
    assert find_entry(function, "ValueError", "callbacks") is None
    assert find_entry(function, "The rate", "callbacks") is None
    assert find_entry(function, "nothing") is None


def test_summary_is_the_first_line():
    assert summary(documented) == "Do as it says."
    assert summary(lambda: None) == ""


@pytest.mark.parametrize("kind", ["optimizers", "schedules"])
def test_every_setting_of_thincs_is_explained(kind):
    own = {"optimizers": optimizers, "schedules": schedules}[kind].__name__
    functions = [f for f in registry.registered(kind).values() if f.__module__ == own]
    assert functions
    for function in functions:
        assert summary(function).endswith("."), function
        for name in parameters(function):
            assert find_entry(function, name), (function, name)


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_setting_of_zoos_is_explained(kind):
    missing = [
        f"{name}: {parameter}"
        for name, function in registry.registered(kind).items()
        if inspect.getmodule(function).__name__.startswith("zoo.")
        for parameter in parameters(function)
        if find_entry(function, parameter, kind) is None
    ]
    assert missing == []
