import subprocess
import sys

import pytest
from thinc.compat import has_cupy

from zoo import _cli as cli

from .conftest import PATHS


def test_help_lists_the_commands_without_importing_thinc():
    code = "import sys; from zoo._cli import main; sys.argv = ['zoo', '--help']\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    code += "print(sorted({'thinc', 'torch', 'numpy', 'spacy'} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    for name in ("train", "evaluate", "apply", "info", "list", "demo", "init"):
        assert f" {name} " in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


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
