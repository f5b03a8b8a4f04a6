import pytest

from zoo._register_all import registry
from zoo.config import ConfigError, Fault
from zoo.config._limits import find_oversizes

CNN = {"@architectures": "zoo.MaxoutWindowEncoder.v1", "width": 4}


def clone(layer, n):
    return {"@layers": "clone.v1", "orig": layer, "n": n}


@pytest.mark.parametrize(
    ("block", "path", "message"),
    [
        (
            {**CNN, "depth": 20_000},
            "m.depth",
            "at most 500 layers can be stacked, got ",
        ),
        (clone(CNN, 501), "m.n", "at most 500 layers can be stacked, got 501. Set "),
        (clone(clone(CNN, 30), 30), "m.orig.n", "can be stacked, got 900."),
        (clone({**CNN, "depth": 100}, 10), "m.orig.depth", "got 1,000."),
        ({"a": {"b": {**CNN, "depth": 501}}}, "m.a.b.depth", "Set ZOO_MAX_LAYERS in"),
        (
            {**CNN, "width": 10**12},
            "m.width",
            "must be at most 100,000,000, got 1,000,",
        ),
        (
            {"@layers": "x", "rows": [1, 10**9]},
            "m.rows",
            "got 1,000,000,000. Set ZOO_MAX_LAYER_SIZE in the environment to allow",
        ),
    ],
)
def test_what_would_take_too_long_to_build_is_found(block, path, message):
    [fault] = find_oversizes(block, "m")
    assert fault.path == path and message in fault.message


def test_other_numbers_are_not_sizes():
    block = {"@architectures": "x", "seed": 2**32 - 1, "depth": 4, "n": True}
    assert list(find_oversizes(block, "m")) == []
    assert list(find_oversizes({"n": 10**9, "depth": 10**9}, "m")) == []
    wide = {"@batchers": "x", "size": 10**9}
    assert list(find_oversizes({"b": wide, "c": [CNN]}, "m")) == []


def test_a_person_can_raise_the_limits(monkeypatch):
    block = {**CNN, "depth": 501}
    with pytest.raises(ConfigError, match="500 layers"):
        registry.resolve({"m": block})
    monkeypatch.setenv("ZOO_MAX_LAYERS", "501")
    assert len(registry.resolve({"m": block})["m"].layers) == 501
    monkeypatch.setenv("ZOO_MAX_LAYER_SIZE", "3")
    assert list(find_oversizes({**CNN, "depth": 1}, "m")) == [
        Fault(
            "m.width",
            "must be at most 3, got 4. Set ZOO_MAX_LAYER_SIZE in the environment to "
            "allow more.",
        )
    ]
