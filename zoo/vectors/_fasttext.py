"""Read the models that fastText and floret save as `.bin`."""

import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._matrix import Matrix, fix
from ._ngrams import average_rows, cut
from ._streams import Problems, Report, bad_file
from .base import Floats
from .floret import FloretVectors
from .table import Vectors

MAGIC = struct.pack("<i", 793712314)
#: The word that stands for the end of a line; it has no n-grams.
_END = "</s>"
#: Words whose vectors are made at a time.
_WORDS = 2048
#: The n-grams of a word are hashed by FNV-1a of 32 bits.
_FNV_START, _FNV_FACTOR = 2166136261, 16777619
_HASHED_MODE = 2  # Of floret: rows are hashed, and words have none of their own.


class Settings(NamedTuple):
    """Settings that a file begins with."""

    width: int
    bucket: int
    minn: int
    maxn: int
    mode: int
    hash_count: int
    n_words: int
    n_entries: int
    n_pruned: int
    n_bytes: int  # All of this takes so many bytes.


def read_fasttext(
    path: Path, *, name: str, limit: int, strict: bool, report: Report
) -> Vectors | FloretVectors:
    """Read the words of a model with their vectors, n-grams included.

    Words that are not in the model get no vectors, as they would in fastText. A model
    that floret trained in its own mode gives FloretVectors.
    """
    data: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="r")
    settings = _read_settings(path, data)
    words, end = _read_words(path, data, settings, strict)
    matrix = _read_matrix(path, data, settings, end)
    if settings.mode == _HASHED_MODE:
        return _make_floret(path, matrix, settings, name, limit)
    kept = list(words)[: limit or None]
    vectors = np.empty((len(kept), settings.width), np.float32)
    for i in range(0, len(kept), _WORDS):
        part = kept[i : i + _WORDS]
        own = np.array([words[word] for word in part])
        average_rows(matrix, *_find_rows(part, own, settings), vectors[i : i + _WORDS])
        report((i + len(part)) / len(kept))
    return _finish(path, kept, vectors, name)


def _read_settings(path: Path, data: NDArray[np.uint8]) -> Settings:
    """Read the settings as fastText writes them, or else as floret does."""
    # The file's version, twelve settings (floret: fourteen), a threshold; then sizes.
    for n_settings in (12, 14):
        form = struct.Struct(f"<{2 + n_settings}idiiiqq")
        if len(data) < form.size:
            break
        _, version, *values = form.unpack(data[: form.size].tobytes())
        args, n_all, n_words, n_labels = values[:n_settings], *values[-5:-2]
        model, bucket, minn, maxn = args[7:11]
        sizes_fit = n_all == n_words + n_labels and n_words > 0 and n_labels >= 0
        if sizes_fit and version in (11, 12) and 0 < args[0] < 1 << 20:
            mode, hash_count = args[11:13] if n_settings == 14 else (1, 1)
            if version == 11 and model == 3:  # Old supervised models have no n-grams.
                maxn = 0
            n_pruned = max(0, values[-1])
            known = (args[0], bucket, minn, maxn, mode, hash_count, n_words)
            return Settings(*known, n_all, n_pruned, form.size)
    raise bad_file(path, "expected a model of fastText, got another or a damaged one.")


def _read_words(
    path: Path, data: NDArray[np.uint8], settings: Settings, strict: bool
) -> tuple[dict[str, int], int]:
    """Read the words with their rows; give them, and where the words end."""
    problems = Problems(path, strict)
    words: dict[str, int] = {}
    at, buffer = settings.n_bytes, memoryview(data.data)
    if settings.n_entries * 10 > len(data):
        raise bad_file(
            path, f"is too short for {settings.n_entries:,} words.", joint=" "
        )
    for row in range(settings.n_entries):
        end = _find_zero(buffer, at)
        if end < 0:
            problem = "expected a word that ends with a zero byte, got none."
            raise bad_file(path, problem, f"word {row + 1:,}")
        word = bytes(buffer[at:end]).decode("utf8", "replace")
        is_label = end + 9 < len(buffer) and buffer[end + 9] == 1
        if word in words or "\ufffd" in word:
            problem = f"expected a new word in UTF-8, got {word!r}."
            problems.add(f"word {row + 1:,}", problem)
        elif not is_label:
            words[word] = row
        at = end + 10  # The zero byte, the word's count, and its kind.
    problems.close(len(words))
    return words, at + 8 * settings.n_pruned


def _find_zero(buffer: memoryview, at: int) -> int:
    """Find the zero byte that ends a word, -1 if there is none near."""
    for size in (64, 1 << 16):
        found = bytes(buffer[at : at + size]).find(b"\0")
        if found >= 0:
            return at + found
    return -1


def _read_matrix(
    path: Path, data: NDArray[np.uint8], settings: Settings, at: int
) -> Matrix:
    if len(data) < at + 17:
        raise bad_file(path, "is cut short before its rows.", joint=" ")
    is_quantized, n_rows, width = struct.unpack("<?qq", data[at : at + 17].tobytes())
    if is_quantized or settings.n_pruned:
        raise bad_file(
            path,
            "holds a quantized model. Export its vectors as text: `fasttext "
            "print-word-vectors`.",
            joint=" ",
        )
    n_expected = settings.n_words
    if settings.maxn or settings.mode == _HASHED_MODE:
        n_expected += settings.bucket
    if width != settings.width or n_rows < n_expected or settings.bucket < 1:
        problem = (
            f"expected {n_expected} rows x {settings.width}, got {n_rows} x {width}."
        )
        raise bad_file(path, problem)
    if n_rows * width * 4 > len(data) - at - 17:
        raise bad_file(path, f"is too short for {n_rows:,} rows x {width}.", joint=" ")
    rows = data[at + 17 : at + 17 + n_rows * width * 4]
    return Matrix(np.ndarray((n_rows, width), "<f4", rows))


def _find_rows(
    words: list[str], own: NDArray[np.int64], settings: Settings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of each word, its own first, and how many each has."""
    maxn = settings.maxn
    grams = cut(words, settings.minn, maxn, "<", ">")
    # The word as a whole is not hashed: it has a row of its own.
    firsts = np.cumsum(grams.counts) - grams.counts
    lengths = grams.lengths.copy()
    lengths[firsts] = 0
    hashes = _fnv(np.frombuffer(grams.text, np.int8), grams.starts, lengths)
    rows = settings.n_words + (hashes % np.uint32(settings.bucket)).astype(np.int64)
    rows[firsts] = own
    counts = grams.counts
    if _END in words:
        i = words.index(_END)
        keep = np.ones(len(rows), np.bool_)
        keep[firsts[i] + 1 : firsts[i] + counts[i]] = False
        rows, counts = rows[keep], counts.copy()
        counts[i] = 1
    return rows, counts


def _fnv(
    text: NDArray[np.int8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Hash spans of bytes, which fastText takes as signed: (n_spans,)."""
    hashes = np.full(len(starts), _FNV_START, np.uint32)
    for i in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > i)
        byte = text[starts[longer] + i].astype(np.int32).view(np.uint32)
        hashes[longer] = (hashes[longer] ^ byte) * np.uint32(_FNV_FACTOR)
    return hashes


def _make_floret(
    path: Path, matrix: Matrix, settings: Settings, name: str, limit: int
) -> FloretVectors:
    if limit:
        raise ValueError(
            f"read_vectors: {path} holds hashed vectors, which cannot be truncated."
        )
    first = settings.n_words
    hashed = np.array(matrix.block(first, first + settings.bucket))
    options: dict[str, Any] = {
        name: getattr(settings, name) for name in ("minn", "maxn")
    }
    try:
        return FloretVectors(
            hashed, **options, hash_count=settings.hash_count, name=name
        )
    except ValueError as error:
        raise bad_file(path, str(error)) from error


def _finish(path: Path, words: list[str], vectors: Floats, name: str) -> Vectors:
    try:
        return Vectors(words, fix(vectors), name=name)
    except ValueError as error:
        raise bad_file(path, str(error)) from error
