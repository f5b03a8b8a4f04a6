"""Check what is true of all objectives."""

import inspect

import pytest

from zoo.objectives import (
    Classification,
    Entities,
    Objective,
    Tagging,
    textcat,
    textcat_multilabel,
)

NAMES = [name for name in vars(Objective) if not name.startswith("_")]


@pytest.mark.parametrize("objective", [Classification, Entities, Tagging])
def test_objective_explains_its_arguments_and_its_methods(objective):
    text = inspect.getdoc(objective)
    for name in inspect.signature(objective).parameters:
        assert f"\n    {name}: " in text
    for name in NAMES:
        assert name == "field" or vars(objective)[name].__doc__, name


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([9], r"a label must be a string, got 9 \(int\)"),
        (["A", None], "a label must be a string, got None"),
        ("AB", "labels must be a list of strings, got the string 'AB'"),
    ],
)
@pytest.mark.parametrize("create", [textcat, textcat_multilabel, Entities, Tagging])
def test_labels_that_are_no_strings_are_refused(create, labels, message):
    objective = create()
    with pytest.raises(TypeError, match=message):
        objective.set_labels(labels)
    assert objective.labels == []


def test_labels_that_are_not_unique_are_refused():
    with pytest.raises(
        ValueError, match=r"tagger.*: labels must be unique, got 'A' twi"
    ):
        Tagging().set_labels(["A", "B", "A"])
