import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Config, ConfigValidationError

import zoo
from zoo.config import (
    ConfigError,
    follow,
    format_config,
    interpolate,
    nearest,
    parse_config,
    parse_overrides,
)

TEXT = """
[paths]
train = "a.conllu"

[training]
max_epochs = 1
corpus = ${paths.train}

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.1
"""


def faults_of(error):
    return dict(error.value.faults)


def test_file_is_read_and_its_variables_stay(tmp_path):
    path = tmp_path / "a.cfg"
    path.write_text("\ufeff" + TEXT, encoding="utf8")  # With a byte order mark.
    config = zoo.load_config(str(path), {"training.max_epochs": 2})
    assert config["training"]["max_epochs"] == 2
    assert config["training"]["corpus"] == "${paths.train}"
    assert interpolate(config)["training"]["corpus"] == "a.conllu"


def test_missing_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no config file .*nothing"):
        zoo.load_config(tmp_path / "nothing.cfg")
    with pytest.raises(FileNotFoundError, match="there is no config file"):
        zoo.load_config(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("just a text\n", "cannot be read:.*no section headers.*just a text"),
        ("[a]\nb = 1\nand no value\n", "cannot be read:.*and no value"),
        ("[a]\nb = 1\n[a]\nc = 2\n", "cannot be read:.*section 'a' already exists"),
        ("[a.b]\nc = 1\n[a]\n", "cannot be read:.*a: a section must stand before"),
        ("[a.b]\nc = 1\n", "cannot be read:.*a.b: Section 'a' is not defined"),
        ("[a]\nb = 1\n[a.b]\nc = 1\n", "cannot be read:.*a.b: found conflicting"),
    ],
)
def test_what_is_no_config_is_refused(text, message):
    with pytest.raises(ConfigError, match=f"(?s){message}"):
        parse_config(text)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "a.cfg"
    path.write_bytes(b"[a]\nb = \xff\xfe")
    with pytest.raises(ConfigError, match=r"a\.cfg cannot be read:\n  expected UTF-8"):
        zoo.load_config(path)


def test_all_lost_variables_are_named_at_once():
    text = (
        TEXT + '\n[other]\na = ${paths.trian}\nb = ["${tests.x}"]\nc = "${paths.train}"'
    )
    with pytest.raises(ConfigError) as error:
        interpolate(parse_config(text))
    faults = faults_of(error)
    assert list(faults) == ["other.a", "other.b"]
    assert faults["other.a"].endswith("Did you mean 'paths.train'?")


def test_variables_may_name_sections_and_neighbours():
    config = parse_config("[a]\nx = 1\ny = ${x}\n\n[b]\nall = ${a}\nc = ${a:y}\n")
    assert interpolate(config)["b"] == {"all": {"x": 1, "y": 1}, "c": 1}


@pytest.mark.parametrize(
    "text", ["[a]\nx = ${a}\n", "[a]\nx = ${a.y}\ny = ${a.x}\n", "[a]\nx = ${a.x}\n"]
)
def test_variable_that_contains_itself_is_refused(text):
    with pytest.raises(ConfigError, match="cannot be read"):
        interpolate(parse_config(text))


def test_malformed_variable_is_refused():
    with pytest.raises(ConfigError, match="cannot be read"):
        interpolate(parse_config("[a]\nx = 1\ny = ${a.x} costs $5\n"))


def test_overrides_are_read_in_both_forms():
    arguments = [
        "--training.max_epochs",
        "2",
        "--training.dropout=0.5",
        "--nlp.pipeline",
        '["a", "b"]',
        "--paths.train",
        "some file.conllu",
        "--training.patience",
        "-1",
        "--training.optimizer.use_averages",
        "--paths.dev=a=b",
        "--system.seed",
        "null",
    ]
    assert parse_overrides(arguments) == {
        "training.max_epochs": 2,
        "training.dropout": 0.5,
        "nlp.pipeline": ["a", "b"],
        "paths.train": "some file.conllu",
        "training.patience": -1,
        "training.optimizer.use_averages": True,
        "paths.dev": "a=b",
        "system.seed": None,
    }


@pytest.mark.parametrize("wrong", ["--output", "training.x", "-t.x", "--", "--a..b"])
def test_malformed_override_is_refused(wrong):
    with pytest.raises(ValueError, match=rf"--section\.name VALUE.*got '{wrong}'"):
        parse_overrides([wrong, "3"])


def test_overrides_that_lead_nowhere_are_all_named():
    overrides = {"trainig.x": 1, "training.optimiser.L2": 1, "training.max_epochs.x": 1}
    with pytest.raises(ConfigError) as error:
        parse_config(TEXT, overrides)
    assert faults_of(error) == {
        "trainig.x": "there is no section 'trainig'. Did you mean 'training'?",
        "training.optimiser.L2": "there is no section 'optimiser'. "
        "Did you mean 'optimizer'?",
        "training.max_epochs.x": "there is no section 'max_epochs'.",
    }


def test_override_may_replace_a_section_and_reach_into_an_inline_one():
    text = '[a]\nb = {"c": 1}\n[a.d]\ne = 1\n'
    config = parse_config(text, {"a.b.c": 2, "a.d": 3})
    assert config["a"] == {"b": {"c": 2}, "d": 3}


def test_sections_are_written_in_spacys_order_each_with_its_own():
    sections = "training z z.b components components.b components.a nlp "
    sections += "components.b.model paths initialize training.x corpora"
    text = "".join(f"[{section}]\nvalue = 1\n" for section in sections.split())
    written = format_config(parse_config(text))
    order = [line[1:-1] for line in written.splitlines() if line.startswith("[")]
    expected = "paths nlp components components.b components.b.model components.a "
    expected += "corpora training training.x initialize z z.b"
    assert " ".join(order) == expected


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(alphabet='ab "[]\n$ü=', max_size=6),
    lambda values: st.lists(values, max_size=3),
    max_leaves=4,
)
KEYS = st.sampled_from(["a", "b", "nlp", "training", "@layers"])


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, min_size=1)))
def test_config_survives_writing_and_reading(values):
    assert (
        "$" in json.dumps(values)
        or parse_config(format_config(Config(values))) == values
    )


def test_registry_fills_resolves_and_validates():
    block = {"@architectures": "zoo.MaxoutWindowEncoder.v1", "width": 4}
    filled = zoo.registry.fill({"model": block})
    assert filled["model"]["depth"] == 4
    assert zoo.registry.resolve(filled)["model"].get_dim("nO") == 4
    for change in ({"widht": 4}, {"width": "wide"}):
        with pytest.raises(ConfigValidationError, match=r"width|widht"):
            zoo.registry.resolve({"model": {**block, **change}})


def test_follow_gives_what_stands_at_a_path():
    assert follow({"a": {"b": 0}}, "a.b") == 0
    assert follow({"a": {"b": 0}}, "a.b.c") is None
    assert follow({"a": {"b": 0}}, "x") is None


def test_nearest_name_is_suggested():
    assert nearest("max_epoch", ["max_epochs", "x"]) == " Did you mean 'max_epochs'?"
    assert nearest("max_epoch", ["nothing"]) == ""
