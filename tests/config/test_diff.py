import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Config

from zoo.config import ConfigError, interpolate, parse_config
from zoo.config._diff import compare

LEFT = """
[paths]
train = "a.conllu"

[encoder]
width = 96
rows = [1, 2]

[head]
width = ${encoder.width}
path = ${paths.train}
only = true

[head.deep]
x = 1
"""
RIGHT = """
[paths]
train = "a.conllu"

[encoder]
width = 64
rows = [1, 2]

[head]
width = ${encoder.width}
path = "a.conllu"
deep = null

[other]
@layers = "Linear.v1"
nO = null
"""


def differences(left, right):
    return [tuple(d) for d in compare(parse_config(left), parse_config(right))]


def test_settings_are_compared_by_what_they_come_to():
    assert differences(LEFT, RIGHT) == [
        ("encoder.width", "96", "64"),  # But not head.width, which follows it.
        ("head.deep", None, "null"),
        ("head.deep.x", "1", None),
        ("head.only", "true", None),
        ("other.@layers", None, '"Linear.v1"'),
        ("other.nO", None, "null"),
    ]


def test_both_sides_change_places():
    swapped = {(path, b, a) for path, a, b in differences(LEFT, RIGHT)}
    assert swapped == {*differences(RIGHT, LEFT)}


def test_a_section_that_a_variable_stands_for_is_compared_by_its_settings():
    left = "[a]\nx = 1\ny = 2\n[b]\ncopy = ${a}\n[b.c]\nz = ${a}\n"
    right = "[a]\nx = 1\ny = 3\n[b]\n[b.c]\nz = ${a}\n[b.copy]\nx = 1\ny = 2\n"
    assert differences(left, right) == [("a.y", "2", "3")]
    right = right.replace("y = 2", "y = 4")
    assert differences(left, right) == [("a.y", "2", "3"), ("b.copy.y", "2", "4")]


def test_an_empty_section_counts_where_it_is_all_that_differs():
    assert differences("[a]\n[b]\n", "[a]\n") == [("b", "{}", None)]
    assert differences("[a]\n[a.b]\n", "[a]\nb = 1\n") == [("a.b", "{}", "1")]


def test_lost_variable_is_refused():
    with pytest.raises(ConfigError, match=r"nothing called 'b\.x'"):
        compare(parse_config("[a]\nx = ${b.x}\n"), parse_config("[a]\n"))


KEYS = st.sampled_from("abc")
CONFIGS = st.dictionaries(
    KEYS,
    st.dictionaries(KEYS, st.integers(0, 2) | st.dictionaries(KEYS, st.integers(0, 2))),
)


@settings(max_examples=50)
@given(CONFIGS, CONFIGS)
def test_configs_differ_where_their_values_do(left, right):
    found = compare(Config(left), Config(right))
    assert bool(found) == (interpolate(left) != interpolate(right))
    assert all(difference.left != difference.right for difference in found)
