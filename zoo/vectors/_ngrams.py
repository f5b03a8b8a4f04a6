"""Cut many words into n-grams of characters at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._matrix import Matrix
from .base import Floats


class Grams(NamedTuple):
    """Spans of one byte string, word after word."""

    text: bytes  # All words with their marks, in UTF-8.
    starts: NDArray[np.int64]  # (n_grams,), in bytes
    lengths: NDArray[np.int64]  # (n_grams,), in bytes
    counts: NDArray[np.int64]  # N-grams of each word, (n_words,)


def cut(words: Sequence[str], minn: int, maxn: int, bow: str, eow: str) -> Grams:
    """Cut each word, with marks at its ends, into n-grams of its characters.

    First comes the whole word with its marks, then the n-grams that begin at its
    first character, from `minn` characters to `maxn`, and so on to its last. The first
    and the last character alone, which are marks, are left out.

    Args:
        words: The words; best unique ones.
        minn, maxn: The least and the most characters; maxn of 0 gives whole words
            alone.
        bow, eow: The marks at the begin and at the end, not both empty.
    """
    if not len(words):
        nothing = np.zeros(0, np.int64)
        return Grams(b"", nothing, nothing, nothing)
    string = bow + (eow + bow).join(words) + eow
    text = string.encode("utf8", "surrogatepass")
    sizes = np.fromiter(map(len, words), np.int64, len(words)) + len(bow + eow)
    # Where each character begins, in bytes, and after the last: (n_characters + 1,)
    bounds = np.flatnonzero((np.frombuffer(text, np.uint8) & 0xC0) != 0x80)
    bounds = np.append(bounds, len(text))
    ends = np.cumsum(sizes)
    firsts = ends - sizes
    # Of each character: how many follow in its word from it on, and the least and
    # the number of n-grams that begin there.
    n_left = np.repeat(ends, sizes) - np.arange(ends[-1])
    least = np.full_like(n_left, max(1, minn))
    if minn <= 1:
        least[firsts] = least[ends - 1] = 2
    n_here = np.maximum(np.minimum(n_left, maxn) - least + 1, 0)
    # The whole word is one more, before all others.
    least[firsts] -= 1
    n_here[firsts] += 1
    upto = np.cumsum(n_here)
    at = np.repeat(np.arange(len(n_here)), n_here)
    n = (least - upto + n_here)[at] + np.arange(len(at))
    starts, stops = bounds[at], bounds[np.minimum(at + n, len(n_here))]
    stops[(upto - n_here)[firsts]] = bounds[ends]
    counts = np.diff(upto[ends - 1], prepend=0)
    return Grams(text, starts, stops - starts, counts)


#: Numbers of the vectors that are summed at a time, so that they stay in the cache.
_NUMBERS = 1 << 16


def average_rows(
    matrix: Matrix,
    rows: NDArray[np.int64],
    counts: NDArray[np.int64],
    vectors: Floats,
) -> None:
    """Compute vectors as means of rows, added one by one in their order.

    The sum is multiplied by the inverse of the count, as fastText does it, so that the
    last bits agree.

    Args:
        rows: The rows of the first vector, then those of the second, and so on.
        counts: How many rows each vector has, 1 or more: (n_vectors,).
        vectors: Is written to: (n_vectors, width).
    """
    # Longest first, so that those with a row j are the first n_with[j] of their part.
    order = np.argsort(-counts, kind="stable")
    starts = (np.cumsum(counts) - counts)[order]
    counts = counts[order]
    step = max(16, _NUMBERS // max(1, matrix.shape[1]))
    for i in range(0, len(counts), step):
        part = slice(i, i + step)
        vectors[order[part]] = _average_some(matrix, rows, starts[part], counts[part])


def _average_some(
    matrix: Matrix,
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Floats:
    """Compute a few means; the counts descend."""
    total = np.empty((len(counts), matrix.shape[1]), np.float32)
    more = np.empty_like(total)
    n_with = len(counts) - np.cumsum(np.bincount(counts))
    matrix.take(rows[starts], total)
    for j in range(1, len(n_with) - 1):
        n = int(n_with[j])
        total[:n] += matrix.take(rows[starts[:n] + j], more[:n])
    total *= (1.0 / counts).astype(np.float32)[:, None]
    return total
