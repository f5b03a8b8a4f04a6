"""Read tables of vectors, whatever their format."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from .._checks import check_sizes
from .._registry import registry
from . import _fasttext as fasttext
from . import _safetensors_file as tensors
from . import _spacy_vectors as spacy
from . import _text_table as text
from . import _word2vec as word2vec
from ._streams import Report, bad_file, read_head
from .base import VectorTable, check_unknown
from .floret import FloretVectors
from .table import Vectors


class _Reader(Protocol):
    def __call__(
        self, path: Path, *, name: str, limit: int, strict: bool, report: Report
    ) -> Vectors | FloretVectors: ...


#: What reads each format.
READERS: Final[dict[str, _Reader]] = {
    "text": text.read_text,
    "word2vec": word2vec.read_binary,
    "fasttext": fasttext.read_fasttext,
    "spacy": spacy.read_folder,
    "safetensors": tensors.map_table,
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

    path: A file, or a folder of spaCy's.
    name: What people call the table; None takes the one in the file, or the file's.
    unknown: What the table gives for unknown words: "zero", "mean" or "error".
    format: One of the formats above; None finds out from the file itself.
    limit: The most rows to read, in the order of the file. 0 reads all.
    strict: Whether a line that cannot be read is an error. Else it is left out, and
        a warning tells how many are, and what is wrong with the first.
    report: Is told from time to time how much has been read, 0 to 1.

    Raises ValueError, which names the file, if it is damaged or of another format.
    """
    check_unknown(unknown)
    check_sizes("read_vectors", 0, limit=limit)
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

    path: A file of any format that `read_vectors` knows, or a folder of spaCy's.
    name: What people call the table; None takes the one in the file, or the file's.
    unknown: What the table gives for unknown words: "zero", "mean" or "error".
    """
    table: VectorTable = read_vectors(path, name=name, unknown=unknown)
    return table


def find_format(path: Path) -> str:
    """Find out the format of a file by its first bytes.

    Raises ValueError if it is none of them, and says what to do about a pickle.
    """
    if os.path.isdir(path):
        if spacy.find_folder(path) is None:
            raise bad_file(path, "is a folder without vectors of spaCy's.", joint=" ")
        return "spacy"
    head = read_head(path, _HEAD)
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise bad_file(path, _EXPORT, joint=" ")
    if head[:4] == fasttext.MAGIC:
        return "fasttext"
    if head[8:9] == b"{" and head[:1] != b"{" and b"\0" in head[:8]:
        return "safetensors"
    line, feed, rest = head.partition(b"\n")
    header = text.parse_header(line)
    if feed and header is not None and not header.settings:
        return "text" if _is_text(rest, header.width) else "word2vec"
    if not _has_controls(head[:4096]):
        return "text"
    raise bad_file(path, "is of no format that is known.", joint=" ")


def _is_text(body: bytes, width: int) -> bool:
    """Tell whether what follows a header is lines of words and numbers."""
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
