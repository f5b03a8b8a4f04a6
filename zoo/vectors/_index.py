"""Find the row of a word: by a dictionary, or by sorted hashes that lie in a file."""

from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .._lexical.hashing import hash_strings
from ._matrix import Rows


@runtime_checkable
class WordIndex(Protocol):
    """An ordered list of words with the row of each."""

    def __len__(self) -> int: ...

    def find(self, words: Sequence[str]) -> Rows:
        """Return the row of each word, -1 for one that is unknown: (n_words,)."""
        ...

    def words(self) -> list[str]:
        """Return all words, in their order."""
        ...

    def rows(self) -> Rows:
        """Return the row of each word, in their order: (n_words,)."""
        ...


class DictIndex:
    """Look words up in a dictionary, the fastest way once it is built."""

    def __init__(self, words: Iterable[str], rows: Iterable[int]) -> None:
        self._rows = dict(zip(words, rows, strict=True))

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, words: Sequence[str]) -> Rows:
        found = map(self._rows.get, words, repeat(-1))
        return np.fromiter(found, np.int64, len(words))

    def words(self) -> list[str]:
        return list(self._rows)

    def rows(self) -> Rows:
        return np.fromiter(self._rows.values(), np.int64, len(self._rows))


class HashedIndex:
    """Find words by their sorted hashes, in arrays that may lie in a mapped file.

    Opening it builds nothing. A word found by its hash is compared with the stored one,
    so that no word is mistaken for another.

    Args:
        text: All words one after the other, in UTF-8: (n_bytes,) uint8.
        bounds: Where each word begins, and after the last: (n_words + 1,) int64.
        rows: The row of each word: (n_words,) int32.
        hashes: Sorted MurmurHash64A of the words: (n_words,) uint64.
        order: The word of each hash: (n_words,) int32.
        seed: The seed of the hash.
    """

    def __init__(
        self,
        text: NDArray[np.uint8],
        bounds: NDArray[np.int64],
        rows: NDArray[np.int32],
        hashes: NDArray[np.uint64],
        order: NDArray[np.int32],
        seed: int,
    ) -> None:
        self._text, self._bounds, self._rows = text, bounds, rows
        self._hashes, self._order, self._seed = hashes, order, seed

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, words: Sequence[str]) -> Rows:
        found = np.full(len(words), -1, np.int64)
        if not len(self) or not len(words):
            return found
        encoded = encode(words)
        hashes = hash_strings(encoded, self._seed)
        at = np.searchsorted(self._hashes, hashes)
        at[at == len(self)] = 0
        same = np.flatnonzero(self._hashes[at] == hashes)
        numbers = self._order[at[same]]
        text = memoryview(self._text.data)
        starts = self._bounds[numbers].tolist()
        ends = self._bounds[numbers + 1].tolist()
        spans = zip(same.tolist(), starts, ends, strict=True)
        equal = (text[start:end] == encoded[i] for i, start, end in spans)
        is_equal = np.fromiter(equal, np.bool_, len(same))
        found[same[is_equal]] = self._rows[numbers[is_equal]]
        return found

    def words(self) -> list[str]:
        text, bounds = self._text.tobytes(), self._bounds.tolist()
        try:
            return [
                text[start:end].decode("utf8", "surrogatepass")
                for start, end in pairwise(bounds)
            ]
        except UnicodeDecodeError as error:
            raise ValueError(
                f"Vectors: all words must be UTF-8, got one of other bytes. The file "
                f"of the table is damaged: {error}."
            ) from error

    def rows(self) -> Rows:
        return self._rows.astype(np.int64)


def hashed_parts(
    words: Sequence[str], rows: Rows
) -> tuple[dict[str, NDArray[np.generic]], int]:
    """Build the arrays of a HashedIndex by name, and find a seed for its hash.

    Raises:
        ValueError: A word comes twice.
    """
    if len(set(words)) < len(words):
        raise ValueError("Vectors: each word may come once.")
    encoded = encode(words)
    for seed in range(100):
        hashes = hash_strings(encoded, seed)
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        if not (hashes[1:] == hashes[:-1]).any():
            break
    sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
    parts: dict[str, NDArray[np.generic]] = {
        "text": np.frombuffer(b"".join(encoded), np.uint8),
        "bounds": np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]),
        "rows": rows.astype(np.int32),
        "hashes": hashes,
        "order": order.astype(np.int32),
    }
    return parts, seed


def encode(words: Iterable[str]) -> list[bytes]:
    """Encode words in UTF-8, lone surrogates as if they were characters."""
    words = list(words)
    try:
        return list(map(str.encode, words))
    except UnicodeEncodeError:
        return [word.encode("utf8", "surrogatepass") for word in words]
