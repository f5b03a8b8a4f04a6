import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zoo import _atomic
from zoo._atomic import (
    exchange,
    locate_folder,
    lock,
    replace_file,
    replace_files,
    replace_folder,
    settle_folder,
)


@pytest.fixture
def no_exchange(monkeypatch):
    monkeypatch.setattr(_atomic, "exchange", lambda first, second: False)


@pytest.fixture(params=["one step", "two renames"])
def either_way(request, monkeypatch):
    if request.param == "two renames":
        monkeypatch.setattr(_atomic, "exchange", lambda first, second: False)


def save(folder, content="1"):
    with replace_folder(folder) as new:
        (new / "a").write_text(content)
        (new / "b").write_text(content)
    return folder


def read(folder):
    folder = locate_folder(folder)
    return {(folder / name).read_text() for name in ("a", "b")}


def test_folder_is_replaced_as_a_whole(tmp_path, either_way):
    folder = tmp_path / "deep" / "model"
    save(folder, "1")
    save(folder, "2")
    assert read(folder) == {"2"}
    assert os.listdir(tmp_path / "deep") == ["model"]


def test_link_to_a_folder_stays_one(tmp_path, either_way):
    target = save(tmp_path / "target")
    (tmp_path / "link").symlink_to(target)
    save(tmp_path / "link", "2")
    assert (tmp_path / "link").is_symlink()
    assert read(target) == {"2"}


def test_error_leaves_the_earlier_folder(tmp_path, either_way):
    folder = save(tmp_path / "model")
    with pytest.raises(KeyError), replace_folder(folder) as new:
        (new / "half").write_text("x")
        raise KeyError
    assert read(folder) == {"1"}
    assert os.listdir(tmp_path) == ["model"]


def test_file_is_no_folder_to_replace(tmp_path):
    (tmp_path / "model").write_text("mine")
    with (
        pytest.raises(FileExistsError, match="is a file"),
        replace_folder(tmp_path / "model"),
    ):
        raise AssertionError("the block is not entered")


def test_folder_with_other_files_is_not_replaced(tmp_path):
    folder = save(tmp_path / "model")
    with (
        pytest.raises(FileExistsError, match="is not replaced, as it holds b"),
        replace_files(folder, ["a"]),
    ):
        raise AssertionError("the block is not entered")
    with replace_files(folder, ["a", "b", "c"]) as new:
        (new / "c").touch()
    assert os.listdir(folder) == ["c"]


def test_failing_rename_brings_the_earlier_folder_back(
    tmp_path, monkeypatch, no_exchange
):
    folder, rename = save(tmp_path / "model"), Path.rename

    def fail_once(self, target):
        if ".new-" in self.name:
            raise PermissionError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(PermissionError, match="no"):
        save(folder, "2")
    assert read(folder) == {"1"}
    assert os.listdir(tmp_path) == ["model"]


def test_exchange_of_what_is_not_there_changes_nothing(tmp_path):
    (tmp_path / "a").mkdir()
    assert not exchange(tmp_path / "a", tmp_path / "b")
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems need two renames")
def test_exchange_lets_folders_change_places(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("the file system of the temporary folder cannot exchange")
    assert os.listdir(tmp_path / "a") == ["b"]


#: Replaces a folder and ends at a moment: before the folders change places, or between
#: the two renames.
KILLED = """
import os, sys
from pathlib import Path
from zoo import _atomic
folder, moment, number = sys.argv[1:]
if number:
    os.getpid = lambda: int(number)
rename = Path.rename
def die_at_the_second(self, target):
    if ".new-" in self.name:
        os._exit(9)
    return rename(self, target)
if moment == "late":
    _atomic.exchange = lambda first, second: False
    Path.rename = die_at_the_second
with _atomic.replace_folder(folder) as new:
    (new / "a").write_text("2")
    if moment == "early":
        os._exit(9)
"""


def kill(folder, moment, number=""):
    command = [sys.executable, "-c", KILLED, str(folder), moment, str(number)]
    assert subprocess.run(command, timeout=60).returncode == 9


def test_killed_process_leaves_the_earlier_folder(tmp_path):
    folder = save(tmp_path / "model")
    kill(folder, "early")
    assert read(folder) == {"1"}
    save(folder, "2")
    assert os.listdir(tmp_path) == ["model"]  # What it left is gone.


def test_process_killed_between_two_renames_leaves_the_earlier_folder(tmp_path):
    folder = save(tmp_path / "model")
    kill(folder, "late")
    before = sorted(os.listdir(tmp_path))
    assert "model" not in before
    assert read(folder) == {"1"}
    assert sorted(os.listdir(tmp_path)) == before  # Reading renames nothing.
    kill(folder, "late")
    settle_folder(folder)
    assert read(folder) == {"1"}
    assert os.listdir(tmp_path) == ["model"]


def test_process_with_the_number_of_a_killed_one_loses_nothing(tmp_path, monkeypatch):
    folder = save(tmp_path / "model")
    kill(folder, "late", number=1)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    settle_folder(folder)
    assert read(folder) == {"1"}
    kill(folder, "early", number=1)
    save(folder, "2")
    assert read(folder) == {"2"}
    assert os.listdir(tmp_path) == ["model"]


def test_what_another_thread_or_process_is_writing_is_let_alone(tmp_path):
    folder = save(tmp_path / "model")
    with replace_folder(folder) as first:
        (first / "a").write_text("2")
        (first / "b").write_text("2")
        save(folder, "3")
        settle_folder(folder)
        assert first.is_dir()
    assert read(folder) == {"2"}
    assert os.listdir(tmp_path) == ["model"]


def test_files_of_other_names_are_let_alone(tmp_path):
    left = [".model.new-mine", ".model2.new-1", "model.new-1", ".model.new-1-x"]
    for name in left:
        (tmp_path / name).mkdir()
    save(tmp_path / "model")
    assert sorted(os.listdir(tmp_path)) == sorted([*left, "model"])


def test_links_and_pipes_are_no_leftovers(tmp_path):
    target = save(tmp_path / "target")
    (tmp_path / ".model.old-1").symlink_to(target)
    settle_folder(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    os.mkfifo(tmp_path / ".model.new-2")  # To open one waits for its other end.
    save(tmp_path / "model", "2")
    assert read(target) == {"1"}
    assert read(tmp_path / "model") == {"2"}


def test_name_with_the_signs_of_a_pattern(tmp_path):
    folder = save(tmp_path / "model[1]*")
    kill(folder, "early")
    save(folder, "2")
    assert os.listdir(tmp_path) == ["model[1]*"]


def test_without_locks_only_what_is_old_is_left_over(tmp_path, monkeypatch):
    folder = save(tmp_path / "model")
    kill(folder, "early")
    monkeypatch.setattr(_atomic, "fcntl", None)
    assert lock(0) is None
    save(folder, "2")
    (left,) = (p for p in tmp_path.iterdir() if p != folder)
    os.utime(left, (0, time.time() - 2 * 86_400))
    save(folder, "3")
    assert os.listdir(tmp_path) == ["model"]


def test_without_locks_a_folder_between_two_renames_is_waited_for(
    tmp_path, monkeypatch
):
    folder = save(tmp_path / "model")
    kill(folder, "late")
    monkeypatch.setattr(_atomic, "fcntl", None)
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    settle_folder(folder)
    assert folder.is_dir()
    assert waited == [1.0]


def test_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    with replace_file(path) as new:
        new.write_text("1")
    with pytest.raises(KeyError), replace_file(path) as new:
        new.write_text("2")
        raise KeyError
    assert path.read_text() == "1"
    assert os.listdir(path.parent) == ["a.txt"]
    with pytest.raises(IsADirectoryError, match="is a folder"), replace_file(tmp_path):
        raise AssertionError("the block is not entered")


#: Replaces a folder twice, by either way, and a file; killed at every operation.
EVERY_KILL = """
import sys
from pathlib import Path
from tests.trust.kills import kill_at_every_operation
from zoo import _atomic
folder, file = Path(sys.argv[1]) / "model", Path(sys.argv[1]) / "file"
if sys.argv[2] == "two":
    _atomic.exchange = lambda first, second: False

def write(content):
    with _atomic.replace_folder(folder) as new:
        (new / "a").write_text(content)
        (new / "b").write_text(content)
    with _atomic.replace_file(file) as new:
        new.write_text(content)

def read(path):
    return {(path / name).read_text() for name in "ab"}

def check(number):
    if sys.argv[2] == "one":
        assert folder.exists(), number
    found = read(_atomic.locate_folder(folder))
    assert found in ({"1"}, {"2"}), (number, found)
    assert file.read_text() in ("1", "2"), number
    if number % 2:
        _atomic.settle_folder(folder)
        assert read(folder) == found
    if number % 3 == 0:
        write("1")

write("1")
kills = kill_at_every_operation(lambda: write("2"), check)
assert read(folder) == {"2"}
print(kills, *sorted(p.name for p in folder.parent.iterdir()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a child that it forks")
@pytest.mark.parametrize("steps", ["one", "two"])
def test_kill_at_any_operation_leaves_a_whole_folder_and_file(tmp_path, steps):
    run = subprocess.run(
        [sys.executable, "-c", EVERY_KILL, str(tmp_path), steps],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    kills, *names = run.stdout.split()
    assert int(kills) >= 15
    assert names == ["file", "model"]
