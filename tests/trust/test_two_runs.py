import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zoo import _atomic
from zoo.training import run_training, train
from zoo.training._run_folder import LOCK, lock_folder

from ..tiny import (
    make_docs,
    make_settings,
    make_tiny_config,
    make_tiny_pipeline,
    save_docs,
)

fcntl = pytest.importorskip("fcntl", reason="needs locks of POSIX")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs locks of POSIX")
#: Locks a folder, tells so, and waits.
HOLD = """
import sys, time
from pathlib import Path
from zoo.training._run_folder import lock_folder
with lock_folder(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def config(tmp_path):
    path = save_docs(tmp_path / "docs.jsonl")
    paths = {"train": path, "dev": path}
    return make_tiny_config(paths=paths, max_steps=2, eval_frequency=1)


@pytest.fixture
def other(tmp_path):
    """Another process that has locked the output folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"locked\n"
        yield process
        process.kill()


@pytest.mark.parametrize("options", [{}, {"resume": True}, {"overwrite": True}])
def test_second_run_in_a_folder_is_refused(config, tmp_path, other, options):
    output = tmp_path / "out"
    message = rf"out is in use by another run: process {other.pid} on .*, since .*"
    with pytest.raises(RuntimeError, match=message):
        run_training(config, output, **options)
    assert os.listdir(output) == [LOCK]
    pipeline, settings = make_tiny_pipeline(), make_settings(max_steps=1)
    with pytest.raises(RuntimeError, match="is in use by another run"):
        train(pipeline, make_docs, make_docs, settings, output=output)


def test_second_run_in_a_folder_with_files_is_told_of_the_first(
    config, tmp_path, other
):
    """And is not advised to resume or overwrite what the first is writing."""
    (tmp_path / "out" / "log.jsonl").touch()
    with pytest.raises(
        RuntimeError, match=f"in use by another run: process {other.pid}"
    ):
        run_training(config, tmp_path / "out")


def test_lock_of_a_killed_run_is_taken_over(config, tmp_path, other):
    other.kill()
    other.wait()
    assert os.listdir(tmp_path / "out") == [LOCK]
    run_training(config, tmp_path / "out")
    assert LOCK not in os.listdir(tmp_path / "out")


def test_lock_says_who_holds_it(tmp_path):
    with lock_folder(tmp_path / "out"):
        owner = json.loads((tmp_path / "out" / LOCK).read_text())
        assert owner["process"] == os.getpid()
        assert set(owner) == {"process", "host", "since"}
        with (
            pytest.raises(RuntimeError, match=f"process {os.getpid()} on"),
            lock_folder(tmp_path / "out"),
        ):
            raise AssertionError("the block is not entered")


def test_folder_that_a_run_made_and_left_empty_is_removed(tmp_path):
    with lock_folder(tmp_path / "deep" / "out"):
        pass
    assert os.listdir(tmp_path) == []
    (tmp_path / "mine").mkdir()
    with lock_folder(tmp_path / "mine"):
        pass
    assert os.listdir(tmp_path) == ["mine"]


@pytest.mark.parametrize("content", ["mine", "{}", "3", '{"process": 1}', "[" * 9999])
def test_file_that_is_no_lock_is_not_replaced(tmp_path, content):
    (tmp_path / LOCK).write_text(content)
    with (
        pytest.raises(FileExistsError, match="is not the lock file of a run"),
        lock_folder(tmp_path),
    ):
        raise AssertionError("the block is not entered")
    assert (tmp_path / LOCK).read_text() == content


def test_terminal_control_characters_of_an_owner_are_not_printed(tmp_path, other):
    owner = {"process": 1, "host": "\x1b[31mred", "since": "\n"}
    (tmp_path / "out" / LOCK).write_text(json.dumps(owner))
    with pytest.raises(RuntimeError) as error, lock_folder(tmp_path / "out"):
        raise AssertionError("the block is not entered")
    assert str(error.value).isprintable()


def test_without_locks_the_file_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(_atomic, "fcntl", None)
    with lock_folder(tmp_path):
        with (
            pytest.raises(RuntimeError, match=r"no such process any more, remove"),
            lock_folder(tmp_path),
        ):
            raise AssertionError("the block is not entered")
        assert os.listdir(tmp_path) == [LOCK]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("is_started_again", [True, False])
def test_without_locks_a_killed_run_does_not_block_for_ever(
    tmp_path, monkeypatch, is_started_again
):
    monkeypatch.setattr(_atomic, "fcntl", None)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    number = os.getpid() if is_started_again else ended.pid
    owner = {"process": number, "host": socket.gethostname(), "since": "2026"}
    (tmp_path / LOCK).write_text(json.dumps(owner))
    with lock_folder(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()


@pytest.mark.parametrize(
    "changes", [{"host": "another"}, {"process": os.getppid()}, {"process": 10**30}]
)
def test_without_locks_a_run_that_may_live_is_respected(tmp_path, monkeypatch, changes):
    monkeypatch.setattr(_atomic, "fcntl", None)
    owner = {"process": 1, "host": socket.gethostname(), "since": "2026", **changes}
    (tmp_path / LOCK).write_text(json.dumps(owner))
    with (
        pytest.raises(RuntimeError, match=r"is in use by another run"),
        lock_folder(tmp_path),
    ):
        raise AssertionError("the block is not entered")


class FakeWindows:
    """The locks of Windows, by the locks of POSIX."""

    LK_NBLCK = 2

    def __init__(self):
        self.places = []

    def locking(self, file, mode, n_bytes):
        self.places.append(os.lseek(file, 0, os.SEEK_CUR))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_on_windows_the_system_locks_too(tmp_path, monkeypatch, other):
    windows = FakeWindows()
    monkeypatch.setattr(_atomic, "fcntl", None)
    monkeypatch.setattr(_atomic, "msvcrt", windows)
    message = f"in use by another run: process {other.pid}"
    with pytest.raises(RuntimeError, match=message), lock_folder(tmp_path / "out"):
        raise AssertionError("the block is not entered")
    other.kill()
    other.wait()
    with lock_folder(tmp_path / "out"):
        assert {*windows.places} == {2**30}


#: Two runs that begin at the same moment, as often as is asked for.
RACE = """
import sys, time
from pathlib import Path
from zoo.training._run_folder import lock_folder
folder, times, start = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
time.sleep(max(0, start - time.time()))
n = 0
while n < times:
    try:
        with lock_folder(folder):
            mark = folder / "mark"
            mark.touch(exist_ok=False)
            time.sleep(0.001)
            mark.unlink()
            n += 1
    except RuntimeError as error:
        assert "in use" in str(error)
"""


def test_lock_is_held_by_one_at_a_time(tmp_path):
    start = str(time.time() + 3)
    command = [sys.executable, "-c", RACE, str(tmp_path / "out"), "50", start]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate(timeout=120)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert LOCK not in os.listdir(tmp_path)


def test_folder_that_another_run_removes_at_the_wrong_moment_is_made_again(
    tmp_path, monkeypatch
):
    make, calls = Path.mkdir, []

    def mkdir(path, *args, **kwargs):
        calls.append(path)
        if len(calls) == 1:  # It was there, and then it was not.
            raise FileExistsError(path)
        make(path, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with lock_folder(tmp_path / "out"):
        assert len(calls) > 1


def test_link_that_leads_nowhere_is_no_folder_for_a_run(tmp_path):
    (tmp_path / "out").symlink_to(tmp_path / "missing")
    with pytest.raises(FileExistsError), lock_folder(tmp_path / "out"):
        pass
