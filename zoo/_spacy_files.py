"""Read the files of a folder that spaCy saved; nothing in them is run."""

import json
import os
import reprlib
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from srsly import msgpack

from ._garbage import collector_paused
from ._message_limits import check_message

#: Tables by name, each with its values by spaCy's ids of strings.
Tables = dict[str, dict[Any, Any]]


def read_plain(path: Path) -> bytes:
    """Read a file that is a plain one: a pipe would block, and a device has no end.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is something else than a plain file.
    """
    with _opened(path) as file, open(file, "rb", closefd=False) as stream:
        return stream.read()


def check_plain(path: Path) -> None:
    """Check that a file is there and a plain one, as `read_plain` does."""
    with _opened(path):
        pass


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    careful = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.open(path, os.O_RDONLY | careful)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise ValueError(f"{path} must be a plain file, got another kind.")
        yield file
    finally:
        os.close(file)


def read_msgpack(path: Path) -> Any:
    """Read a file of MessagePack.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is damaged.
    """
    return unpack(read_plain(path), str(path))


def unpack(data: bytes, source: str) -> Any:
    """Read MessagePack; ValueError, naming the source, if it is damaged."""
    try:
        with collector_paused():
            check_message(data)
            # As `dict` makes the maps, nothing of NumPy's is made of them.
            return msgpack.unpackb(
                data, raw=False, strict_map_key=False, object_pairs_hook=dict
            )
    except Exception as error:  # msgpack raises errors of many kinds.
        problem = f"{source}: expected MessagePack, got what is none: {error}."
        raise ValueError(problem) from error


def pack(value: Any) -> bytes:
    """Write MessagePack that `unpack` reads."""
    data: bytes = msgpack.packb(value, use_bin_type=True)
    return data


def read_tables(data: bytes, source: str) -> Tables:
    """Read spaCy's ``lookups.bin``; ValueError, naming the source, if it is none."""
    # Without tables, spaCy writes an empty file or an empty map.
    tables = unpack(data, source) if data else {}
    if not isinstance(tables, dict) or not all(
        isinstance(name, str) and isinstance(table, dict)
        for name, table in tables.items()
    ):
        raise wrong(source, "tables by their names", tables)
    return tables


def parse_json(data: bytes, source: str) -> Any:
    """Read JSON; ValueError, naming the source, if it is damaged."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{source}: expected JSON, got: {error}.") from error


def parse_json_lines(data: bytes, source: str) -> list[Any]:
    """Read one JSON value from each line; ValueError as `parse_json` raises it."""
    lines = enumerate(data.decode("utf8", "replace").split("\n"), start=1)
    return [
        parse_json(line.encode(), f"{source}, line {i}") for i, line in lines if line
    ]


def wrong(source: str, expected: str, found: Any) -> ValueError:
    """Make an error that says what was expected of a file, and what it holds."""
    text = reprlib.repr(found)
    text = text if len(text) <= 60 else text[:57] + "..."
    return ValueError(f"{source}: expected {expected}, got {text}.")


def take_file(owner: str, files: Mapping[str, bytes], name: str) -> bytes:
    """Return the content of a file; ValueError if it is not among them."""
    if name not in files:
        raise ValueError(f"{owner}: there is no file {name!r} among its files.")
    return files[name]
