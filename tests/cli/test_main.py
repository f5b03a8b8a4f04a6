import subprocess
import sys

import pytest
from thinc.compat import has_cupy

import zoo
from zoo import _cli as cli

from .conftest import PATHS


def test_help_lists_the_commands_without_importing_thinc():
    code = "import sys; from zoo._cli import main; sys.argv = ['zoo', '--help']\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    heavy = {"thinc", "torch", "numpy", "spacy", "griffe", "rich"}
    code += f"print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "[pretraining]" in done.stdout  # What stands in brackets is no markup.
    for name in ("train", "evaluate", "apply", "info", "list", "demo", "init"):
        assert f" {name} " in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_is_printed(zoo_cli):
    assert zoo_cli("--version") == (0, f"zoo {zoo.__version__}\n", "")


@pytest.mark.parametrize("command", ["train", "pretrain", "config", "init config"])
def test_help_is_shown_as_it_is_written(zoo_cli, command):
    code, out, _ = zoo_cli(*command.split(), "--help")
    assert code == 0
    assert "\x1b" not in out and "│" not in out
    if command == "pretrain":
        assert "by the section [pretraining]." in out


def test_brackets_of_users_are_no_markup(zoo_cli, config):
    name = "[bold]x[bold].cfg"
    config.rename(config.parent / name)
    code, _, err = zoo_cli("train", name, "-o", "out")
    assert code == 1
    assert "error: [bold]x[bold].cfg has 2 errors:\n  corpora.train.path: " in err
    code, _, err = zoo_cli("convert", "[red]a", "b.jsonl", "--misaligned", "[red]foo")
    assert code == 2 and "[red]foo" in err


def test_control_characters_of_files_are_not_sent_to_the_terminal(zoo_cli):
    code, _, err = zoo_cli("info", "a\x1b]0;owned\x07\u202eb")
    assert code == 1
    assert err.startswith(r"error: a\x1b]0;owned\x07\u202eb is not a saved model")


def test_memory_that_is_missing_is_a_message(zoo_cli, monkeypatch):
    def fail(*arguments):
        raise MemoryError("Unable to allocate 3.64 TiB for an array")

    monkeypatch.setattr("zoo._cli.apply.load_model", fail)
    code, _, err = zoo_cli("apply", "a", "b.jsonl", "-o", "c.jsonl")
    assert (code, err.splitlines()[0]) == (
        1,
        "error: not enough memory. Unable to allocate 3.64 TiB for an array",
    )


def test_package_runs_as_a_module():
    command = [sys.executable, "-m", "zoo", "info", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(
        "error: nothing is not a saved model: there is no such"
    )
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(monkeypatch):
    for arguments in (["--debug", "info", "nothing"], ["info", "nothing", "--debug"]):
        monkeypatch.setattr(sys, "argv", ["zoo", *arguments])
        with pytest.raises(FileNotFoundError, match="is not a saved model"):
            cli.main()


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["convert", "a.conllu", "b.jsonl", "--misaligned", "foo"], "--misaligned"),
        (["debug", "data", "a.cfg", "--labels=-1"], "--labels"),
        (["vectors", "coverage", "a.vec", "b.jsonl", "--missing=-1"], "--missing"),
        (["vectors", "similar", "a.vec", "the", "-n", "0"], "--n"),
        (["init", "vectors", "a.vec", "b.vec", "--truncate=-1"], "--truncate"),
        (["suggest", "rows", "a.conllu", "--width=-5"], "--width"),
        (["train", "a.cfg", "-o", "out", "--gpu-id=-2"], "--gpu-id"),
    ],
)
def test_values_of_options_that_cannot_be_are_refused(zoo_cli, arguments, option):
    code, _, err = zoo_cli(*arguments)
    assert code == 2
    assert f"Invalid value for '{option}'" in err


def test_folder_around_a_model_names_the_model(zoo_cli, model):
    code, _, err = zoo_cli("info", model.parent)
    assert code == 1
    assert f"no meta.json in it. Did you mean {model}?" in err


@pytest.mark.skipif(has_cupy, reason="CuPy is installed")
def test_gpu_without_cupy_tells_what_to_install(zoo_cli, config):
    code, _, err = zoo_cli("train", config, "-o", "out", *PATHS, "--gpu-id", 0)
    assert code == 1
    assert "error: A GPU needs CuPy: pip install thinc-zoo[cuda12x]" in err
