"""Write and read folders of models: whole or not at all, and never with code."""

import hashlib
import json
import os
import platform
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any, NoReturn, TypeVar

import numpy as np
import safetensors.numpy
import thinc
from safetensors import SafetensorError
from thinc.compat import has_torch, torch_version

from .._atomic import locate_folder, replace_file, replace_folder
from .._kernel_choice import kernels_name
from .._version import __version__
from ..config._validate import fits

#: The layout of a model folder. A reader refuses a number higher than its own.
FORMAT = 1
META = "meta.json"
CONFIG = "config.cfg"
#: The suffix of a file of weights.
WEIGHTS = ".safetensors"
#: The suffixes of other files that a model may have beside its weights.
TEXTS = (".transformer.json", ".tokenizer.json")
#: The table of word vectors, if the folder holds it. No component can have this name.
VECTORS = f"word.vectors{WEIGHTS}"
#: How often a folder is read that another process replaces meanwhile, and the seconds
#: between two times.
ATTEMPTS, PAUSE = 20, 0.05

Read = TypeVar("Read")


@contextmanager
def replace_model(path: str | Path) -> Iterator[Path]:
    """Replace the folder of a saved model, or make one, as `replace_folder` does.

    Args:
        path: The folder.

    Yields:
        An empty folder to write into.

    Raises:
        FileExistsError: `path` is something else than a saved model.
    """
    path = Path(os.path.realpath(path))
    check_replaceable(path)
    with replace_folder(path) as new:
        yield new


def check_replaceable(path: Path) -> None:
    """Check that there is nothing at a path but perhaps a saved model.

    Raises:
        FileExistsError: There is something else.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise FileExistsError(f"{path} is a file. Pass the path of a folder.")
    names = {file.name for file in path.iterdir()}
    known = {META, CONFIG, *_listed(path / META)}
    foreign = [n for n in names - known if not n.endswith((WEIGHTS, *TEXTS))]
    if names and (foreign or META not in names):
        found = ", ".join(sorted(foreign or names)[:5])
        raise FileExistsError(
            f"{path} is not replaced, as it is no saved model: it holds {found}."
        )


def write_json(path: Path, value: object) -> None:
    """Write a JSON file, whole or not at all; numbers of numpy are numbers."""
    with replace_file(path) as file:
        text = json.dumps(value, indent=2, ensure_ascii=False, default=float)
        file.write_text(text + "\n", encoding="utf8")


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write named numpy arrays as a safetensors file."""
    path.write_bytes(pack_arrays(arrays))


def read_arrays(path: Path) -> dict[str, Any]:
    """Read a safetensors file.

    Raises:
        ValueError: It is none, or holds a type that numpy lacks.
    """
    return unpack_arrays(path.read_bytes(), str(path))


def pack_arrays(arrays: Mapping[str, Any]) -> bytes:
    """Return the content of a safetensors file that holds named numpy arrays."""
    # (`ascontiguousarray` would give a number without dimensions one.)
    contiguous = {n: np.asarray(array, order="C") for n, array in arrays.items()}
    return safetensors.numpy.save(contiguous)


def unpack_arrays(data: bytes, source: str) -> dict[str, Any]:
    """Read the arrays in the content of a safetensors file.

    Args:
        data: The content.
        source: Where it comes from, for messages.

    Returns:
        The arrays by name. They are read-only.

    Raises:
        ValueError: It is no such content, or holds a type that numpy lacks.
    """
    try:
        return safetensors.numpy.load(data)
    except SafetensorError as error:
        raise ValueError(
            f"{source} is not a whole safetensors file: {error}."
        ) from error
    except KeyError as error:  # The name of a type.
        raise ValueError(
            f"{source}: numpy has no numbers of the type {error}. Save the weights as "
            f"float32."
        ) from error


def write_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    """Write what is known about a model, with a checksum of each file and of itself.

    The versions of Python and of the packages that compute are written too.

    Args:
        folder: The folder, with all other files of the model.
        meta: What is known.
    """
    files = {file.name: checksum(file) for file in sorted(folder.iterdir())}
    whole = {"format": FORMAT, "versions": find_versions(), **meta, "files": files}
    write_json(folder / META, sealed(whole))


def find_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute, by name.

    "kernels" names what computes predictions, which also run in training: for an
    evaluation, and in frozen layers.
    """
    versions = {
        "zoo": __version__,
        "thinc": thinc.about.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "kernels": kernels_name(),
    }
    return versions | ({"torch": str(torch_version)} if has_torch else {})


def sealed(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return meta data with a checksum of all the rest, as "checksum"."""
    # As it comes back from the file: a tuple is a list there, and a key a string. What
    # is no finite number, for which JSON has no form, is null.
    text = json.dumps(meta, default=float)
    content = json.loads(text, parse_constant=lambda name: None)
    content.pop("checksum", None)
    canonical = json.dumps(content, sort_keys=True).encode()
    return {**content, "checksum": hashlib.sha256(canonical).hexdigest()}


def read_meta(folder: str | Path) -> dict[str, Any]:
    """Read what is known about a model, and check that its files are as written.

    Args:
        folder: Of the model. Another process may replace it meanwhile.

    Returns:
        The meta data.

    Raises:
        FileNotFoundError: The folder holds no model.
        ValueError: A file is missing, altered, or of a later version.
    """
    return read_model(folder, lambda name, file: checksum(file))[0]


def read_model(
    folder: str | Path, read: Callable[[str, Path], Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read all files of a model, also while another process replaces the folder.

    Nothing is written, moved or removed.

    Args:
        folder: Of the model.
        read: Called with the name and the path of each file. Returns its checksum, or
            a pair of the checksum and anything to keep.

    Returns:
        The meta data, and what `read` returned to keep, by the name of the file.

    Raises:
        FileNotFoundError: The folder holds no model.
        ValueError: A file is missing, altered, or of a later version.
    """
    folder = Path(folder)
    for _ in range(ATTEMPTS - 1):
        place = locate_folder(folder)
        before = _fingerprint(place)
        try:
            return _read_once(folder, place, read)
        except (OSError, ValueError):
            # The folder that was read may have been replaced, and so be gone.
            if _fingerprint(locate_folder(folder)) == before:
                raise
        sleep(PAUSE)
    return _read_once(folder, locate_folder(folder), read)


def find_meta(folder: Path) -> Path:
    """Find the file of what is known about a model.

    Raises:
        FileNotFoundError: The folder holds no model; the message names one below it.
    """
    place = locate_folder(folder)
    if (place / META).is_file():
        return place / META
    what = "no such folder" if not folder.exists() else f"no {META} in it"
    # A folder without a config is a checkpoint of a run.
    models = sorted(file.parent for file in folder.glob(f"*/{META}"))
    models = [model for model in models if (model / CONFIG).is_file()]
    hint = f" Did you mean {models[0]}?" if models else ""
    raise FileNotFoundError(f"{folder} is not a saved model: there is {what}.{hint}")


def checksum(file: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def checksum_of(data: bytes) -> str:
    """Compute the SHA-256 of the content of a file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _listed(file: Path) -> Collection[str]:
    """Return the names of the files that meta data list, as far as they can be read."""
    try:
        files = json.loads(file.read_bytes())["files"] if file.is_file() else ()
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return ()
    return files if isinstance(files, dict) else ()


def _fingerprint(folder: Path) -> tuple[int, bytes] | None:
    """Return what differs between two saves of a folder; None if it is not there."""
    file = folder / META
    try:  # (To read a named pipe would wait for ever.)
        content = file.read_bytes() if file.is_file() else b""
        return folder.stat().st_ino, content
    except OSError:
        return None


def _read_once(
    folder: Path, place: Path, read: Callable[[str, Path], Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    file = place / META
    meta = _parse_meta(file if file.is_file() else find_meta(folder), folder)
    if meta["format"] > FORMAT:
        raise ValueError(
            f"{folder} was written by a later version of zoo: its format is "
            f"{meta['format']}, this version reads up to {FORMAT}. Upgrade thinc-zoo."
        )
    if sealed(meta)["checksum"] != meta.get("checksum"):
        raise ValueError(
            f"{folder / META} is not as it was written: it does not fit the checksum "
            f"in it. It was altered."
        )
    # A name is looked for in the folder, so that it cannot lead to anywhere else.
    present = {file.name for file in place.iterdir() if file.is_file()}
    kept = {}
    for name, expected in meta["files"].items():
        if name not in present:
            raise ValueError(
                f"{folder} is not whole: the file {name[:100]!r} is missing."
            )
        found = read(name, place / name)
        found, kept[name] = found if isinstance(found, tuple) else (found, None)
        if found != expected:
            raise ValueError(
                f"{folder / name} is not as it was written: its checksum differs from "
                f"the one in {META}. It was cut short or altered."
            )
    return meta, kept


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"numbers must be finite, got {name}")


def _parse_meta(file: Path, folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads(file.read_text(encoding="utf8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{folder / META} is not a model's meta data: {error}."
        ) from error
    shape = {"format": int, "files": dict[str, str]}
    for name, kind in shape.items():
        if not isinstance(meta, dict) or not fits(meta.get(name), kind):
            raise ValueError(
                f"{folder / META} is not a model's meta data: it lacks a valid "
                f"{name!r}."
            )
    return dict(meta)
