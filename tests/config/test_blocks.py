import pytest
from thinc.api import Model, Optimizer

from zoo._register_all import registry
from zoo.config import Fault
from zoo.config._blocks import build, call, fill, is_sound
from zoo.config._validate import Schema

LINEAR = {"@layers": "Linear.v1", "nO": 2}


@registry.callbacks("test.failing.v1")
def failing(kind: str):
    """Fail as constructors do."""
    errors = {"value": ValueError, "type": TypeError, "runtime": RuntimeError}
    errors |= {"file": FileNotFoundError, "import": ImportError}
    raise errors[kind](f"a {kind} error")


def built(value):
    faults = []
    return build(value, "a", faults), [tuple(fault) for fault in faults]


def test_blocks_are_built_from_the_inside():
    block = {"x": 1, "y": {"@layers": "chain.v1", "*": {"b": LINEAR, "c": LINEAR}}}
    found, faults = built(block)
    assert not faults
    assert found["x"] == 1
    assert [layer.name for layer in found["y"].layers] == ["linear", "linear"]


@pytest.mark.parametrize("kind", ["value", "type", "runtime", "file", "import"])
def test_error_of_a_constructor_becomes_a_fault_with_its_path(kind):
    block = {
        "b": {"@layers": "residual.v1", "layer": {"@callbacks": "test.failing.v1"}}
    }
    block["b"]["layer"]["kind"] = kind
    assert built(block) == (None, [("a.b.layer", f"a {kind} error")])


def test_all_faults_are_found_and_sound_blocks_are_built():
    failing = {"@callbacks": "test.failing.v1", "kind": "value"}
    faults = [Fault("a.known", "a fault")]
    block = {"x": failing, "y": failing, "z": LINEAR, "known": {"@layers": "no"}}
    assert build(block, "a", faults) is None
    assert [f.path for f in faults] == ["a.known", "a.x", "a.y"]


def test_result_that_the_block_around_cannot_use_is_a_fault():
    schedule = {"@schedules": "constant.v1", "rate": 1.0}
    _, [(path, message)] = built({"@layers": "residual.v1", "layer": schedule})
    assert path == "a.layer"
    assert message.startswith("expected a model (@architectures or @layers), got")
    faults = []

    def settings(optimizer: Optimizer, model: Model):
        raise AssertionError("it is not called")

    assert call(settings, {"optimizer": 1, "model": 2}, "a", faults) is None
    assert [fault.path for fault in faults] == ["a.optimizer", "a.model"]


def test_schedule_may_stand_for_a_number_where_the_function_takes_both():
    schedule = {"@schedules": "constant.v1", "rate": 0.5}
    optimizer, faults = built({"@optimizers": "Adam.v1", "learn_rate": schedule})
    assert not faults
    assert optimizer.learn_rate == 0.5


def test_soundness_goes_by_whole_steps_of_a_path():
    faults = [Fault("a.bc.d", "")]
    assert [is_sound(p, faults) for p in ("a", "a.bc", "a.bc.d")] == [False] * 3
    assert is_sound("a.b", faults)
    assert is_sound("a.bc.d.e", faults)


def test_defaults_are_filled_in_and_variables_stay():
    def settings(count: int = 3, names: tuple = ("x",), function=print):
        """Have defaults of several kinds."""

    block = {"a": {"b": "${x.y}", "c": dict(LINEAR), "*": [1]}}
    filled = fill(block, {"a": Schema(settings), "z": Schema(settings)})
    assert filled["a"]["b"] == "${x.y}"
    assert filled["a"]["count"] == 3
    assert filled["a"]["names"] == ["x"]
    assert "function" not in filled["a"]
    assert filled["a"]["c"] == {**LINEAR, "nI": None, "init_W": None, "init_b": None}
    assert "count" not in block["a"]
