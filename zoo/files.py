"""Replace a file or a folder as a whole, so that a failure leaves the earlier one."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_file(path: str | Path) -> Iterator[Path]:
    """Give a new file to write, and put it at `path` when the block ends well."""
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Give the path of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def replace_folder(folder: str | Path) -> Iterator[Path]:
    """Give a new folder to write into, and put it at `folder` when the block ends well.

    If the block fails, `folder` stays as it was. If the process is killed while the
    folders change places, the earlier one is left beside it.

    Raises FileExistsError if `folder` is a file.
    """
    folder = Path(os.path.realpath(folder))
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file. Give the path of a folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    new.mkdir()
    try:
        yield new
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
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
