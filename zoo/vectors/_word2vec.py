"""Read and write the binary format of word2vec."""

from pathlib import Path
from typing import Any

import numpy as np

from ._matrix import fix
from ._streams import Problems, Report, bad_file, read_blocks
from ._text_table import parse_header
from .base import Floats
from .table import Vectors

#: The longest word, in bytes. A file that seems to hold longer ones is damaged.
_LONGEST_WORD = 1 << 16


def read_binary(
    path: Path, *, name: str, limit: int, strict: bool, report: Report
) -> Vectors:
    """Read a header, then for each word its bytes, a space, and float32 numbers."""
    blocks = read_blocks(path, report)
    data = next(blocks, b"")
    line, feed, _ = data.partition(b"\n")
    header = parse_header(line)
    if not feed or header is None or header.settings:
        raise bad_file(path, "expected the number of rows and their width in line 1.")
    n_rows = min(header.n_rows, limit) if limit else header.n_rows
    parts: list[Floats] = []
    words: list[bytes] = []
    data = data[len(line) + 1 :]
    while len(words) < n_rows:
        n_left = n_rows - len(words)
        found, numbers, n_used = _take(path, data, header.width, n_left, len(words))
        words += found
        parts.append(numbers)
        more = next(blocks, b"")
        if not more and len(words) < n_rows:
            raise bad_file(
                path,
                f"expected {header.n_rows:,} words of {header.width} numbers, got "
                f"{len(words):,}. It was cut short.",
            )
        data = data[n_used:] + more
    return _make_table(path, words, parts, name, strict)


def _take(
    path: Path, data: bytes, width: int, n_rows: int, n_before: int
) -> tuple[list[bytes], Floats, int]:
    """Take the whole words at the beginning of some bytes, with their numbers.

    Returns:
        the words, their numbers, and how many bytes they took.
    """
    words: list[bytes] = []
    starts: list[int] = []
    n_bytes, at, end = 4 * width, 0, len(data)
    while len(words) < n_rows:
        space = data.find(b" ", at, at + _LONGEST_WORD)
        if space < 0 and end - at >= _LONGEST_WORD:
            problem = f"expected a word and a space, got {_LONGEST_WORD} bytes of none."
            raise bad_file(path, problem, f"word {n_before + len(words) + 1:,}")
        if space < 0 or space + 1 + n_bytes > end:
            break
        # A line feed may follow the numbers before.
        words.append(data[at:space].lstrip(b"\n"))
        starts.append(space + 1)
        at = space + 1 + n_bytes
    if not words:
        return words, np.zeros((0, width), np.float32), at
    # A row of numbers from each byte on.
    row_at = np.ndarray((end - n_bytes + 1,), f"V{n_bytes}", data, strides=(1,))
    numbers = row_at[np.array(starts)].view("<f4").reshape(len(words), width)
    return words, numbers.astype(np.float32, copy=False), at


def _make_table(
    path: Path, words: list[bytes], parts: list[Floats], name: str, strict: bool
) -> Vectors:
    """Build the table without invalid words or numbers and repeated words."""
    data = np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)
    problems = Problems(path, strict)
    finite: Any = np.isfinite(data).all(axis=1)
    rows: dict[str, int] = {}
    for i, encoded in enumerate(words):
        place = f"word {i + 1:,}"
        try:
            word = encoded.decode("utf8")
        except UnicodeDecodeError as error:
            byte = encoded[error.start]
            problems.add(place, f"expected UTF-8, got the byte 0x{byte:02x}.")
            continue
        if not finite[i]:
            problems.add(place, f"expected finite numbers for {word!r}.")
        elif word in rows:
            problems.add(place, f"expected a new word, got {word!r} again.")
        else:
            rows[word] = i
    problems.close(len(rows))
    if len(rows) < len(data):
        data = data[list(rows.values())]
    return Vectors(list(rows), fix(data), name=name)
