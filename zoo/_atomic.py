"""Replace a file or a folder as a whole, so that a failure leaves the earlier one."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_file(path: str | Path) -> Iterator[Path]:
    """Give a new file to write, and put it at `path` when the block ends well.

    If it fails, `path` stays as it was, and nothing is left but the folders that it
    needs, which are made.

    Raises IsADirectoryError if `path` is a folder.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Give the path of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    new = _beside(path, "new")
    try:
        yield new
        _flush(new)
        new.replace(path)
        _flush(path.parent)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def replace_folder(folder: str | Path) -> Iterator[Path]:
    """Give a new folder to write into, and put it at `folder` when the block ends well.

    If the block fails, `folder` stays as it was. If the process is killed while the
    folders change places, the earlier one is left beside it: `recover_folder` puts it
    back, and so does the next that replaces it, which removes what else was left.

    Raises FileExistsError if `folder` is a file.
    """
    folder = Path(os.path.realpath(folder))
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file. Give the path of a folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    settle_folder(folder)
    new, old = _beside(folder, "new"), _beside(folder, "old")
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    new.mkdir()
    try:
        yield new
        for path in (*new.rglob("*"), new):
            _flush(path)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
        _flush(folder.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def replace_files(folder: str | Path, names: Collection[str]) -> Iterator[Path]:
    """Replace a folder, as `replace_folder` does, that holds nothing but `names`.

    Raises FileExistsError if it holds something else.
    """
    folder = Path(os.path.realpath(folder))
    if folder.is_dir() and (foreign := {f.name for f in folder.iterdir()} - {*names}):
        raise FileExistsError(
            f"{folder} is not replaced, as it holds {', '.join(sorted(foreign)[:5])}."
        )
    with replace_folder(folder) as new:
        yield new


def recover_folder(folder: str | Path) -> None:
    """Put an earlier folder back that a process was replacing as it was killed."""
    folder = Path(os.path.realpath(folder))
    if folder.exists():
        return
    for old in sorted(folder.parent.glob(f".{folder.name}.old-*")):
        if not _is_in_use(old):
            old.rename(folder)
            return


def settle_folder(folder: str | Path) -> None:
    """Put back or remove what processes left that were killed as they replaced it."""
    recover_folder(folder)
    _remove_leftovers(Path(os.path.realpath(folder)))


def _beside(path: Path, kind: str) -> Path:
    """Name what stands beside a file or a folder while this process replaces it."""
    return path.with_name(f".{path.name}.{kind}-{os.getpid()}")


def _remove_leftovers(path: Path) -> None:
    """Remove what processes left that were killed as they replaced something."""
    for kind in ("new", "old"):
        for left in path.parent.glob(f".{path.name}.{kind}-*"):
            if _is_in_use(left):
                continue
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _is_in_use(left: Path) -> bool:
    """Tell whether the process may still run that named something by its number."""
    number = left.name.rpartition("-")[2]
    if not number.isdecimal() or os.name != "posix" or int(number) == os.getpid():
        return True  # Elsewhere there is no way to ask that does no harm.
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _flush(path: Path) -> None:
    """Have the system put a file or the entries of a folder on the disk itself.

    What a process has written outlives that process anyway, but not a loss of power.
    """
    if path.is_dir() and os.name != "posix":
        return  # Only POSIX opens folders.
    file = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)
