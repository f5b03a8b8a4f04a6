"""Read tables of vectors, whatever their format."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from .._check_numbers import check_sizes
from .._registry import registry
from . import _fasttext, _safetensors_file, _spacy_vectors, _text_table, _word2vec
from ._shipped_vectors import PREFIX, read_shipped_table
from ._streams import Report, bad_file, read_head
from .base import VectorTable, check_unknown
from .floret import FloretVectors
from .table import Vectors


class _Reader(Protocol):
    def __call__(
        self, path: Path, *, name: str, limit: int, strict: bool, report: Report
    ) -> Vectors | FloretVectors: ...


#: The reader of each format.
READERS: Final[dict[str, _Reader]] = {
    "text": _text_table.read_text,
    "word2vec": _word2vec.read_binary,
    "fasttext": _fasttext.read_fasttext,
    "spacy": _spacy_vectors.read_folder,
    "safetensors": _safetensors_file.map_table,
}
#: How much of a file tells its format, in bytes.
_HEAD: Final = 1 << 16
#: Bytes below a space that text may hold: tab, line feed, carriage return.
_BLANKS: Final = frozenset(b"\t\n\r")
_EXPORT: Final = (
    "is a Python pickle, perhaps of gensim. Reading one runs the code in it, so it is "
    "not read. Export it where it was made: `KeyedVectors.load(FILE)"
    '.save_word2vec_format("vectors.bin", binary=True)`.'
)


def read_vectors(
    path: str | Path,
    *,
    name: str | None = None,
    unknown: str = "zero",
    format: str | None = None,
    limit: int = 0,
    strict: bool = False,
    report: Callable[[float], None] = lambda share: None,
) -> Any:
    """Read a table of vectors: a Vectors, or a FloretVectors if it is hashed.

    Formats: "text" of word2vec, fastText (`.vec`), GloVe or floret; "word2vec"
    (binary); "fasttext" (`.bin`, of floret too); "spacy" (a folder); "safetensors",
    which zoo writes, and which is mapped rather than read. Text and binary word2vec
    may be gzipped.

    Args:
        path: A file, a folder of spaCy's, or "zoo:english-words", which comes with zoo.
        name: The name of the table; None takes the name stored in the file, or the
            file's own.
        unknown: What the table returns for unknown words: "zero", "mean" or "error".
        format: One of the formats above; None detects it from the file itself.
        limit: The most rows to read, in the order of the file. 0 reads all.
        strict: Whether a line that cannot be read is an error. Else it is left out, and
            a warning says how many are, and what is wrong with the first.
        report: Called from time to time with the share that has been read, 0 to 1.
    """
    check_unknown(unknown)
    check_sizes("read_vectors", 0, limit=limit)
    if str(path).startswith(PREFIX):
        table: Vectors | FloretVectors = read_shipped_table(str(path), limit)
    else:
        path = Path(path)
        read = _find_reader(path, format)
        own = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
        table = read(path, name=own, limit=limit, strict=strict, report=report)
    if name is not None:
        table.name = name
    if isinstance(table, Vectors):
        table.unknown = check_unknown(unknown)
    return table


def _find_reader(path: Path, format: str | None) -> _Reader:
    if not os.path.exists(path):
        raise FileNotFoundError(f"read_vectors: {path} does not exist.")
    if not os.path.isfile(path) and not os.path.isdir(path):
        # It is read twice, and reading a pipe that nobody writes to never ends.
        raise ValueError(
            f"read_vectors: {path} must be a file or a folder, got a pipe or a device. "
            f"Copy what it gives to a file first."
        )
    if format is None:
        format = find_format(path)
    if format not in READERS:
        raise ValueError(
            f"read_vectors: format must be one of {', '.join(READERS)}, got {format!r}."
        )
    return READERS[format]


@registry.vectors("zoo.Vectors.v1")
def load_vectors(
    path: str | Path, name: str | None = None, unknown: str = "zero"
) -> VectorTable:
    """Read a table of vectors in a config.

    Args:
        path: A file of any format that `read_vectors` knows, a folder of spaCy's, or
            "zoo:english-words".
        name: The name of the table; None takes the name stored in the file, or the
            file's own.
        unknown: What the table returns for unknown words: "zero", "mean" or "error".
    """
    table: VectorTable = read_vectors(path, name=name, unknown=unknown)
    return table


def find_format(path: Path) -> str:
    """Find the format of a file by its first bytes.

    Raises:
        ValueError: It has none of these formats. For a pickle the message says what to
            do.
    """
    if os.path.isdir(path):
        if _spacy_vectors.find_folder(path) is None:
            raise bad_file(path, "is a folder without vectors of spaCy's.", joint=" ")
        return "spacy"
    head = read_head(path, _HEAD)
    # First, as the length of its header, 0x280, may look like a pickle. No pickle has
    # zeros there: byte 2 is the name of an operation.
    if head[8:9] == b"{" and head[:1] != b"{" and head[4:8] == bytes(4):
        return "safetensors"
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise bad_file(path, _EXPORT, joint=" ")
    if head[:4] == _fasttext.MAGIC:
        return "fasttext"
    line, feed, rest = head.partition(b"\n")
    header = _text_table.parse_header(line)
    if feed and header is not None and not header.settings:
        return "text" if _is_text(rest, header.width) else "word2vec"
    if not _has_controls(head[:4096]):
        return "text"
    raise bad_file(path, "is of no format that is known.", joint=" ")


def _is_text(body: bytes, width: int) -> bool:
    """Check whether what follows a header is lines of words and numbers."""
    fields = body.partition(b"\n")[0].split()[1:]
    if len(fields) >= width and all(map(_is_number, fields[-width:])):
        return True
    return not _has_controls(body[:4096])


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _has_controls(data: bytes) -> bool:
    return any(byte < 32 and byte not in _BLANKS for byte in data)
