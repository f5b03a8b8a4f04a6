import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.config import ConfigError, format_config, interpolate, parse_config
from zoo.config._interpolate import MAX_DEPTH
from zoo.config._limits import LAYERS, SIZE

#: Strings that a reader who decodes twice changes.
TRICKY = ["da$ta", r"C:\temp\new", r"a\d", 'say "x"', "a\nb", "${", "$$", "ü\t", "{}"]


def in_file(value):
    """Write a string as a config does."""
    return json.dumps(value).replace("$", "$$")


@pytest.mark.parametrize("value", TRICKY)
@pytest.mark.parametrize("template", ['"${a.x}/b"', "${a.x}/b", '["${a.x}/b"]'])
def test_a_variable_within_a_string_is_the_value_as_it_is(value, template):
    text = f"[a]\nx = {in_file(value)}\n[c]\ny = {template}\nz = ${{c.y}}\n"
    config = parse_config(text)
    written = [parse_config(format_config(config))]
    overridden = [parse_config(text.replace(in_file(value), "0"), {"a.x": value})]
    for read in [config, *written, *overridden]:
        found = interpolate(read)
        expected = [f"{value}/b"] if template[0] == "[" else f"{value}/b"
        assert found == {"a": {"x": value}, "c": {"y": expected, "z": expected}}


@pytest.mark.parametrize("value", [v for v in TRICKY if "$" not in v])
def test_a_template_from_an_override_is_text_too(value):
    text = "[a]\nx = 1\ny = 2\n"
    overrides = {"a.x": value, "a.y": "${a.x}\n" + value}
    config = parse_config(text, overrides)
    for read in (config, parse_config(format_config(config))):
        assert interpolate(read)["a"] == {"x": value, "y": f"{value}\n{value}"}


@given(st.text(max_size=8), st.text(alphabet="ab \\\"'[]{}", max_size=8))
def test_any_string_survives_in_any_string(value, around):
    config = parse_config(
        f'[a]\nx = {in_file(value)}\ny = {in_file(around)[:-1]}${{a.x}}"\n'
    )
    assert interpolate(config)["a"]["y"] == around + value
    again = parse_config(format_config(config))
    assert interpolate(again) == interpolate(config)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = null\ny = ${x}", None),
        ('x = null\ny = "${x}"', "null"),
        ("x = true\ny = [${x}, 1]", [True, 1]),
        ('x = ["a"]\ny = {"k": ${x}}', {"k": ["a"]}),
        ('x = ["ü"]\ny = "${x}!"', '["ü"]!'),
        ("x = 1\ny = ${x}${x}", 11),
        ('x = "1"\ny = "$${x}"', "${x}"),
        ('x = "1"\ny = ["$${x}"]', ["${x}"]),
        ('x = "1"\ny = {"k": ["$$ ${x}"]}', {"k": ["$ 1"]}),
        ('x = "b"\nz = "${x}"\ny = "${z}"', "b"),
    ],
)
def test_values_of_all_kinds(text, expected):
    assert interpolate(parse_config(f"[a]\n{text}\n"))["a"]["y"] == expected
    again = parse_config(format_config(parse_config(f"[a]\n{text}\n")))
    assert interpolate(again)["a"]["y"] == expected


def test_sections_that_variables_stand_for_are_copies():
    found = interpolate(parse_config("[a]\nx = [1]\n[b]\nc = ${a}\nd = ${a.x}\n"))
    found["b"]["c"]["x"].append(2)
    found["b"]["d"].append(3)
    assert found["a"] == {"x": [1]}


def nested(levels, form):
    """Write variables that refer ten times to the one before."""
    lines = ["[a]", 'v0 = "xxxxxxxxxx"']
    for i in range(levels):
        lines.append(f"v{i + 1} = " + form.format(f"${{a.v{i}}}" * 10))
    return "\n".join(lines) + "\n"


def test_variables_that_grow_tenfold_a_level_are_stopped_before_they_are_built():
    with pytest.raises(ConfigError, match=r"more than 1,000,000 values.*ZOO_MAX_CONF"):
        interpolate(parse_config(nested(40, '"{}"')))
    sections = ["[s0]\nx = 1\n"]
    for i in range(40):
        refs = "\n".join(f"r{j} = ${{s{i}}}" for j in range(10))
        sections.append(f"[s{i + 1}]\n{refs}\n")
    with pytest.raises(ConfigError, match=r"s\d+\.r\d: variables put in more than"):
        interpolate(parse_config("".join(sections)))


def test_the_limit_can_be_raised(monkeypatch):
    config = parse_config(nested(3, '"{}"'))
    monkeypatch.setenv(SIZE.variable, "1000")
    with pytest.raises(ConfigError, match="more than 1,000 values and characters"):
        interpolate(config)
    monkeypatch.setenv(SIZE.variable, "20000")
    assert len(interpolate(config)["a"]["v3"]) == 10_000
    for wrong in ("0", "many", "-1"):
        monkeypatch.setenv(LAYERS.variable, wrong)
        with pytest.raises(ValueError, match=f"ZOO_MAX_LAYERS must .* got '{wrong}'"):
            assert LAYERS.value


def test_what_is_written_in_a_file_does_not_count(monkeypatch):
    monkeypatch.setenv(SIZE.variable, "10")
    text = json.dumps(["word"] * 1000)
    assert len(interpolate(parse_config(f"[a]\nx = {text}\n"))["a"]["x"]) == 1000


def test_long_chains_of_variables_are_refused():
    chain = "[a]\nv0 = 1\n" + "".join(
        f"v{i + 1} = ${{v{i}}}\n" for i in reversed(range(2 * MAX_DEPTH))
    )
    with pytest.raises(ConfigError, match="more than 100 variables refer to one anoth"):
        interpolate(parse_config(chain))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x = "$${k} ${a.n}"', "${k} 1"),
        ('x = "$${a.n}"', "${a.n}"),
        ('v = "$${k}"\nx = "${a.v}/a"', "${k}/a"),
        ('v = "$${k}"\nx = ${a.v}', "${k}"),
        ('v = "$${k}"\nx = ["${a.v}", {"y": "$${a.n}", "z": ${a.n}}]', None),
        ('v = "$"\nx = "${a.v}{k}"', "${k}"),
        ('x = "$$$${k}"', "$${k}"),
    ],
)
def test_what_looks_like_a_variable_stays_text_once_it_is_read(text, expected):
    expected = expected or ["${k}", {"y": "${a.n}", "z": 1}]
    config = parse_config(f"[a]\nn = 1\n{text}\n")
    found = interpolate(config)
    assert found["a"]["x"] == expected
    assert interpolate(found) == found
    assert interpolate(found.copy()) == found
    for written in (config, found):
        assert interpolate(parse_config(format_config(written))) == found
