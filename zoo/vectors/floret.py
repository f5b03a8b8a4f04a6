"""Compute vectors of any words from hashed n-grams, as floret does."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._lexical.hashing import hash_spans
from ..doc import DocLike
from ..threads import threads
from ._coverage import Coverage, coverage, doc_vector, similarity
from ._matrix import Matrix, check_checksum
from ._ngrams import Grams, average_rows, cut
from .base import Flags, Floats, check_words

#: Words that are cut and hashed at a time.
_WORDS = 2048


class FloretVectors:
    """A vector for every word: the mean of the rows of its hashed n-grams.

    The word, between marks, and its n-grams of `minn` to `maxn` characters are hashed
    with MurmurHash3_x64_128, which gives each up to four rows. Every word is known but
    the empty one, whose vector is zeros.

    Args:
        data: The rows, (n_rows, width), as an array, which is copied unless it is
            read-only, or a Matrix. A word's vector changes with the number of rows.
        minn, maxn: The least and the most characters of an n-gram; 0 and 0 for none.
        hash_count: How many rows an n-gram has, 1 to 4.
        hash_seed: Start of the hash, 0 to 2 ** 32 - 1.
        bow, eow: The marks at the beginning and the end of a word.
        name: The name of the table, for messages.

    Raises:
        ValueError: A setting is out of its range.

    Source:
        floret, Explosion (2021), https://github.com/explosion/floret, whose vectors
        these are to the bit. spaCy differs where minn is 1 (it takes the marks as
        n-grams too) and where both are 0 (it adds empty n-grams), and adds in another
        order.
    """

    def __init__(
        self,
        data: Any,
        *,
        minn: int,
        maxn: int,
        hash_count: int = 2,
        hash_seed: int = 2166136261,
        bow: str = "<",
        eow: str = ">",
        name: str = "floret",
    ) -> None:
        self.matrix = data if isinstance(data, Matrix) else Matrix.own(data)
        if data is not self.matrix:
            self.matrix.check_finite()
        self.stored_checksum: str | None = None
        self.settings: dict[str, Any] = {
            "minn": minn,
            "maxn": maxn,
            "hash_count": hash_count,
            "hash_seed": hash_seed,
            "bow": bow,
            "eow": eow,
        }
        _check(self.matrix, **self.settings)
        self._hash_count, self._hash_seed = hash_count, hash_seed
        self._cut = minn, maxn, bow, eow
        self.name = name

    @property
    def shape(self) -> tuple[int, int]:
        return self.matrix.shape

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the rows and the settings, as `Vectors.checksum`."""
        return self.stored_checksum or self._compute_checksum()

    def verify(self) -> None:
        """Check the rows against the checksum of their file, as `Vectors.verify`."""
        self.matrix.check_finite()
        check_checksum(self.name, self.stored_checksum, self._compute_checksum())

    def _compute_checksum(self) -> str:
        digest = hashlib.sha256(repr(sorted(self.settings.items())).encode())
        digest.update(self.matrix.digest())
        return digest.hexdigest()

    def __repr__(self) -> str:
        n_rows, width = self.shape
        return f"<FloretVectors {self.name!r}: {n_rows} rows x {width}>"

    def rows(self, words: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return the rows whose mean is the vector of each word."""
        flat, counts = self._rows(cut(words, *self._cut))
        return np.split(flat, np.cumsum(counts)[:-1]) if len(counts) else []

    def knows(self, words: Sequence[str]) -> Flags:
        """Return which words are known: all but the empty one."""
        return np.fromiter(map(bool, words), np.bool_, len(words))

    def get(self, words: Sequence[str]) -> tuple[Floats, Flags]:
        """Return the vectors of words, (n_words, width), and which are not empty."""
        check_words(words)
        first: dict[str, int] = {}
        at = [first.setdefault(word, len(first)) for word in words]
        unique = list(first)
        parts = [unique[i : i + _WORDS] for i in range(0, len(unique), _WORDS)]
        vectors = np.zeros((len(unique), self.shape[1]), np.float32)
        outs = [vectors[i : i + _WORDS] for i in range(0, len(unique), _WORDS)]
        threads.map(self._compute, list(zip(parts, outs, strict=True)))
        known = self.knows(words)
        if len(unique) < len(words):
            vectors = vectors[at]
        return vectors, known

    def with_matrix(self, matrix: Matrix) -> "FloretVectors":
        """Return a table with the same settings and other rows, as many as before."""
        return FloretVectors(matrix, **self.settings, name=self.name)

    def similarity(self, a: DocLike, b: DocLike) -> float:
        """Return the cosine of two words or documents, -1 to 1; 0 without a vector.

        Args:
            a, b: A word, as a string, or a document of any kind, of which the mean
                vector is taken.
        """
        return similarity(self, a, b)

    def doc_vector(self, doc: DocLike) -> Floats:
        """Return the mean of the vectors of a document's words, (width,)."""
        return doc_vector(self, doc)

    def coverage(self, docs: Any) -> Coverage:
        """Count which words of documents are known: all but empty ones."""
        return coverage(self, docs)

    def _compute(self, part: tuple[list[str], Floats]) -> None:
        words, vectors = part
        average_rows(self.matrix, *self._rows(cut(words, *self._cut)), vectors)
        if "" in words:
            vectors[words.index("")] = 0

    def _rows(self, grams: Grams) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of all n-grams, word by word, and how many each word has."""
        hashes = hash_spans(grams.text, grams.starts, grams.lengths, self._hash_seed)
        quarters = hashes.astype("<u8", copy=False).view("<u4").reshape(-1, 4)
        rows = quarters[:, : self._hash_count] % np.uint32(self.shape[0])
        return rows.astype(np.int64).ravel(), grams.counts * self._hash_count


def _check(
    matrix: Matrix,
    minn: int,
    maxn: int,
    hash_count: int,
    hash_seed: int,
    bow: str,
    eow: str,
) -> None:
    if not 0 < len(matrix.values) < 2**32:
        raise ValueError(
            f"FloretVectors: the data must have 1 to 4294967295 rows, got "
            f"{len(matrix.values)}."
        )
    if not 0 <= minn <= maxn < 2**31:
        raise ValueError(
            f"FloretVectors: minn and maxn must be 0 <= minn <= maxn < 2 ** 31, got "
            f"{minn} and {maxn}."
        )
    if not 1 <= hash_count <= 4:
        raise ValueError(f"FloretVectors: hash_count must be 1 to 4, got {hash_count}.")
    if not bow + eow:
        raise ValueError("FloretVectors: bow or eow must hold a character.")
    if not 0 <= hash_seed < 2**32:
        raise ValueError(
            f"FloretVectors: hash_seed must be 0 to 2 ** 32 - 1, got {hash_seed}."
        )
