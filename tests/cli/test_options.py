import sys

import pytest

import zoo
from zoo.cli import main
from zoo.cli.options import import_file, take_flag, take_values


def test_options_are_taken_wherever_they_stand():
    arguments = ["zoo", "--code", "a.py", "list", "--debug", "--code", "b.py"]
    assert take_flag("--debug", arguments)
    assert take_values("--code", arguments) == ["a.py", "b.py"]
    assert arguments == ["zoo", "list"]
    assert not take_flag("--debug", arguments)


def test_an_option_without_a_value_is_refused():
    with pytest.raises(ValueError, match="--code: the path of a file must follow"):
        take_values("--code", ["zoo", "--code"])


def test_a_missing_file_and_one_that_is_no_python_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*layers\.py"):
        import_file(tmp_path / "layers.py")
    (tmp_path / "layers.txt").write_text("")
    with pytest.raises(ValueError, match=r"layers\.txt is not a Python file"):
        import_file(tmp_path / "layers.txt")


def test_functions_of_a_file_can_be_named(tmp_path, monkeypatch, capsys):
    file = tmp_path / "my_scorers.py"
    file.write_text(
        "from zoo import registry\n"
        "@registry.scorers('my_scorer.v1')\n"
        "def my_scorer():\n"
        '    """Measure nothing at all."""\n'
    )
    monkeypatch.setattr(sys, "argv", ["zoo", "list", "scorers", "--code", str(file)])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert not exit_.value.code
    assert "Measure nothing at all." in capsys.readouterr().out
    assert zoo.registry.has("scorers", "my_scorer.v1")
