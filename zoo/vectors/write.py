"""Write tables of vectors."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np

from .._atomic import replace_file, replace_files
from . import _safetensors_file, _spacy_vectors
from .base import Floats
from .floret import FloretVectors
from .table import Vectors

#: The format that the suffix of a file stands for; a path without one is a folder.
SUFFIXES: Final = {
    ".safetensors": "safetensors",
    ".vec": "text",
    ".txt": "text",
    ".floret": "text",
    ".glove": "glove",
    ".bin": "word2vec",
    "": "spacy",
}
FORMATS: Final = ("safetensors", "text", "glove", "word2vec", "spacy")
#: Decimals to which numbers are rounded if that does not change them.
_DECIMALS: Final = 6


def write_vectors(
    table: Vectors | FloretVectors, path: str | Path, *, format: str | None = None
) -> None:
    """Write a table to a file, whole or not at all.

    Formats: "safetensors" (all that the table holds); "text" (word2vec's, with a
    header, or floret's); "glove" (without header); "word2vec" (binary); "spacy" (a
    folder). All but the first hold float32. Text and binary word2vec are gzipped if
    the name of the file ends in `.gz`.

    Args:
        format: One of the formats above; None goes by the suffix: `.safetensors`,
            `.vec` or `.txt` or `.floret` (text), `.glove`, `.bin` (word2vec), none
            (spacy).

    Raises:
        ValueError: The format cannot hold the table or a word of it.
    """
    path = Path(path)
    format = check_format(path, format)
    if format == "spacy":
        for word in table.words if isinstance(table, Vectors) else ():
            _encode(word)
        with replace_files(path, _spacy_vectors.FILES) as folder:
            _spacy_vectors.write_folder(table, folder)
        return
    with replace_file(path) as new:
        if format == "safetensors":
            _safetensors_file.write_table(table, new)
            return
        with _open(new, path.name.endswith(".gz")) as file:
            if isinstance(table, FloretVectors):
                _write_floret(table, file, format)
            elif format == "word2vec":
                _write_word2vec(table, file)
            else:
                _write_text(table, file, with_header=format == "text")


def check_format(path: Path, format: str | None = None) -> str:
    """Return the format to write a file in; raise ValueError if there is no such."""
    if format is None:
        suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
        format = SUFFIXES.get(suffix)
        if format is None:
            raise ValueError(
                f"write_vectors: the name of {path} must end in one of "
                f"{', '.join(filter(None, SUFFIXES))}, or be a folder without a "
                f"suffix. Or give a format."
            )
    if format not in FORMATS:
        raise ValueError(
            f"write_vectors: format must be one of {', '.join(FORMATS)}, got "
            f"{format!r}."
        )
    return format


@contextmanager
def _open(path: Path, is_gzip: bool) -> Iterator[BinaryIO]:
    with path.open("wb") as raw:
        if not is_gzip:
            yield raw
            return
        # No name and no time in it: the same table gives the same bytes.
        with (
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
            io.BufferedWriter(cast(io.RawIOBase, packed), 1 << 20) as file,
        ):
            yield file


def _write_text(table: Vectors, file: BinaryIO, *, with_header: bool) -> None:
    if with_header:
        file.write(f"{len(table)} {table.shape[1]}\n".encode())
    words = [_encode(word, b"\n") for word in table.words]
    rows = table.index.rows()
    for start in range(0, len(words), 1024):
        part = words[start : start + 1024]
        lines = _format(table.matrix.take(rows[start : start + 1024]))
        for word, line in zip(part, lines, strict=True):
            file.write(word + b" " + line.encode() + b"\n")


def _write_word2vec(table: Vectors, file: BinaryIO) -> None:
    file.write(f"{len(table)} {table.shape[1]}\n".encode())
    words = [_encode(word, b" ", b"\n") for word in table.words]
    rows = table.index.rows()
    for start in range(0, len(words), 1024):
        part = words[start : start + 1024]
        vectors = table.matrix.take(rows[start : start + 1024]).astype(
            "<f4", copy=False
        )
        for word, vector in zip(part, vectors, strict=True):
            file.write(word + b" " + vector.tobytes() + b"\n")


def _write_floret(table: FloretVectors, file: BinaryIO, format: str) -> None:
    if format != "text":
        raise ValueError(
            f"write_vectors: hashed vectors can be written as safetensors, text or "
            f"spacy, got the format {format!r}."
        )
    n_rows, width = table.shape
    keys = ("minn", "maxn", "hash_count", "hash_seed", "bow", "eow")
    marks = [str(table.settings[key]) for key in keys]
    if any(not mark or mark.split() != [mark] for mark in marks):
        raise ValueError("write_vectors: floret's text needs marks without blanks.")
    file.write(f"{n_rows} {width} {' '.join(marks)}\n".encode())
    for start, block in table.matrix.blocks():
        for row, line in enumerate(_format(block), start):
            file.write(f"{row} {line}\n".encode())


def _format(vectors: Floats) -> list[str]:
    """Write rows of numbers, so that reading gives the same float32 again."""
    exact = vectors.astype(np.float64)
    rounded = np.round(exact, _DECIMALS)
    is_short = (rounded.astype(np.float32) == vectors).all(axis=1)
    nine_digits = " ".join(["%.9g"] * vectors.shape[1])
    return [
        " ".join(map(repr, row)) if short else nine_digits % tuple(row)
        for short, row in zip(
            is_short.tolist(),
            np.where(is_short[:, None], rounded, exact).tolist(),
            strict=True,
        )
    ]


def _encode(word: str, *forbidden: bytes) -> bytes:
    try:
        encoded = word.encode("utf8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"write_vectors: {word!r} cannot be written as UTF-8."
        ) from error
    for byte in forbidden:
        if byte in encoded:
            raise ValueError(
                f"write_vectors: the word {word!r} cannot be written in this format, "
                f"which separates words by {byte!r}. Use safetensors."
            )
    return encoded
