import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.tree import Tree

from zoo._terminal import (
    align,
    escape_controls,
    print_line,
    print_message,
    print_table,
    print_tree,
)


def test_columns_are_aligned_and_nothing_is_cut_off(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    wide = "x" * 300
    print_table([["name", "n"], ["[red]a[/red] :smile:", "10"], [wide, "1"]], right=[1])
    assert capsys.readouterr().out.splitlines() == [
        f"name{' ' * 296}   n",
        f"[red]a[/red] :smile:{' ' * 280}  10",
        f"{wide}   1",
    ]


def test_wide_characters_take_two_columns(capsys):
    print_table([["日本", "a"], ["x", "b"]], indent=2)
    assert capsys.readouterr().out == "  日本  a\n  x     b\n"


@pytest.mark.parametrize("colour", ["1", ""])
def test_colours_are_for_terminals(capsys, monkeypatch, colour):
    monkeypatch.setenv("FORCE_COLOR", colour)
    if not colour:
        monkeypatch.delenv("FORCE_COLOR")
    print_table([["a", "b"], [("good", "green"), "c"]], header=True)
    print_line("title", bold=True)
    out = capsys.readouterr().out
    assert ("\x1b[" in out) == bool(colour)
    assert "good" in out


def test_control_characters_are_shown_as_escapes(capsys):
    print_table([["a\nb", "c\x1b[2J\x9b"]])
    print_line("two\nlines\x07")
    tree = Tree("[bold]top[/]\x1b]8;;x")
    tree.add("a").add("b\x00")
    print_tree(tree)
    print_message("x\x1bc")
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        r"a\nb  c\x1b[2J\x9b",
        "two",
        r"lines\x07",
        r"top\x1b]8;;x",
        "└── a",
        r"    └── b\x00",
    ]
    assert err == "x\\x1bc\n"


def test_no_rows_are_no_lines(capsys):
    print_table([])
    assert capsys.readouterr().out.strip() == ""


@given(st.text())
def test_printable_text_stays_and_the_rest_is_escaped(text):
    found = escape_controls(text, keep="")
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in found)
    if text.isprintable():
        assert found == text


def test_escapes_are_those_of_python():
    assert escape_controls("\x1b[31m\u202e\x9b\r\n\t") == "\\x1b[31m\\u202e\\x9b\\r\n\t"
    assert escape_controls("a\u0301 b\u00a0c 日") == "a\u0301 b\u00a0c 日"


def test_no_rows_are_aligned_to_no_lines():
    assert align([]) == []
