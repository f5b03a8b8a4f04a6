import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.config import (
    ConfigError,
    environment_overrides,
    parse_config,
    parse_overrides,
    put_overrides,
)
from zoo.config.overrides import ENVIRONMENT

from .override_forms import FORMS
from .samples import TEXT, faults_of


@pytest.mark.parametrize(("arguments", "value"), FORMS)
def test_values_are_json_or_else_strings(arguments, value):
    assert parse_overrides(arguments) == {"a.b": value}
    assert parse_overrides([*arguments, "--c.d", "3"]) == {"a.b": value, "c.d": 3}


def test_the_last_of_two_counts():
    assert parse_overrides(["--a.b", "1", "--a.b", "2"]) == {"a.b": 2}


@pytest.mark.parametrize("wrong", ["--output", "training.x", "-t.x", "--", "--a..b"])
def test_malformed_override_is_refused(wrong):
    with pytest.raises(ValueError, match=rf"--section\.name VALUE.*got '{wrong}'"):
        parse_overrides([wrong, "3"])


def test_environment_is_split_as_a_shell_does(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert environment_overrides() == {}
    line = """--a.b 1 --a.c "two words" --a.d='["x", "y"]' --a.e"""
    monkeypatch.setenv(ENVIRONMENT, line)
    found = environment_overrides()
    assert found == {"a.b": 1, "a.c": "two words", "a.d": ["x", "y"], "a.e": True}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("max_steps 3", "ZOO_CONFIG_OVERRIDES: An override must be given as"),
        ('--a.b "open', "ZOO_CONFIG_OVERRIDES: No closing quotation"),
    ],
)
def test_malformed_environment_is_refused(monkeypatch, line, message):
    monkeypatch.setenv(ENVIRONMENT, line)
    with pytest.raises(ValueError, match=message):
        environment_overrides()


def test_the_command_line_goes_before_the_environment():
    config = parse_config(TEXT)
    put_overrides(
        config,
        {"training.max_epochs": 2},
        {"training.max_epochs": 3, "paths.train": "b.conllu"},
    )
    assert config["training"]["max_epochs"] == 2
    assert config["paths"]["train"] == "b.conllu"


def test_overrides_that_lead_nowhere_are_all_named():
    overrides = {"trainig.x": 1, "training.optimiser.L2": 1, "training.max_epochs.x": 1}
    with pytest.raises(ConfigError, match="These overrides lead nowhere:") as error:
        parse_config(TEXT, overrides)
    assert faults_of(error) == {
        "trainig.x": "there is no section 'trainig'. Did you mean 'training'?",
        "training.optimiser.L2": "there is no section 'optimiser'. "
        "Did you mean 'optimizer'?",
        "training.max_epochs.x": "there is no section 'max_epochs'.",
    }


def test_those_of_the_environment_are_named_with_it():
    config = parse_config(TEXT)
    with pytest.raises(ConfigError) as error:
        put_overrides(config, {"a.b": 1}, {"trainig.x": 1})
    assert faults_of(error) == {
        "a.b": "there is no section 'a'.",
        "trainig.x": "there is no section 'trainig'. Did you mean 'training'? "
        "It stands in ZOO_CONFIG_OVERRIDES.",
    }
    assert config == parse_config(TEXT)


def test_override_may_replace_a_section_and_reach_into_an_inline_one():
    text = '[a]\nb = {"c": 1}\n[a.d]\ne = 1\n'
    config = parse_config(text, {"a.b.c": 2, "a.d": 3, "a.new": [1]})
    assert config["a"] == {"b": {"c": 2}, "d": 3, "new": [1]}


VALUES = st.none() | st.booleans() | st.integers() | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(["a.b", "a.c", "d.e.f"]), VALUES))
def test_what_is_written_as_json_is_read(overrides):
    arguments = [f"--{path}={json.dumps(value)}" for path, value in overrides.items()]
    assert parse_overrides(arguments) == overrides
