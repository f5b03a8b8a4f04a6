import subprocess
import sys

import pytest

from zoo import cli


def test_help_lists_the_commands_without_importing_thinc():
    code = "import sys; from zoo.cli import main; sys.argv = ['zoo', '--help']\n"
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
