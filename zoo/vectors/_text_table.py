"""Read vectors from text: word2vec, fastText, GloVe and floret."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ._matrix import fix
from ._streams import Problems, Report, bad_file, read_whole_lines
from ._text_lines import Lines, parse_lines
from .base import Floats
from .floret import FloretVectors
from .table import Vectors

#: The most numbers that a row can have.
WIDEST = 1 << 20
#: Lines of a file without header from which its width is taken.
_LINES = 100


class Header(NamedTuple):
    """Settings in the first line of a file."""

    n_rows: int
    width: int
    settings: dict[str, Any]  # Of floret.


def read_text(
    path: Path, *, name: str, limit: int, strict: bool, report: Report
) -> Vectors | FloretVectors:
    """Read text of word2vec, fastText (`.vec`), GloVe or floret."""
    blocks = read_whole_lines(path, report)
    first = next(blocks, b"")
    line, _, rest = first.partition(b"\n")
    header = parse_header(line)
    if header is not None and header.settings:
        return _read_floret(path, _chain(rest, blocks), header, name, limit)
    n_lines = 0 if header is None else 1
    if header is None:
        width, rest = _find_width(path, first), first
        _check_no_header(path, line, width)
    else:
        width = header.width
    problems = Problems(path, strict)
    table = _Growing(width)
    for block in _chain(rest, blocks):
        lines = parse_lines(block, width)
        for place, problem in lines.bad:
            problems.add(f"line {n_lines + place + 1}", problem)
        table.add(lines, n_lines, problems)
        n_lines += lines.n_lines
        if limit and len(table.rows) >= limit:
            break
    if header is not None and not limit:
        _check_count(header.n_rows, len(table.rows) + problems.count, problems)
    problems.close(len(table.rows))
    words, data = table.finish(limit)
    return Vectors(words, fix(data), name=name)


def parse_header(line: bytes) -> Header | None:
    """Read the first line of a file as a header; return None if it is not one."""
    fields = line.split()
    if not _is_like_header(fields) or any(len(field) > 18 for field in fields[:6]):
        return None
    n_rows, width, *rest = map(int, fields[:6])
    if not 0 < width <= WIDEST:
        return None
    if not rest:
        return Header(n_rows, width, {})
    names = ("minn", "maxn", "hash_count", "hash_seed")
    settings: dict[str, Any] = dict(zip(names, rest, strict=True))
    settings["bow"], settings["eow"] = (
        mark.decode("utf8", "replace") for mark in fields[6:]
    )
    return Header(n_rows, width, settings)


def _is_like_header(fields: list[bytes]) -> bool:
    """Check whether a line has as many whole numbers as a header has."""
    return len(fields) in (2, 8) and all(map(bytes.isdigit, fields[:6]))


def _check_no_header(path: Path, line: bytes, width: int) -> None:
    """Raise ValueError for a first line that is a header with impossible sizes.

    Args:
        width: The numbers of the lines after it.
    """
    fields = line.split()
    if _is_like_header(fields) and len(fields) != width + 1:
        shown = b" ".join(fields[:2]).decode("utf8", "replace")[:40]
        problem = (
            f"expected a number of rows and a width of 1 to {WIDEST:,}, got {shown}."
        )
        raise bad_file(path, problem, "line 1")


class _Growing:
    """Gather words and rows, each word once."""

    def __init__(self, width: int) -> None:
        self.rows: dict[str, int] = {}
        self._data = np.empty((1024, width), np.float32)

    def add(self, lines: Lines, n_before: int, problems: Problems) -> None:
        """Add words with their numbers; one that is there already is a problem."""
        first, numbers = len(self.rows), lines.numbers
        for word, row in zip(lines.words, count(first), strict=False):
            self.rows.setdefault(word, row)
        if len(self.rows) < first + len(lines.words):
            numbers = numbers[self._find_new(lines, first, n_before, problems)]
        n_rows = len(self.rows)
        if n_rows > len(self._data):
            # In place where the system can; no view of the array is about.
            self._data.resize((n_rows * 3 // 2, self._data.shape[1]), refcheck=False)
        self._data[first:n_rows] = numbers

    def _find_new(
        self, lines: Lines, first: int, n_before: int, problems: Problems
    ) -> list[int]:
        """Number the new words among those added last, from `first` on, once each."""
        new: list[int] = []
        for i, word in enumerate(lines.words):
            if self.rows[word] == first + i:
                self.rows[word] = first + len(new)
                new.append(i)
            else:
                place = f"line {n_before + lines.places[i] + 1}"
                problems.add(place, f"expected a new word, got {word!r} again.")
        return new

    def finish(self, limit: int) -> tuple[list[str], Floats]:
        """Return the words, up to a limit, and their rows."""
        words = list(self.rows)[: limit or None]
        self._data.resize((len(words), self._data.shape[1]), refcheck=False)
        return words, self._data


def _chain(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from blocks


def _find_width(path: Path, block: bytes) -> int:
    """Return the width of most of the first lines of a file without header."""
    lines = [line.split() for line in block.split(b"\n", _LINES)[:_LINES]]
    widths = Counter(len(fields) - 1 for fields in lines if len(fields) > 1)
    if not widths:
        raise bad_file(path, "holds no vectors.", joint=" ")
    # Words with spaces make lines seem wider, so of two widths the lesser holds.
    return max(sorted(widths), key=widths.__getitem__)


def _check_count(n_rows: int, n_found: int, problems: Problems) -> None:
    if n_rows != n_found:
        problem = (
            f"expected {n_rows:,} lines with vectors, as it says, got {n_found:,}."
        )
        problems.add("line 1", problem)


def _read_floret(
    path: Path, blocks: Iterator[bytes], header: Header, name: str, limit: int
) -> FloretVectors:
    if limit:
        raise ValueError(
            f"read_vectors: {path} holds hashed vectors, which cannot be truncated."
        )
    table = _Growing(header.width)
    problems = Problems(path, strict=True)
    n_lines = 1
    for block in blocks:
        lines = parse_lines(block, header.width)
        for place, problem in lines.bad:
            problems.add(f"line {n_lines + place + 1}", problem)
        first = len(table.rows)
        expected = [str(first + i) for i in range(len(lines.words))]
        if lines.words != expected:
            i = next(i for i, word in enumerate(lines.words) if word != expected[i])
            problem = f"expected the row {expected[i]}, got {lines.words[i]!r}."
            problems.add(f"line {n_lines + lines.places[i] + 1}", problem)
        table.add(lines, n_lines, problems)
        n_lines += lines.n_lines
    _check_count(header.n_rows, len(table.rows), problems)
    problems.close(len(table.rows))
    try:
        return FloretVectors(fix(table.finish(0)[1]), name=name, **header.settings)
    except ValueError as error:
        raise bad_file(path, str(error), "line 1") from error
