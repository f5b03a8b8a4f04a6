"""Replace a file or a folder as a whole, so that a failure leaves the earlier one."""

import ctypes
import os
import re
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
try:
    import msvcrt
except ImportError:  # Everywhere else
    msvcrt = None  # type: ignore[assignment]

#: Arguments of Linux's renameat2: paths are relative to the working directory, and
#: the two change places.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
#: The position of the byte of a file that is locked on Windows.
_LOCKED_BYTE = 2**30
#: Seconds that two renames of a living process take at most, and seconds without a
#: change after which a file is left over, both where files cannot be locked.
_RENAMES, _A_DAY = 1.0, 86_400.0


@contextmanager
def replace_file(path: str | Path) -> Iterator[Path]:
    """Yield the path of a new file, which replaces `path` when the block succeeds.

    If the block fails, `path` stays as it was. Missing folders are made.

    Args:
        path: The file to replace, which need not exist. A link stays a link.

    Raises:
        IsADirectoryError: `path` is a folder.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Pass the path of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    with _new_beside(path, is_folder=False) as new:
        yield new
        _flush(new)
        new.replace(path)
        _flush(path.parent)


@contextmanager
def replace_folder(folder: str | Path) -> Iterator[Path]:
    """Yield a new folder to fill, which replaces `folder` when the block succeeds.

    If the block fails, `folder` stays as it was. On Linux the two change places in
    one step, so that `folder` is whole at any moment, whatever ends the process.
    Elsewhere, and on file systems that cannot do that, two renames do it: a process
    that is killed between them leaves the earlier folder beside `folder`.
    `locate_folder` finds it there, and `settle_folder` and the next replacement put it
    back. What else killed processes left is removed.

    Args:
        folder: The folder to replace, which need not exist. A link stays a link.

    Raises:
        FileExistsError: `folder` is a file.
    """
    folder = Path(os.path.realpath(folder))
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file. Pass the path of a folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    settle_folder(folder)
    with _new_beside(folder, is_folder=True) as new:
        yield new
        for path in (*new.rglob("*"), new):
            _flush(path)
        if not (folder.exists() and exchange(new, folder)):
            _rename_both(new, folder)
        _flush(folder.parent)


@contextmanager
def replace_files(folder: str | Path, names: Collection[str]) -> Iterator[Path]:
    """Replace a folder that holds only files of these names, as `replace_folder` does.

    Raises:
        FileExistsError: `folder` holds something else, or is a file.
    """
    folder = Path(os.path.realpath(folder))
    if folder.is_dir() and (foreign := {f.name for f in folder.iterdir()} - {*names}):
        raise FileExistsError(
            f"{folder} is not replaced, as it holds {', '.join(sorted(foreign)[:5])}."
        )
    with replace_folder(folder) as new:
        yield new


def locate_folder(folder: str | Path) -> Path:
    """Return where a folder can be read now. Nothing is changed or renamed.

    That is `folder` itself, or, if a process is replacing it or was killed as it did,
    the earlier folder beside it. If there is neither, it is `folder` too.
    """
    path = Path(os.path.realpath(folder))
    if not path.exists() and (earlier := _leftovers(path, "old")):
        return earlier[-1]
    return Path(folder)


def settle_folder(folder: str | Path) -> None:
    """Put back and remove what killed processes left as they replaced a folder.

    It is for a process that is about to write the folder: reading renames nothing.
    """
    recover_folder(folder)
    _remove_leftovers(Path(os.path.realpath(folder)))


def recover_folder(folder: str | Path) -> None:
    """Put an earlier folder back that a process was replacing as it was killed."""
    folder = Path(os.path.realpath(folder))
    for earlier in reversed(_leftovers(folder, "old")):
        if not folder.exists():
            with _if_left_over(earlier, waiting=_RENAMES) as is_left_over:
                if is_left_over and not folder.exists():
                    earlier.rename(folder)


def exchange(first: Path, second: Path) -> bool:
    """Exchange two files or folders in one step.

    Returns:
        Whether it was done; False, and nothing is changed, if the system cannot do it.
    """
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError):  # A C library that lacks it.
        return False
    paths = os.fsencode(first), os.fsencode(second)
    code = rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE)
    return bool(code == 0)


def lock(file: int, *, wait: bool = False) -> bool | None:
    """Lock an open file or folder until it is closed.

    The system removes the lock when the process ends, whatever ends it. Unlike the
    number of a process, it means the same in all containers of a machine.

    Args:
        file: The file descriptor.
        wait: Whether to wait while another process holds the lock.

    Returns:
        Whether this process holds the lock now, or None where there are no locks.
    """
    if fcntl is None:
        return None if msvcrt is None else _lock_on_windows(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _lock_on_windows(file: int) -> bool:
    """Lock an open file on Windows until it is closed, as `lock` does."""
    api: Any = msvcrt
    before = os.lseek(file, 0, os.SEEK_CUR)
    try:
        # A locked byte cannot be read, and so it is one beyond the end.
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        api.locking(file, api.LK_NBLCK, 1)
    except OSError:
        return False
    finally:
        os.lseek(file, before, os.SEEK_SET)
    return True


def _rename_both(new: Path, folder: Path) -> None:
    """Put one folder in the place of another, if there is one, by two renames."""
    if not folder.exists():
        new.rename(folder)
        return
    old = new.with_name(new.name.replace(".new-", ".old-"))
    with _opened(folder) as file:
        if file is not None:
            lock(file, wait=True)
        folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _new_beside(path: Path, *, is_folder: bool) -> Iterator[Path]:
    """Yield a new file or folder beside a path, locked; remove what is there at last.

    The name holds a number that no other has: that of a process means another process
    in another container, and after a restart of this one.
    """
    while True:
        unique = f"{os.getpid()}-{os.urandom(6).hex()}"
        new = path.with_name(f".{path.name}.new-{unique}")
        if is_folder:
            new.mkdir()
        else:
            new.touch(exist_ok=False)
        with _opened(new) as file:
            if file is not None:
                lock(file, wait=True)
                if not _is_at(file, new):
                    continue  # Another process took it for a leftover.
            try:
                yield new
            finally:
                # After a replacement, a folder here is the earlier one.
                _remove(new)
            return


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """Open a file or a folder to lock it. None where there are no locks."""
    file = None
    if fcntl is not None:
        try:
            # A pipe would wait for its other end; a link may lead anywhere.
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            file = None
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def _is_at(file: int, path: Path) -> bool:
    """Return whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(file), os.lstat(path))
    except FileNotFoundError:
        return False


def _leftovers(path: Path, *kinds: str) -> list[Path]:
    """Find what processes made beside a path to replace it, the oldest first."""
    name = re.compile(rf"\.{re.escape(path.name)}\.({'|'.join(kinds)})-\d+(-[\da-f]+)?")
    if not path.parent.is_dir():
        return []
    found = [p for p in path.parent.iterdir() if name.fullmatch(p.name)]
    return sorted(found, key=lambda p: (_changed_at(p), p.name))


def _remove_leftovers(path: Path) -> None:
    """Remove what processes left that were killed as they replaced something."""
    for left in _leftovers(path, "new", "old"):
        with _if_left_over(left, waiting=0.0) as is_left_over:
            if is_left_over:
                _remove(left)


@contextmanager
def _if_left_over(left: Path, *, waiting: float) -> Iterator[bool]:
    """Find out whether no process holds what it once made; it stays so in the block.

    Args:
        left: What was made.
        waiting: Seconds to wait, where there are no locks, for a process that may be
            between two renames. 0: what did not change for a day is left over.
    """
    with _opened(left) as file:
        is_locked = None if file is None else lock(file)
        if file is not None and is_locked is not None:
            yield is_locked and _is_at(file, left)
        elif left.is_symlink() or not left.exists():
            yield False
        elif waiting:
            time.sleep(waiting)
            yield True
        else:
            yield time.time() - _changed_at(left) > _A_DAY


def _changed_at(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have the system write a file or the entries of a folder to the disk itself.

    What a process has written outlives that process anyway, but not a loss of power.
    """
    if path.is_dir() and os.name != "posix":
        return  # Only POSIX opens folders.
    file = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)
