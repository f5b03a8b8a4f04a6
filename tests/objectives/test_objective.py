"""Hold what is true of all objectives."""

import inspect

import pytest

from zoo.objectives import Classification, Entities, Objective, Tagging

NAMES = [name for name in vars(Objective) if not name.startswith("_")]


@pytest.mark.parametrize("objective", [Classification, Entities, Tagging])
def test_objective_explains_its_arguments_and_its_methods(objective):
    text = inspect.getdoc(objective)
    for name in inspect.signature(objective).parameters:
        assert f"\n{name}: " in text
    for name in NAMES:
        assert name == "field" or vars(objective)[name].__doc__, name
