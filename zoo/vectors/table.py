"""Look words up in a table of vectors."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .._check_numbers import check_sizes
from .._name_some import name_some
from ..doc import DocLike
from ._coverage import Coverage, coverage, doc_vector, similarity
from ._index import DictIndex, WordIndex, encode
from ._matrix import Matrix, Rows, check_checksum
from ._nearest import inverse_norms, nearest_rows
from .base import Flags, Floats, Unknown, check_unknown, check_words


class Vectors:
    """A table that maps words to rows; several words may share a row.

    Args:
        words: The words, one per row; or each with its row, in a mapping; or an index
            that knows them.
        data: The rows, (n_rows, width), as an array, which is copied unless it is
            read-only, or a Matrix.
        name: The name of the table, for messages.
        unknown: What `get` returns for a word that is not in the table: "zero" for
            zeros, "mean" for the mean of all rows, "error" for a ValueError.

    Raises:
        ValueError: A word comes twice, has no row, or a number is not finite.
    """

    def __init__(
        self,
        words: Iterable[str] | Mapping[str, int] | WordIndex,
        data: Any,
        *,
        name: str = "vectors",
        unknown: str = "zero",
    ) -> None:
        self.name = name
        self.unknown: Unknown = check_unknown(unknown)
        self.matrix = data if isinstance(data, Matrix) else Matrix.own(data)
        self.stored_checksum: str | None = None
        self.index: WordIndex
        if isinstance(words, WordIndex):
            self.index = words
        else:
            self.index = _make_index(words, self.matrix.shape[0])
            self.matrix.check_finite()

    @property
    def shape(self) -> tuple[int, int]:
        return self.matrix.shape

    @property
    def words(self) -> list[str]:
        """Return all words in order, as a new list each time."""
        return self.index.words()

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of words and rows, computed when first asked for.

        A table that is mapped from a safetensors file has the one stored there, which
        `verify` compares with the rows.
        """
        return self.stored_checksum or self._compute_checksum()

    def verify(self) -> None:
        """Check that all rows are finite and have the checksum that the file stores.

        Reads the whole table: a second takes about a gigabyte.

        Raises:
            ValueError: The table is damaged.
        """
        self.matrix.check_finite()
        check_checksum(self.name, self.stored_checksum, self._compute_checksum())

    def _compute_checksum(self) -> str:
        digest = hashlib.sha256(self.matrix.digest())
        digest.update(self.index.rows().astype("<i8").tobytes())
        encoded = encode(self.index.words())
        digest.update(np.array(list(map(len, encoded)), "<i8").tobytes())
        digest.update(b"".join(encoded))
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, word: str) -> bool:
        return bool(self.index.find([word])[0] >= 0)

    def __repr__(self) -> str:
        n_rows, width = self.shape
        kind = "" if self.matrix.dtype == "float32" else f" {self.matrix.dtype}"
        return (
            f"<Vectors {self.name!r}: {len(self)} words, {n_rows} rows x {width}{kind}>"
        )

    def find(self, words: Sequence[str]) -> Rows:
        """Return the row of each word, -1 for one that is unknown: (n_words,)."""
        check_words(words)
        return self.index.find(words)

    def knows(self, words: Sequence[str]) -> Flags:
        """Return which words are in the table: (n_words,)."""
        return self.find(words) >= 0

    def get(self, words: Sequence[str]) -> tuple[Floats, Flags]:
        """Return the vectors of words, (n_words, width), and which are in the table.

        Raises:
            ValueError: For an unknown word if `unknown` is "error".
        """
        rows = self.find(words)
        known = rows >= 0
        if known.all():
            return self.matrix.take(rows), known
        if self.unknown == "error":
            raise ValueError(self._describe_unknown(words, known))
        vectors = np.zeros((len(words), self.shape[1]), np.float32)
        vectors[known] = self.matrix.take(rows[known])
        if self.unknown == "mean":
            vectors[~known] = self._mean
        return vectors, known

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

    def coverage(self, docs: Iterable[DocLike]) -> Coverage:
        """Count which words of documents are in the table."""
        return coverage(self, docs)

    def most_similar(
        self, words: Sequence[str], n: int = 10
    ) -> list[list[tuple[str, float]]]:
        """Find the words with the nearest vectors, by cosine, the nearest first.

        A word itself and those that share its row are left out. Of several words
        that share a row, the first stands for all.

        Returns:
            for each word up to `n` pairs of a word and a cosine; none for a word that
            is unknown, or whose vector is zeros.
        """
        check_sizes("most_similar", 1, n=n)
        rows = self.find(words)
        found = rows >= 0
        found[found] = self._inverse[rows[found]] > 0
        queries = self.matrix.take(rows[found])
        best, scores = nearest_rows(
            self.matrix, queries, n + 1, rows=self._used, inverse=self._inverse
        )
        names = self._word_of_row
        similar: list[list[tuple[str, float]]] = [[] for _ in words]
        triples = zip(
            np.flatnonzero(found), best.tolist(), scores.tolist(), strict=True
        )
        for i, near, cosines in triples:
            pairs = zip(near, cosines, strict=True)
            others = [(names[row], cosine) for row, cosine in pairs if row != rows[i]]
            similar[i] = others[:n]
        return similar

    def with_matrix(self, matrix: Matrix) -> "Vectors":
        """Return a table with the same words and other rows, as many as before."""
        return Vectors(self.index, matrix, name=self.name, unknown=self.unknown)

    @cached_property
    def _mean(self) -> Floats:
        return self.matrix.mean()

    @cached_property
    def _inverse(self) -> Floats:
        return inverse_norms(self.matrix)

    @cached_property
    def _word_of_row(self) -> dict[int, str]:
        """Return the first word of each row that has one."""
        rows = reversed(self.index.rows().tolist())
        return dict(zip(rows, reversed(self.words), strict=True))

    @cached_property
    def _used(self) -> Rows | None:
        """Return the rows that have words, in order; None if all have."""
        used = np.unique(self.index.rows())
        return None if len(used) == self.shape[0] else used

    def _describe_unknown(self, words: Sequence[str], known: Flags) -> str:
        missing = list(dict.fromkeys(words[i] for i in np.flatnonzero(~known).tolist()))
        shown = name_some([*map(repr, missing)])
        return (
            f"Vectors {self.name!r}: all words must be in the table, got {shown}. "
            f'unknown = "zero" or "mean" gives unknown words a vector.'
        )


def _make_index(words: Iterable[str] | Mapping[str, int], n_rows: int) -> DictIndex:
    if isinstance(words, Mapping):
        index = DictIndex(words, words.values())
        rows = index.rows()
        if len(rows) and not 0 <= rows.min() <= rows.max() < n_rows:
            raise ValueError(
                f"Vectors: each word needs one of the rows 0 to {n_rows - 1}, got "
                f"{rows.min()} to {rows.max()}."
            )
        return index
    check_words(words)
    words = list(words)
    if len(words) != n_rows:
        raise ValueError(
            f"Vectors: each row needs a word, got {len(words)} words and {n_rows} "
            f"rows. Pass a mapping of words to rows if some share one."
        )
    index = DictIndex(words, range(n_rows))
    if len(index) < n_rows:
        twice = next(word for i, word in enumerate(words) if index.find([word])[0] != i)
        raise ValueError(f"Vectors: each word may come once, got {twice!r} again.")
    return index
