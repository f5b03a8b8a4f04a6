"""Write tables to safetensors files, and map them from there without reading them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ._index import HashedIndex, hashed_parts
from ._matrix import Matrix
from ._streams import Report, bad_file
from .floret import FloretVectors
from .table import Vectors

Arrays = dict[str, NDArray[Any]]
#: The layout of a file. A reader refuses a number higher than its own.
FORMAT: Final = 1
_DTYPES: Final = {
    "F32": "<f4",
    "F16": "<f2",
    "I8": "i1",
    "U8": "u1",
    "I32": "<i4",
    "I64": "<i8",
    "U64": "<u8",
}
_LONGEST_HEADER: Final = 1 << 20
#: What a table of words must hold beside its rows, with its type.
_INDEX: Final = {
    "text": "u1",
    "bounds": "<i8",
    "rows": "<i4",
    "hashes": "<u8",
    "order": "<i4",
}


def write_table(table: Vectors | FloretVectors, path: Path) -> None:
    """Write a table as a safetensors file, in the type that its rows have."""
    arrays: Arrays = {"data": np.asarray(table.matrix.values)}
    if table.matrix.scales is not None:
        arrays["scales"] = table.matrix.scales
    settings: dict[str, Any] = {"name": table.name, "checksum": table.checksum}
    if isinstance(table, FloretVectors):
        settings |= {"kind": "floret", **table.settings}
    else:
        index, seed = hashed_parts(table.words, table.index.rows())
        arrays |= index
        settings |= {"kind": "table", "seed": seed}
    meta = {"zoo.vectors": json.dumps({"format": FORMAT, **settings})}
    _write(path, arrays, meta)


def map_table(
    path: Path, *, name: str, limit: int, strict: bool, report: Report
) -> Vectors | FloretVectors:
    """Open a safetensors file that `write_table` wrote; its rows stay in the file.

    Processes that open the same file share its memory. The file must not be changed
    while it is open; replacing it by another is safe.
    """
    arrays, meta = _map(path)
    settings = _read_settings(path, meta)
    try:
        matrix = Matrix(arrays["data"], arrays.get("scales"))
        if settings["kind"] == "floret":
            keys = ("minn", "maxn", "hash_count", "hash_seed", "bow", "eow")
            options = {key: settings[key] for key in keys}
            table: Any = FloretVectors(matrix, **options, name=settings["name"])
        else:
            index = _open_index(path, arrays, matrix.shape[0], settings["seed"])
            table = Vectors(index, matrix, name=settings["name"])
    except KeyError as error:
        raise bad_file(path, f"holds no {error}.", joint=" ") from error
    except (ValueError, TypeError) as error:
        if str(error).startswith("read_vectors"):
            raise
        raise bad_file(path, str(error)) from error
    table.stored_checksum = settings["checksum"]
    return _truncate(path, table, limit) if limit else table


def _truncate(path: Path, table: Vectors | FloretVectors, limit: int) -> Vectors:
    if isinstance(table, FloretVectors):
        raise ValueError(
            f"read_vectors: {path} holds hashed vectors, which cannot be truncated."
        )
    rows = zip(table.words, table.index.rows().tolist(), strict=True)
    words = {word: row for word, row in rows if row < limit}
    scales = None if table.matrix.scales is None else table.matrix.scales[:limit]
    matrix = Matrix(table.matrix.values[:limit], scales)
    return Vectors(words, matrix, name=table.name)


def _write(path: Path, arrays: Arrays, meta: Mapping[str, str]) -> None:
    names = {np.dtype(code): name for name, code in _DTYPES.items()}
    # The widest types first, so that all stand at multiples of their size.
    ordered = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    header: dict[str, Any] = {"__metadata__": dict(meta)}
    at = 0
    for name in ordered:
        array = arrays[name]
        header[name] = {
            "dtype": names[array.dtype.newbyteorder("<")],
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in ordered:
            code = _DTYPES[header[name]["dtype"]]
            array = np.ascontiguousarray(arrays[name], code)
            if array.size:
                file.write(array.data.cast("B"))


def _map(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Map the arrays of a safetensors file, and give its meta data."""
    if path.stat().st_size < 8:
        raise bad_file(path, "expected a safetensors file, got less than 8 bytes.")
    data: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="r").view(np.ndarray)
    n_header = int.from_bytes(data[:8].tobytes(), "little")
    if n_header > min(len(data) - 8, _LONGEST_HEADER):
        raise bad_file(
            path,
            f"expected a safetensors file, got {len(data):,} bytes "
            "that do not begin with the size of its header.",
        )
    try:
        header = json.loads(data[8 : 8 + n_header].tobytes())
    except (ValueError, RecursionError) as error:
        raise bad_file(path, f"expected a safetensors header, got: {error}.") from error
    if not isinstance(header, dict):
        raise bad_file(path, "expected a safetensors header, got no object.")
    meta = header.pop("__metadata__", {})
    body = data[8 + n_header :]
    arrays = {name: _map_array(path, name, at, body) for name, at in header.items()}
    return arrays, meta if isinstance(meta, dict) else {}


def _map_array(path: Path, name: str, at: Any, body: NDArray[np.uint8]) -> NDArray[Any]:
    try:
        dtype = np.dtype(_DTYPES[at["dtype"]])
        shape = tuple(at["shape"])
        start, end = at["data_offsets"]
        n_bytes = dtype.itemsize
        for size in shape:
            n_bytes *= size
        fits = all(type(n) is int and n >= 0 for n in (*shape, start, end))
    except (KeyError, TypeError, ValueError) as error:
        raise bad_file(path, f"has no valid place for {name!r}.", joint=" ") from error
    if not fits or end - start != n_bytes or end > len(body) or len(shape) > 2:
        raise bad_file(path, f"has no valid place for {name!r}.", joint=" ")
    array: NDArray[Any] = np.ndarray(shape, dtype, body[start:end])
    return array


def _read_settings(path: Path, meta: dict[str, Any]) -> dict[str, Any]:
    try:
        settings = json.loads(meta["zoo.vectors"])
        version, kind = int(settings["format"]), settings["kind"]
        texts = [settings[key] for key in ("name", "checksum")]
        seed = settings.get("seed", 0)
    except (
        KeyError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise bad_file(
            path, "expected vectors that zoo wrote, got other arrays."
        ) from error
    if version > FORMAT:
        raise bad_file(
            path,
            f"was written by a later version of zoo: its format is {version}, this "
            f"version reads up to {FORMAT}. Upgrade thinc-zoo.",
            joint=" ",
        )
    is_valid = kind in ("table", "floret") and all(type(t) is str for t in texts)
    if not is_valid or type(seed) is not int or not 0 <= seed < 1 << 64:
        raise bad_file(path, "expected vectors that zoo wrote, got invalid settings.")
    return dict(settings)


def _open_index(path: Path, arrays: Arrays, n_rows: int, seed: int) -> HashedIndex:
    parts = {name: arrays[name] for name in _INDEX}
    n_words = len(parts["rows"])
    sizes = {"text": len(parts["text"]), "bounds": n_words + 1}
    for name, code in _INDEX.items():
        shape = (sizes.get(name, n_words),)
        if parts[name].dtype != np.dtype(code) or parts[name].shape != shape:
            raise bad_file(path, f"has no valid {name!r}.", joint=" ")
    _check_range(path, "rows", parts["rows"], n_rows)
    _check_range(path, "order", parts["order"], n_words)
    bounds = parts["bounds"]
    _check_range(path, "bounds", bounds, len(parts["text"]) + 1)
    if (bounds[1:] < bounds[:-1]).any():
        raise bad_file(path, "has no valid 'bounds'.", joint=" ")
    return HashedIndex(**parts, seed=seed)


def _check_range(path: Path, name: str, numbers: NDArray[Any], below: int) -> None:
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < below:
        raise bad_file(path, f"has no valid {name!r}.", joint=" ")
