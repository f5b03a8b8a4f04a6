"""Check and lock the output folder of a run, which holds nothing else."""

import json
import os
import re
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from .._atomic import lock, settle_folder
from ..objectives._vector_cache import is_cache
from ..pipeline._model_folder import CONFIG, check_replaceable
from .loggers import BAD_BATCH, LOG, is_log

BEST = "model-best"
LAST = "model-last"
CHECKPOINT = "checkpoint"
CURVES = "curves.svg"
#: The folders that a run saves, and the files that it writes.
FOLDERS = (BEST, LAST, CHECKPOINT)
FILES = (LOG, CONFIG, CURVES, BAD_BATCH)
#: Who is writing the folder. It is there during a run only, unless that was killed.
LOCK = "run.lock"
#: The names of what a save leaves that was killed.
_LEFTOVER = re.compile(
    rf"\.({'|'.join(map(re.escape, (*FOLDERS, *FILES)))}|.+\.jsonl)"
    rf"\.(new|old)-\d+(-[\da-f]+)?"
)
#: How it is opened: links lead anywhere, and pipes wait for their other end.
_CAREFULLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
#: The lock files of this process.
_held: set[Path] = set()
#: Bytes of a lock file that are read: a stranger may have put any file there.
_LOCK_SIZE = 1000


def check_output(
    output: Path, *, overwrite: bool = False, resume: bool = False
) -> None:
    """Refuse to write over anything that no earlier run left.

    Args:
        output: The output folder.
        overwrite: Whether an earlier run may be replaced.
        resume: Whether an earlier run is resumed.

    Raises:
        FileExistsError: The folder holds something that may not be replaced, or a link
            in the place of a file.
        PermissionError: The folder cannot be written.
        ValueError: Both `overwrite` and `resume` are set.
    """
    if overwrite and resume:
        raise ValueError("A run is either resumed or overwritten, got both.")
    if output.exists() and not output.is_dir():
        raise FileExistsError(f"{output} is a file. Pass a folder as --output.")
    _check_writable(output)
    # A run that was killed as it began may have left nothing but a cache.
    found = list_folder(output)
    paths = [path for path in found if not (_is_lock(path) or is_cache(path))]
    if not paths:
        return
    names = [path.name for path in paths]
    foreign = [_describe(path) for path in paths if not _is_of_run(path)]
    is_run = LOG in names and not foreign
    if not ((overwrite or resume) and is_run):
        way = ", or --resume or --overwrite" if is_run else ""
        raise FileExistsError(
            f"{output} is not empty: it holds {', '.join((foreign or names)[:5])}. "
            f"Choose another folder{way}."
        )
    for name in FOLDERS:
        check_replaceable(output / name)


def refuse_if_locked(output: Path) -> None:
    """Refuse a folder into which another run is writing. Nothing is changed.

    Raises:
        RuntimeError: Another run is writing into the folder.
    """
    path = output / LOCK
    with suppress(OSError):
        file = os.open(path, os.O_RDWR | _CAREFULLY)
        try:
            if lock(file) is False:
                raise _in_use(output, os.read(file, _LOCK_SIZE))
        finally:
            os.close(file)


def settle_run(output: Path) -> None:
    """Put back what a killed process was replacing, and check what is there to resume.

    A run that was killed in its first evaluation has models and no checkpoint yet. It
    may begin again, which is printed.

    Raises:
        FileNotFoundError: There is no checkpoint, or no config in a folder with a log.
    """
    for name in FOLDERS:
        settle_folder(output / name)
    models = [name for name in (BEST, LAST) if (output / name).exists()]
    lacking = CHECKPOINT
    if (output / CHECKPOINT).exists():
        lacking = CONFIG
        # A run in Python has neither.
        if (output / CONFIG).exists() or not (output / LOG).exists():
            return
    if not models:
        return
    with suppress(FileNotFoundError):
        n_evaluations = (output / LOG).read_bytes().count(b"\n")
        if n_evaluations <= 1 and lacking == CHECKPOINT:
            print(
                f"{output}: the run was stopped during its first evaluation, before "
                f"there was a checkpoint. It begins again from the start.",
                file=sys.stderr,
            )
            return
    raise FileNotFoundError(
        f"{output} holds {' and '.join(models)}, but no {lacking} to go on from. "
        f"Bring {lacking} back, or train in another folder; --overwrite begins again "
        f"here, and removes the models."
    )


def clear_folder(output: Path) -> None:
    """Remove what an earlier run left. What a link leads to stays, and so do caches."""
    for path in list_folder(output):
        if path.name == LOCK or is_cache(path):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def list_folder(output: Path) -> list[Path]:
    """List what is in the output folder, which need not exist."""
    return sorted(output.iterdir()) if output.is_dir() else []


@contextmanager
def lock_folder(output: Path) -> Iterator[None]:
    """Keep other runs from writing into the output folder inside the block.

    The lock file is locked by the system, which ends that with the process, whatever
    ends it, and tells processes apart in all containers of a machine. Where files
    cannot be locked, the lock file counts as long as the process in it may live.

    Args:
        output: The output folder. It is made, and removed at the end if it is empty.

    Raises:
        RuntimeError: Another run is writing into the folder.
    """
    made = [p for p in (output, *output.parents) if not p.exists()]
    path = output / LOCK
    try:
        file = _take_lock(path, output)
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
            if os.name == "posix":  # Removed while locked, so that it is ours.
                path.unlink(missing_ok=True)
                os.close(file)
            else:  # Only closed files can be removed.
                os.close(file)
                path.unlink(missing_ok=True)
    finally:
        with suppress(OSError):  # They hold something by now.
            for folder in made:
                folder.rmdir()


def _take_lock(path: Path, output: Path) -> int:
    """Open and lock a lock file, and write into it who holds it."""
    while True:
        file, is_new = _open_lock(path)
        is_mine = lock(file)
        content = os.read(file, _LOCK_SIZE)
        if is_mine is None:
            is_mine = is_new or _is_stale(content)
        if is_mine and not _is_removed(file, path):
            break
        os.close(file)
        if not is_mine:
            raise _in_use(output, content)
    if content and not _owner(content):
        os.close(file)
        raise FileExistsError(
            f"{path} exists and is not the lock file of a run. Choose another folder."
        )
    owner = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().isoformat(" ", "seconds"),
    }
    os.truncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, (json.dumps(owner) + "\n").encode())
    return file


def _open_lock(path: Path) -> tuple[int, bool]:
    """Open a lock file, and return whether it is new."""
    while True:
        flags = os.O_RDWR | _CAREFULLY
        # Another run that failed may have removed the folder, which it had made; even
        # after it was found to exist, which `mkdir` reports as an error then.
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            with suppress(FileNotFoundError):
                is_folder = stat.S_ISDIR(path.parent.lstat().st_mode)
                if not (is_folder or path.parent.is_dir()):
                    raise
        with suppress(FileExistsError, FileNotFoundError):
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666), True
        with suppress(FileNotFoundError):
            return os.open(path, flags), False


def _in_use(output: Path, content: bytes) -> RuntimeError:
    return RuntimeError(
        f"{output} is in use by another run: {_owner(content)}. Wait for its end, or "
        f"give another folder as --output. If there is no such process any more, "
        f"remove {output / LOCK}."
    )


def _is_stale(content: bytes) -> bool:
    """Return whether the process that wrote a lock file has surely ended.

    It is asked where files cannot be locked. A process on another machine may live.
    """
    if os.name != "posix" or not _owner(content):
        return False
    owner = json.loads(content)
    if owner["host"] != socket.gethostname():
        return False
    if (number := int(owner["process"])) == os.getpid():
        return not _held  # Else it is of this one, before it was started again.
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _is_removed(file: int, path: Path) -> bool:
    """Return whether the earlier owner of a lock file has just removed it."""
    try:
        return not os.path.samestat(os.fstat(file), os.lstat(path))
    except FileNotFoundError:
        return True


def _owner(content: bytes) -> str:
    """Describe who holds a lock file; "" if its content is that of another file."""
    try:
        owner = json.loads(content)
        host, since = (ascii(owner[name])[1:-1] for name in ("host", "since"))
        return f"process {int(owner['process'])} on {host}, since {since}"
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""


def _is_of_run(path: Path) -> bool:
    """Return whether a run may have written a file or a folder of its output folder."""
    if path.is_symlink():  # It may lead to what is not of this run.
        return False
    if path.name in (*FOLDERS, *FILES) or _LEFTOVER.fullmatch(path.name):
        return True
    return path.suffix == ".jsonl" and is_log(path)


def _is_lock(path: Path) -> bool:
    return path.name == LOCK and path.is_file() and not path.is_symlink()


def _describe(path: Path) -> str:
    return f"{path.name}, which is a link" if path.is_symlink() else path.name


def _check_writable(output: Path) -> None:
    folder = output
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        raise PermissionError(
            f"{output} cannot be written, as {folder} is read-only. Choose another "
            f"folder as --output."
        )
