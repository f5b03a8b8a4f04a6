"""Read and replace plain and gzipped files, and read MessagePack."""

import gzip
import io
import os
import reprlib
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn, TextIO, cast

from srsly import msgpack

from .._atomic import replace_file
from .._message_limits import check_message

#: How much of a file is read at a time, in bytes.
BLOCK = 1 << 20
#: Bytes of the longest line. What has none that end is no text, or a packed trap.
LONGEST_LINE = 1 << 26
#: Blocks of a packed file that are held to be read twice.
N_HELD = 32

#: Opens a file, or what was unpacked of it, from its start.
Opener = Callable[[], IO[bytes]]


def bad_line(path: str | Path, number: int, problem: str) -> ValueError:
    """Return the error for a line, counted from 1, that breaks its file's format."""
    return ValueError(f"{path}, line {number}: {problem}")


def wrong(expected: str, found: Any) -> str:
    """Describe what was expected, and what was found instead."""
    text = reprlib.repr(found)  # Of lists in lists, the outer ones alone.
    return f"expected {expected}, got {text if len(text) <= 60 else text[:57] + '...'}."


def unpack_message(data: bytes) -> Any:
    """Read one MessagePack object: nothing in it is run, no length is trusted.

    Args:
        data: The bytes of null, a boolean, a number, a string, bytes, a list or a map.

    Returns:
        The object. Keys of maps are strings or bytes.

    Raises:
        ValueError: The bytes are not one whole object, are nested too deeply, hold too
            many lists and maps, a key of another type, or a type of an extension.
    """
    check_message(data)
    # With a hook of its own, srsly does not look for arrays of numpy in maps.
    return msgpack.unpackb(
        data,
        raw=False,
        strict_map_key=True,
        ext_hook=_refuse_extension,
        object_pairs_hook=dict,
    )


def pack_message(value: Any) -> bytes:
    """Write null, booleans, numbers, strings, bytes, lists and maps as MessagePack."""
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


def find_file(path: str | Path) -> Path:
    """Return the path of a file that exists.

    Raises:
        FileNotFoundError: There is no such file; the message names the most similar.
        IsADirectoryError: It is a folder.
        ValueError: It is a named pipe.
    """
    path = Path(path)
    if os.path.isdir(path):  # Path.is_dir raises an error for a name too long.
        raise IsADirectoryError(f"{path} is a folder. Pass the path of a file in it.")
    if os.path.exists(path):
        # One such as /dev/stdin has a name too, but no file at its end.
        is_pipe = stat.S_ISFIFO(os.stat(path).st_mode)
        if is_pipe and os.path.exists(os.path.realpath(path)):
            raise ValueError(f"{path} is a named pipe, which may wait for ever.")
        return path
    folder = next(parent for parent in path.absolute().parents if os.path.isdir(parent))
    if folder != path.absolute().parent:
        hint = f"Of its folders, the last that exists is {folder}."
    elif near := get_close_matches(path.name, os.listdir(folder), n=1):
        hint = f"Did you mean {near[0]!r} in {folder}?"
    else:
        hint = f"No file in {folder} has a name like it."
    raise FileNotFoundError(f"{path} does not exist. {hint}")


def unpack_once(path: str | Path) -> Opener:
    """Return what opens a file again and again, and unpacks it only once.

    A file that is not packed, or large, is opened and unpacked each time.

    Raises:
        ValueError: The file is not whole gzip.
    """
    path = find_file(path)
    is_plain = stat.S_ISREG(os.stat(path).st_mode)
    if is_gzip(path) or not is_plain:  # A pipe can be read only once.
        with _open_to_read(path) as file:
            blocks = iter(lambda: _read_block(file, path), b"")
            held = list(islice(blocks, N_HELD) if is_plain else blocks)
        if len(held) < N_HELD or not is_plain:
            data = b"".join(held)
            return lambda: io.BytesIO(data)
    return lambda: _open_to_read(path)


def read_lines(path: str | Path, opener: Opener | None = None) -> Iterator[str]:
    """Read the lines of a UTF-8 file, gzipped if its name ends in ``.gz``.

    Only a line feed ends a line, and is taken off; a carriage return stays. A byte
    order mark is dropped.

    Args:
        path: The file.
        opener: Opens it, if it is unpacked already.

    Raises:
        ValueError: The file is not UTF-8 or has a line of more than 64 MiB (the
            message names the line), or is not whole gzip.
    """
    for lines in read_line_lists(path, opener):
        yield from lines


def read_line_lists(
    path: str | Path, opener: Opener | None = None
) -> Iterator[list[str]]:
    """Read the lines of a file, as `read_lines` does, in lists of many."""
    path = find_file(path)
    number, size = 0, 0
    parts: list[bytes] = []  # Of the line that has no end yet.
    with opener() if opener else _open_to_read(path) as file:
        while block := _read_block(file, path):
            if not number and not parts:
                block = block.removeprefix(b"\xef\xbb\xbf")
            whole, feed, tail = block.rpartition(b"\n")
            if feed:
                lines = _decode(b"".join([*parts, whole]), path, number).split("\n")
                yield lines
                number, size, parts = number + len(lines), 0, []
            parts.append(tail)
            size += len(tail)
            if size > LONGEST_LINE:
                raise bad_line(path, number + 1, "expected at most 64 MiB, got more.")
    if size:
        yield [_decode(b"".join(parts), path, number)]


def read_blocks(path: str | Path, opener: Opener | None = None) -> Iterator[bytes]:
    """Read a file, gzipped or not, in blocks of whole lines, each ended by a line feed.

    Args:
        path: The file.
        opener: Opens it, if it is unpacked already.

    Raises:
        ValueError: It is not whole gzip, or a line has more than 64 MiB.
    """
    path, tail = find_file(path), b""
    with opener() if opener else _open_to_read(path) as file:
        while block := _read_block(file, path):
            whole, feed, rest = block.rpartition(b"\n")
            if feed:
                yield tail + whole + feed
                tail = rest
            else:
                tail += rest
            if len(tail) > LONGEST_LINE:
                raise ValueError(f"{path}: expected lines of at most 64 MiB, got more.")
    if tail:
        yield tail + b"\n"


def read_bytes(path: str | Path) -> bytes:
    """Read a whole binary file, gzipped if its name ends in ``.gz``.

    Raises:
        ValueError: It is not whole gzip, or unpacks to more than 64 MiB and 250 times
            its size.
    """
    path = find_file(path)
    limit = max(1 << 26, 250 * path.stat().st_size)
    parts = []
    with _open_to_read(path) as file:
        while block := _read_block(file, path):
            parts.append(block)
            limit -= len(block)
            if limit < 0:
                raise ValueError(
                    f"{path}: expected it to unpack to at most 64 MiB or 250 times its "
                    f"size, got more."
                )
    return b"".join(parts)


@contextmanager
def replace_text_file(path: str | Path) -> Iterator[TextIO]:
    """Open a UTF-8 file to write, gzipped if its name ends in ``.gz``.

    The text replaces the file as `replace_binary_file` does.
    """
    with (
        replace_binary_file(path) as raw,
        io.TextIOWrapper(raw, encoding="utf8", newline="") as file,
    ):
        yield file


@contextmanager
def replace_binary_file(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a binary file to write, gzipped if its name ends in ``.gz``.

    The bytes go into a new file, as `zoo.files.replace_file` says, which takes the
    place of `path` when all is written. A gzipped file holds no time: the same text
    gives the same bytes.

    Raises:
        IsADirectoryError: `path` is a folder.
    """
    with (
        replace_file(path) as new,
        open(new, "wb") as raw,
        _open_to_write(raw, Path(path)) as file,
    ):
        yield file


def is_gzip(path: Path) -> bool:
    """Check whether the name of a file ends in ``.gz``."""
    return path.suffix.lower() == ".gz"


def _refuse_extension(code: int, data: bytes) -> NoReturn:
    raise ValueError(f"got the extension type {code}, which no file of spaCy's has.")


def _open_to_read(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if is_gzip(path) else open(path, "rb")


@contextmanager
def _open_to_write(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    if not is_gzip(path):
        yield raw
        return
    # Level 6 is gzip's own default; Python's, 9, takes far longer for little.
    with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        yield cast(IO[bytes], packed)


def _read_block(file: IO[bytes], path: Path) -> bytes:
    try:
        return file.read(BLOCK)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: expected a whole gzip file, got: {error}") from error


def _decode(data: bytes, path: Path, lines_before: int) -> str:
    try:
        return data.decode("utf8")
    except UnicodeDecodeError as error:
        number = lines_before + data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        problem = f"expected UTF-8, got the byte 0x{byte:02x} ({error.reason})."
        raise bad_line(path, number, problem) from error
