import sys
from pathlib import Path

import pytest

import zoo
from zoo._cli import main
from zoo._cli.options import (
    import_file,
    make_tokenizer,
    read_config,
    spell_options,
    take_flag,
    take_values,
)
from zoo.config import ConfigError


def test_options_are_taken_wherever_they_stand():
    arguments = ["zoo", "--code", "a.py", "list", "--debug", "--code=b.py"]
    assert take_flag("--debug", arguments)
    assert take_values("--code", arguments) == ["a.py", "b.py"]
    assert arguments == ["zoo", "list"]
    assert not take_flag("--debug", arguments)


def test_an_option_without_a_value_is_refused():
    for argument in ("--code", "--code="):
        with pytest.raises(ValueError, match="--code: the path of a file must follow"):
            take_values("--code", ["zoo", argument])


def test_a_missing_file_and_one_that_is_no_python_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*layers\.py"):
        import_file(tmp_path / "layers.py")
    (tmp_path / "layers.txt").write_text("")
    with pytest.raises(ValueError, match=r"layers\.txt is not a Python file"):
        import_file(tmp_path / "layers.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "x = 1\ny = = 2\n",
            "a b.py, line 2: SyntaxError: invalid syntax\n    y = = 2",
        ),
        ("x = 1\nprint(z)\n", "a b.py, line 2: NameError: name 'z' is not defined\n"),
        ("def f():\n    {}['k']\nf()\n", "a b.py, line 2: KeyError: 'k'\n    {}['k']"),
        ("import json\njson.loads('')\n", "a b.py, line 2: JSONDecodeError: Expect"),
        ("import no_such_thing\n", "line 1: ModuleNotFoundError: No module named"),
        (
            "import zoo\n@zoo.registry.scorer('x')\ndef f(): pass\n",
            "line 2: AttributeError: type object 'registry' has no attribute 'scorer'",
        ),
        ("\0", "a b.py: "),
        ("import sys\nsys.exit(0)\n", "line 2: SystemExit: 0\n    sys.exit(0)"),
        ("raise GeneratorExit\n", "line 1: GeneratorExit: \n"),
        (
            "class E(BaseException):\n    def __str__(self): 1 / 0\nraise E\n",
            "line 3: E\n    raise E",
        ),
    ],
)
def test_an_error_in_a_file_of_code_is_shown_with_its_line(
    tmp_path, monkeypatch, capsys, text, message
):
    file = tmp_path / "a b.py"
    file.write_text(text)
    monkeypatch.setattr(sys, "argv", ["zoo", "list", "scorers", "--code", str(file)])
    with pytest.raises(SystemExit) as exit_:
        main()
    out, err = capsys.readouterr()
    assert (exit_.value.code, out) == (1, "")
    assert err.startswith(f"error: --code: {tmp_path}")
    assert message in err and "Traceback" not in err


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


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "a.cfg"
    path.write_text("[training]\nmax_steps = 1\nseed = 0\n")
    return path


def test_overrides_of_the_environment_give_way_to_those_of_the_command(
    config, monkeypatch
):
    line = "--training.max_steps 2 --training.seed 2"
    monkeypatch.setenv("ZOO_CONFIG_OVERRIDES", line)
    found = read_config(config, ["--training.seed", "3"])["training"]
    assert found == {"max_steps": 2, "seed": 3}
    monkeypatch.setenv("ZOO_CONFIG_OVERRIDES", "--trainin.seed 2")
    with pytest.raises(ConfigError, match=r"trainin\.seed: .* in ZOO_CONFIG_OVERRIDES"):
        read_config(config, [])


def test_an_override_in_the_place_of_the_config_is_refused(config):
    with pytest.raises(ValueError, match="Pass the config file before the overrides"):
        read_config("--training.seed", [str(config)])


@pytest.mark.filterwarnings("ignore:Tokenizer. has no rules of the language 'de'")
def test_a_tokenizer_is_made_from_its_name_and_a_language():
    text = "I can't."
    assert make_tokenizer("zoo.Tokenizer.v1", "en")(text).words[1:3] == ["ca", "n't"]
    assert make_tokenizer("zoo.Tokenizer.v1", "de")(text).words[1:3] == ["can't", "."]
    assert make_tokenizer("zoo.WhitespaceTokenizer.v1", "en")(text).words[1:] == [
        "can't."
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("zoo.Tokeniser.v1", "Did you mean 'zoo.Tokenizer.v1'?"),
        ("zoo.HuggingFaceTokenizer.v1", r"--tokenizer\.path: a value is missing"),
    ],
)
def test_a_tokenizer_that_cannot_be_made_is_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        make_tokenizer(name, "en")


@pytest.mark.parametrize("name", ["b.py", "./b.py", "../folder/b.py"])
def test_a_relative_file_of_code_with_an_error_is_shown_by_line(
    tmp_path, monkeypatch, name
):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.py").write_text("x = 1\nprint(z)\n", encoding="utf8")
    monkeypatch.chdir(folder)
    with pytest.raises(ValueError, match=r"b.py, line 2: NameError: .*\n    print\(z"):
        import_file(Path(name))


@pytest.mark.parametrize(
    ("message", "spelled"),
    [
        ('pass columns = "text=1".', 'pass --columns "text=1".'),
        ('With misaligned = "skip" or', 'With --misaligned "skip" or'),
        ('pass format = ".tsv", if', 'pass --from ".tsv", if'),
        ('overlapping = "longest", comments = "#"', '--overlapping "longest", --com'),
        ("the columns = 3", "the columns = 3"),
    ],
)
def test_settings_are_spelled_as_options_of_a_command(message, spelled):
    for command in ("convert", "apply", "evaluate", "tune"):
        found = spell_options(message, ["--x", command, "a.jsonl"])
        assert found.startswith(spelled)
    for arguments in (["train", "convert"], ["debug", "data"], []):
        assert spell_options(message, arguments) == message


@pytest.mark.filterwarnings("default:.*a.txt. 1 line that looks like")
def test_what_was_not_read_is_said_before_the_error_that_stops(zoo_cli, tmp_path):
    (tmp_path / "a.txt").write_text("-DOCSTART- -X- O\n\nRome NNP B-X\n")
    code, _, err = zoo_cli("convert", "a.txt", "a.bio")
    assert code == 1
    first, second, _ = err.splitlines()
    assert first.startswith("warning: a.txt: 1 line that looks like a word with its ")
    assert 'pass --from ".conll", or give' in first
    assert second.startswith("error: write_iob: a word must not be ")
