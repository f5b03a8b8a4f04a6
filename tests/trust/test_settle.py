"""What a killed process left is settled before a run looks at its folder."""

import os
import shutil
import subprocess
import sys

import pytest

from zoo.training.run_training import run_training

from ..tiny import make_tiny_config, save_docs

#: Prints the number of its process, which is 1 in a namespace of its own.
NUMBER = "import os; print(os.getpid())"
#: Replaces a folder by two renames, and ends between them.
KILLED = """
import os, sys
from pathlib import Path
from zoo import _atomic
_atomic.exchange = lambda first, second: False
rename = Path.rename
def die_at_the_second(self, target):
    if ".new-" in self.name:
        os._exit(9)
    return rename(self, target)
Path.rename = die_at_the_second
with _atomic.replace_folder(sys.argv[1]) as new:
    (new / "meta.json").write_text("{}")
"""
#: Settles a folder, and prints what is there.
SETTLED = """
import os, sys
from zoo._atomic import settle_folder
settle_folder(sys.argv[1])
print(os.getpid(), *sorted(os.listdir(os.path.dirname(sys.argv[1]))))
"""


def run_as_first(script, *arguments):
    """Run Python as the first process of a container."""
    command = ["unshare", "--pid", "--fork", sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def container():
    """Run Python as process 1, as in a container."""
    if shutil.which("unshare") is None or run_as_first(NUMBER).stdout != "1\n":
        pytest.skip("the system does not allow namespaces of processes")
    return run_as_first


def test_container_that_is_restarted_finds_its_folder(tmp_path, container):
    folder = tmp_path / "model"
    folder.mkdir()
    assert container(KILLED, str(folder)).returncode == 9
    assert "model" not in os.listdir(tmp_path)
    assert container(SETTLED, str(folder)).stdout == "1 model\n"


@pytest.mark.parametrize("name", ["checkpoint", "model-best", "model-last"])
def test_run_killed_between_two_renames_is_resumed(tmp_path, name):
    path = save_docs(tmp_path / "docs.jsonl")
    paths = {"train": path, "dev": path}
    config = make_tiny_config(paths=paths, max_steps=2, eval_frequency=1)
    output = tmp_path / "out"
    run_training(config, output)
    before = sorted(os.listdir(output))
    (output / name).rename(output / f".{name}.old-1-0123456789ab")
    config["training"]["max_steps"] = 4
    run_training(config, output, resume=True)
    assert sorted(os.listdir(output)) == before
