"""Write and read model folders: whole or not at all, and never with code in them."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

#: The layout of a model folder. A reader refuses a number higher than its own.
FORMAT = 1
META = "meta.json"


@contextmanager
def replace_folder(path: str | Path) -> Iterator[Path]:
    """Give a new folder to write into, and put it at `path` when the block ends.

    If the block fails, `path` stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    old = path.with_name(f".{path.name}.old-{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        yield new
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def replace_file(path: str | Path) -> Iterator[Path]:
    """Give a new file to write, and put it at `path` when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write named numpy arrays as a safetensors file."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    path.write_bytes(safetensors.numpy.save(contiguous))


def read_arrays(path: Path) -> dict[str, Any]:
    """Read a safetensors file; ValueError if it is none."""
    try:
        return safetensors.numpy.load(path.read_bytes())
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}.") from error


def write_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    """Write what is known about a model, with a checksum of each file in the folder."""
    files = {file.name: checksum(file) for file in sorted(folder.iterdir())}
    text = json.dumps({"format": FORMAT, **meta, "files": files}, indent=2)
    (folder / META).write_text(text + "\n", encoding="utf8")


def read_meta(folder: str | Path) -> dict[str, Any]:
    """Read what is known about a model, and check that its files are as written.

    Raises FileNotFoundError if the folder holds no model, and ValueError if a file is
    missing, altered, or of a later version.
    """
    folder = Path(folder)
    if not (folder / META).is_file():
        what = "no such folder" if not folder.exists() else f"no {META} in it"
        raise FileNotFoundError(f"{folder} is not a saved model: there is {what}.")
    try:
        meta = json.loads((folder / META).read_text(encoding="utf8"))
        layout, files = int(meta["format"]), dict(meta["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{folder / META} is not a model's meta data: {error}."
        ) from error
    if layout > FORMAT:
        raise ValueError(
            f"{folder} was written by a later version of zoo: its format is {layout}, "
            f"this version reads up to {FORMAT}. Upgrade thinc-zoo."
        )
    for name, expected in files.items():
        file = folder / name
        if file.parent != folder or not file.is_file():
            raise ValueError(f"{folder} is not whole: the file {name} is missing.")
        if checksum(file) != expected:
            raise ValueError(
                f"{file} is not as it was written: its checksum differs from the one "
                f"in {META}. It was cut short or altered."
            )
    return dict(meta)


def checksum(file: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
