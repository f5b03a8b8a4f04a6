"""Check that `registry.resolve` reads a block as a run does."""

from typing import Literal

import pytest
from pydantic import BaseModel

import zoo
from zoo.config import ConfigError, interpolate, parse_config
from zoo.config._blocks import build
from zoo.config._validate import find_faults

registry = zoo.registry


@registry.callbacks("test.any.v1")
def take_any(a: int = 0, **others: int):
    return a, others


@registry.callbacks("test.tuple.v1")
def take_tuple(pair: tuple[int, str] = (1, "a"), many: tuple[int, ...] = ()):
    return list(pair), list(many)


@registry.callbacks("test.implicit.v1")
def take_implicit(n: int = None):  # noqa: RUF013  An optional of the old form.
    return n


@registry.callbacks("test.starred.v1")
def take_starred(*values: int, scale: float = 1.0):
    return values, scale


@pytest.mark.parametrize(
    ("block", "result"),
    [
        ('@callbacks = "test.any.v1"\na = 1\nb = 2', (1, {"b": 2})),
        ('@callbacks = "test.tuple.v1"\npair = [2, "b"]', ([2, "b"], [])),
        ('@callbacks = "test.tuple.v1"\nmany = [1, 2, 3]', ([1, "a"], [1, 2, 3])),
        ('@callbacks = "test.implicit.v1"', None),
        ('@callbacks = "test.implicit.v1"\nn = null', None),
        ('@callbacks = "test.starred.v1"\n[m.*]\nx = 1\ny = 2', ((1, 2), 1.0)),
        ('@callbacks = "test.starred.v1"\n* = [1, 2]\nscale = 3', ((1, 2), 3)),
    ],
)
def test_blocks_are_built_as_a_run_builds_them(block, result):
    config = parse_config(f"[m]\n{block}\n")
    assert registry.resolve(config) == {"m": result}
    values = interpolate(config)["m"]
    assert list(find_faults(values, "m")) == []
    assert build(values, "m", []) == result


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ('@layers = "Linear.v1"\nnO = 1_0', "nO: expected a whole number or null, got"),
        ('@callbacks = "test.any.v1"\nb = "x"', "m.b: expected a whole number, got"),
        (
            '@callbacks = "test.tuple.v1"\npair = [2]',
            r"m\.pair: expected a list of 2 \(a whole number, a string\), got \[2\]",
        ),
        ('@callbacks = "test.tuple.v1"\nmany = ["x"]', "m.many: expected a list"),
        ('@callbacks = "test.implicit.v1"\nn = 1_0', 'expected a whole number, got "1'),
        ('@callbacks = "test.starred.v1"\n* = 1', r"m\.\*: expected a section or a li"),
        (
            '@callbacks = "test.any.v1"\na = NaN',
            "m.a: expected a whole number, got NaN",
        ),
        ('@optimizers = "Adam.v1"\nlearn_rate = NaN', "expected a number.*, got NaN"),
        ('@layers = "Linear.v1"\nnI = -1', "linear: nI must be 1 or more, got -1"),
    ],
)
def test_blocks_that_a_run_refuses_are_refused(block, message):
    config = parse_config(f"[m]\n{block}\n")
    with pytest.raises(ConfigError, match=message) as error:
        registry.resolve(config)
    values, faults = interpolate(config)["m"], []
    faults += find_faults(values, "m")
    build(values, "m", faults)
    assert error.value.faults == faults


def test_all_errors_of_all_sections_are_reported_at_once():
    blocks = {"@layers": "Linear.v1", "nO": "x"}, {"@layers": "Linear.v9"}
    with pytest.raises(ConfigError, match="The config has 2 errors") as error:
        registry.resolve({"a": blocks[0], "b": blocks[1]})
    assert [fault.path for fault in error.value.faults] == ["a.nO", "b.@layers"]


def test_overrides_and_schemas_count():
    class Model(BaseModel):
        n: int

    class Sections(BaseModel):
        m: Model
        more: int = 1

    config = parse_config("[m]\nn = 1\n")
    assert registry.resolve(config, overrides={"m.n": 2}) == {"m": {"n": 2}}
    assert registry.resolve(config, schema=Sections)["more"] == 1
    with pytest.raises(ValueError, match="Config validation error"):
        registry.resolve(config, schema=Sections, overrides={"m.n": "x"})
    assert registry.resolve(
        config, schema=Sections, overrides={"m.n": "x"}, validate=False
    )["m"] == {"n": "x"}
    filled = registry.fill(config, schema=Sections, overrides={"m.n": 3})
    assert filled == {"m": {"n": 3}, "more": 1}


def test_fill_writes_defaults_and_keeps_variables():
    text = '[a]\nn = 4\n[m]\n@layers = "Linear.v1"\nnO = ${a.n}\n'
    filled = registry.fill(parse_config(text))
    assert filled["m"]["nO"] == "${a.n}" and filled["m"]["nI"] is None
    assert registry.fill(parse_config(text), interpolate=True)["m"]["nO"] == 4
    with pytest.raises(ConfigError, match=r"m\.nOO"):
        registry.fill(parse_config(text), overrides={"m.nOO": 1})
    assert registry.fill(parse_config(text), overrides={"m.nOO": 1}, validate=False)


def test_a_block_must_stand_in_a_section():
    with pytest.raises(ConfigError, match=r"blocks must stand in sections, such as"):
        registry.resolve({"@layers": "Linear.v1"})


@registry.callbacks("test.typed.v1")
def take_typed(
    i: int = 0,
    f: float = 0.0,
    b: bool = False,
    s: str = "",
    o: int | None = None,
    l: list[int] = [],  # noqa: B006, E741
    d: dict[str, float] = {},  # noqa: B006
    c: Literal["a", "b"] = "a",
    u=None,
):
    return repr((i, f, b, s, o, l, d, c, u))


VALUES = """
    1 1_000 .5 +1 01 True true None null NaN -Infinity 1e3 1.0 "a" 'a' a [] [1] [1.5]
    ["1"] {} {"a":1} {"a":"x"} "" 1;x "1"#n 0x10 1e400 -0 [1,2 TRUE on (1,2) 1j
"""


@pytest.mark.parametrize("name", "ifbsoldcu")
def test_every_value_is_read_as_a_run_reads_it(name):
    for value in [*VALUES.split(), "1 # note", '"a" # b', "[1, 2] # c"]:
        try:
            config = parse_config(
                f'[m]\n@callbacks = "test.typed.v1"\n{name} = {value}\n'
            )
        except ConfigError:
            continue  # It cannot be read, by neither.
        values, faults = interpolate(config)["m"], []
        faults += find_faults(values, "m")
        built = build(values, "m", faults)
        if faults:
            with pytest.raises(ConfigError) as error:
                registry.resolve(config)
            assert error.value.faults == faults
        else:
            assert registry.resolve(config)["m"] == built
