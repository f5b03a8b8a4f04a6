"""Read files in blocks, gzipped or not, and say which lines are left out."""

import warnings
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

#: How much is read at a time, in bytes.
BLOCK = 1 << 18
#: The longest line that is read, in bytes.
LONGEST_LINE = 1 << 24
_GZIP = b"\x1f\x8b"

#: Is told how much of a file has been read, 0 to 1.
Report = Callable[[float], None]


class Problems:
    """Count the lines that are left out, or refuse them.

    Args:
        path: The file, for messages.
        strict: Whether to raise at the first.
    """

    def __init__(self, path: Path, strict: bool) -> None:
        self.path = path
        self.count = 0
        self._strict = strict
        self._first = ""

    def add(self, place: str, problem: str) -> None:
        """Record a problem at a position in the file, such as "line 17"."""
        if self._strict:
            raise bad_file(self.path, problem, place)
        self.count += 1
        self._first = self._first or f"{place}: {problem}"

    def close(self, n_good: int) -> None:
        """Warn of what was left out; raise ValueError if nothing else was there."""
        if not n_good:
            first = f" The first problem is in {self._first}" if self._first else ""
            raise bad_file(self.path, f"holds no vectors.{first}", joint=" ")
        if self.count:
            warnings.warn(
                f"read_vectors: {self.path}: read {n_good:,} vectors, and left out "
                f"what has problems ({self.count:,}); the first is in {self._first}",
                UserWarning,
                stacklevel=2,
            )


def bad_file(
    path: Path, problem: str, place: str = "", *, joint: str = ": "
) -> ValueError:
    """Build the error for a file that is not as its format wants it."""
    where = f", {place}" if place else ""
    return ValueError(f"read_vectors: {path}{where}{joint}{problem}")


def read_head(path: Path, n_bytes: int) -> bytes:
    """Return the first bytes of a file, unzipped; fewer if it has fewer."""
    head = b""
    for block in _blocks(path, lambda share: None):
        head += block
        if len(head) >= n_bytes:
            break
    return head[:n_bytes]


def read_blocks(path: Path, report: Report) -> Iterator[bytes]:
    """Return the bytes of a file block by block, unzipped.

    The next block is read and unzipped while the caller works on one.

    Raises:
        ValueError: The file is not whole gzip.
    """
    blocks = _blocks(path, report)
    with ThreadPoolExecutor(1, "zoo-read") as reader:
        upcoming = reader.submit(next, blocks, None)
        while (block := upcoming.result()) is not None:
            upcoming = reader.submit(next, blocks, None)
            yield block


def read_whole_lines(path: Path, report: Report) -> Iterator[bytes]:
    """Return the bytes of a file in blocks that each end with a line feed.

    A byte order mark at the begin is dropped, and a line feed added at the end.

    Raises:
        ValueError: A line has more than 16 MB.
    """
    rest, is_first = b"", True
    for block in read_blocks(path, report):
        if is_first:
            block, is_first = block.removeprefix(b"\xef\xbb\xbf"), False
        end = block.rfind(b"\n") + 1
        if not end:
            rest += block
            if len(rest) > LONGEST_LINE:
                raise bad_file(path, "expected lines of text, got one of over 16 MB.")
            continue
        yield rest + block[:end]
        rest = block[end:]
    if rest:
        yield rest + b"\n"


def _blocks(path: Path, report: Report) -> Iterator[bytes]:
    n_bytes = max(1, path.stat().st_size)
    with path.open("rb") as file:
        is_gzip = file.read(2) == _GZIP
        file.seek(0)
        for block in _unzip(path, file) if is_gzip else _read(file):
            report(min(1.0, file.tell() / n_bytes))
            yield block


def _read(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _unzip(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Unzip members of a gzip file one after the other; zeros may follow them."""
    try:
        packed = b""
        while packed := (packed.lstrip(b"\0") or file.read(BLOCK).lstrip(b"\0")):
            member = zlib.decompressobj(31)
            while not member.eof:
                if block := member.decompress(packed, BLOCK):
                    yield block
                packed = member.unconsumed_tail
                if not member.eof and not packed and not (packed := file.read(BLOCK)):
                    raise bad_file(path, "expected a whole gzip file, got its begin.")
            packed = member.unused_data
    except zlib.error as error:
        raise bad_file(path, f"expected a whole gzip file, got: {error}.") from error
