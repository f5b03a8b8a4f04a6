"""Read and write the folder in which spaCy keeps vectors, without spaCy."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from srsly import msgpack

from .._lexical.attributes import string_ids
from .._lexical.strings_by_id import find_strings
from .._lexical.symbols import SYMBOLS
from .._spacy_files import read_plain
from ._matrix import fix
from ._streams import Problems, Report, bad_file
from .floret import FloretVectors
from .table import Vectors

#: What spaCy's folder of vectors holds, and a pipeline's folder `vocab`, too.
FILES = ("vectors", "key2row", "strings.json", "vectors.cfg")
_ORTH = 65
_FLORET = ("minn", "maxn", "hash_count", "hash_seed", "bow", "eow")


def find_folder(path: Path) -> Path | None:
    """Find the folder of vectors in a folder of spaCy's; None if it holds none."""
    for folder in (path, path / "vocab"):
        if (folder / "vectors").is_file():
            return folder
    return None


def read_folder(
    path: Path, *, name: str, limit: int, strict: bool, report: Report
) -> Vectors | FloretVectors:
    """Read a folder that spaCy's Vectors, its Vocab or a pipeline wrote."""
    folder = find_folder(path)
    if folder is None:
        raise bad_file(path, "holds no file 'vectors'.", joint=" ")
    config = _read_json(folder / "vectors.cfg", {})
    if not isinstance(config, dict):
        raise bad_file(folder / "vectors.cfg", "expected an object of settings.")
    data = _read_rows(folder / "vectors")
    if config.get("mode") == "floret":
        return _make_floret(folder, data, config, name, limit)
    rows = _read_keys(folder, len(data))
    strings = _read_json(folder / "strings.json", None)
    if not isinstance(strings, list) or not {*map(type, strings)} <= {str}:
        raise bad_file(folder / "strings.json", "expected a list of strings.")
    names = find_strings(rows, strings)
    pairs = zip(names, rows.values(), strict=True)
    words = {word: row for word, row in pairs if word is not None}
    problems = Problems(folder, strict)
    for key, word in zip(rows, names, strict=True):
        if word is None and key:
            problems.add("key2row", f"the key {key} has no string in strings.json.")
    problems.close(len(words))
    return _make_table(folder, words, data, name, limit)


def write_folder(table: Vectors | FloretVectors, folder: Path) -> None:
    """Write the files of spaCy's Vectors into a folder.

    Words with lone surrogates, and the empty one, which spaCy does not know, are
    refused.
    """
    with (folder / "vectors").open("wb") as file:
        data = table.matrix.block(0, table.shape[0])
        np.save(file, data.astype("<f4", copy=False), allow_pickle=False)
    rows: dict[int, int] = {}
    config: dict[str, Any] = {"mode": "default"}
    words: list[str] = []
    if isinstance(table, FloretVectors):
        config = {"mode": "floret", **table.settings, "attr": _ORTH}
    else:
        words = table.words
        if "" in words:
            raise ValueError("write_vectors: spaCy has no empty word; leave it out.")
        pairs = zip(
            string_ids(words).tolist(), table.index.rows().tolist(), strict=True
        )
        rows = dict(pairs)
    (folder / "key2row").write_bytes(msgpack.packb(rows))
    _write_json(folder / "strings.json", sorted({*words} - SYMBOLS.keys()))
    _write_json(folder / "vectors.cfg", config)


def _read_rows(path: Path) -> NDArray[Any]:
    """Map an array as numpy saves it; its size is checked against the file's."""
    try:
        data = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # numpy's reader of headers raises errors of many kinds.
        raise bad_file(path, f"expected an array of numpy, got: {error}.") from error
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.dtype.kind != "f":
        raise bad_file(path, "expected a matrix of floats.")
    return data


def _read_keys(folder: Path, n_rows: int) -> dict[int, int]:
    path = folder / "key2row"
    try:
        rows = msgpack.unpackb(read_plain(path), raw=False, strict_map_key=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # msgpack raises errors of many kinds.
        raise bad_file(path, f"expected keys and rows, got: {error}.") from error
    # There are hundreds of thousands, so that they are looked at all at once.
    are_numbers = isinstance(rows, dict) and (
        {*map(type, rows), *map(type, rows.values())} <= {int}
    )
    if not are_numbers or (
        rows
        and not (
            -1 <= min(rows.values()) <= max(rows.values()) < n_rows
            and 0 <= min(rows) <= max(rows) < 2**64
        )
    ):
        raise bad_file(path, f"expected keys, each with a row below {n_rows}.")
    return {key: row for key, row in rows.items() if row >= 0}


def _make_table(
    folder: Path, words: dict[str, int], data: Any, name: str, limit: int
) -> Vectors:
    if limit and limit < len(data):
        words = {word: row for word, row in words.items() if row < limit}
        data = data[:limit]
    try:
        return Vectors(words, fix(np.array(data, _native(data))), name=name)
    except ValueError as error:
        raise bad_file(folder, str(error)) from error


def _make_floret(
    folder: Path, data: Any, config: dict[str, Any], name: str, limit: int
) -> FloretVectors:
    if limit:
        raise ValueError(
            f"read_vectors: {folder} holds hashed vectors, which cannot be truncated."
        )
    settings = {key: config[key] for key in _FLORET if key in config}
    kinds = (int, int, int, int, str, str)
    for key, kind in zip(_FLORET, kinds, strict=True):
        if type(settings.get(key)) is not kind:
            raise bad_file(folder / "vectors.cfg", f"expected a valid {key!r}.")
    if config.get("attr", _ORTH) not in (_ORTH, "ORTH", "TEXT"):
        warnings.warn(
            f"read_vectors: {folder}: these are vectors of the attribute "
            f"{config['attr']}, not of the words. Look up its values.",
            UserWarning,
            stacklevel=2,
        )
    try:
        return FloretVectors(fix(np.array(data, _native(data))), **settings, name=name)
    except ValueError as error:
        raise bad_file(folder, str(error)) from error


def _native(data: Any) -> str:
    return "f2" if data.dtype.itemsize == 2 else "f4"


def _read_json(path: Path, default: Any) -> Any:
    if not path.is_file() and default is not None:
        return default
    try:
        return json.loads(path.read_text(encoding="utf8"))
    except (ValueError, RecursionError) as error:
        raise bad_file(path, f"expected JSON, got: {error}.") from error


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf8")
