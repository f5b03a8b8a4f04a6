import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Config

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

from .samples import TEXT, faults_of


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
    with pytest.raises(ConfigError, match="a variable contains itself"):
        interpolate(parse_config(text))


def test_malformed_variable_is_refused():
    with pytest.raises(ConfigError, match=r"a\.y: a dollar sign .* written twice"):
        interpolate(parse_config("[a]\nx = 1\ny = ${a.x} costs $5\n"))


LANGUAGE = [
    # A value in a string, in a list and in an object; of a list the type is kept.
    ('y = "v${x.n}"', "v1"),
    ('y = ["a", "${x.n}"]', ["a", "1"]),
    ('y = {"k": ${x.n}}', {"k": 1}),
    ("y = ${x.list}", [1, 2]),
    ("y = ${x:n}", 1),
    ('y = "${x.n} of ${x.word}"', "1 of two"),
    # One variable stands for another, and a whole section for its settings.
    ("y = ${z.again}", 1),
    ("y = ${x.deep}", {"q": 3}),
    ("y = ${block}", {"@schedules": "constant.v1", "rate": 1}),
    # A dollar sign is written twice where it might begin a variable.
    ('y = "costs $$5"', "costs $5"),
    ('y = ["$$5"]', ["$5"]),
    ('y = "$$${x.n}"', "$1"),
    # What is no JSON is a string.
    ("y = two words", "two words"),
    ("y = None", None),
    ("y = True", True),
    ("y = 1 # no comment", "1 # no comment"),
    ('y = ["a",\n    "b"]', ["a", "b"]),
    ("y = ", ""),
]
BASE = """
[x]
n = 1
word = "two"
list = [1, 2]

[x.deep]
q = 3

[z]
again = ${x.n}

[block]
@schedules = "constant.v1"
rate = ${x.n}

[a]
"""


@pytest.mark.parametrize(("line", "value"), LANGUAGE)
def test_language_is_confections(line, value):
    text = f"{BASE}{line}\n"
    config = parse_config(text)
    assert interpolate(config)["a"]["y"] == value
    assert interpolate(config) == Config().from_str(text)
    # Written and read, however often, it stands for the same.
    once = parse_config(format_config(config))
    assert once == config
    assert interpolate(parse_config(format_config(once)))["a"]["y"] == value


def test_a_dollar_sign_alone_stays_where_it_can_begin_no_variable():
    config = parse_config('[a]\ny = "^a$"\n')
    assert interpolate(config) == {"a": {"y": "^a$"}}
    assert interpolate(parse_config(format_config(config))) == {"a": {"y": "^a$"}}


@pytest.mark.parametrize("line", ['y = "all of ${x}"', 'y = ["${block}"]'])
def test_a_section_within_a_string_is_refused(line):
    with pytest.raises(ConfigError) as error:
        interpolate(parse_config(f"{BASE}{line}\n"))
    [(path, message)] = error.value.faults
    assert path == "a.y"
    assert message.startswith("a section cannot stand within a string or list, got $")


def test_positional_arguments_and_promises_are_built_wherever_a_variable_puts_them():
    text = """
[layer]
@layers = "Linear.v1"
nO = 4

[model]
@layers = "chain.v1"

[model.*]

[model.*.first]
@layers = "Relu.v1"
nO = ${layer.nO}

[model.*.second]
@layers = "residual.v1"
layer = ${layer}

[optimizer]
@optimizers = "Adam.v1"
learn_rate = ${rate}

[rate]
@schedules = "warmup_linear.v1"
initial_rate = 1.0
warmup_steps = 2
total_steps = 6
"""
    resolved = zoo.registry.resolve(interpolate(parse_config(text)))
    assert [layer.name for layer in resolved["model"].layers] == [
        "relu",
        "residual(linear)",
    ]
    rates = []
    for _ in range(3):
        rates.append(resolved["optimizer"].learn_rate)
        resolved["optimizer"].step_schedules()
    assert rates == [0.0, 0.5, 1.0]


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
    assert parse_config(format_config(Config(values))) == values


def test_registry_fills_resolves_and_validates():
    block = {"@architectures": "zoo.MaxoutWindowEncoder.v1", "width": 4}
    filled = zoo.registry.fill({"model": block})
    assert filled["model"]["depth"] == 4
    assert zoo.registry.resolve(filled)["model"].get_dim("nO") == 4
    for change in ({"widht": 4}, {"width": "wide"}):
        with pytest.raises(ConfigError, match=r"model\.(width|widht): "):
            zoo.registry.resolve({"model": {**block, **change}})


def test_sections_that_are_nested_too_deep_are_refused():
    names = ["a" + ".a" * i for i in range(101)]
    text = "".join(f"[{name}]\n" for name in names)
    with pytest.raises(ConfigError, match="nested deeper than 100"):
        parse_config(text)
    assert parse_config("".join(f"[{name}]\n" for name in names[:90]))


def test_a_value_that_is_no_json_cannot_be_written():
    with pytest.raises(ValueError, match=r"a\.x: a value must be JSON, got <object"):
        format_config(Config({"a": {"x": object()}}))


def test_follow_gives_what_stands_at_a_path():
    assert follow({"a": {"b": 0}}, "a.b") == 0
    assert follow({"a": {"b": 0}}, "a.b.c") is None
    assert follow({"a": {"b": 0}}, "x") is None


def test_nearest_name_is_suggested():
    assert nearest("max_epoch", ["max_epochs", "x"]) == " Did you mean 'max_epochs'?"
    assert nearest("max_epoch", ["nothing"]) == ""


PAGE = Path(__file__).parents[2] / "docs" / "configs.md"


def test_values_are_read_as_the_page_on_configs_lists():
    rows = PAGE.read_text("utf8").partition("| written | read as |")[2]
    table = re.findall(r"^\| `(.*?)` \| `(.*?)`", rows.partition("\n\n")[0], re.M)
    assert {"1_000", ".5", "+1", "01", "True", "None", "NaN", "'a'", "1 # note"} <= {
        written for written, _ in table
    }
    for written, expected in table:
        found = interpolate(parse_config(f"[a]\nx = {written}\n"))["a"]["x"]
        assert json.dumps(found) == expected, written
        assert parse_overrides([f"--a.x={written}"]) == {
            "a.x": pytest.approx(found, nan_ok=True)
            if isinstance(found, float)
            else found
        }
        referring = parse_config(f"[a]\nx = {written}\ny = ${{a.x}}\n")
        assert json.dumps(interpolate(referring)["a"]["y"]) == expected


def test_comments_stand_on_lines_of_their_own():
    assert parse_config("[a]\n# x = 1\n; y = 2\nz = 3\n") == {"a": {"z": 3}}
