"""Compare words and documents by their vectors, and count the words that have one."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..doc import DocLike, words_and_norms
from .base import Flags, Floats, VectorTable

#: Words looked up at a time.
_WORDS = 4096


class Coverage(NamedTuple):
    """Count how many words of some documents have a vector.

    A type is a unique word. `missing` has the types that are not found, each with
    how many tokens are of it, the most frequent first.
    """

    n_tokens: int
    n_types: int
    n_found_tokens: int
    n_found_types: int
    missing: list[tuple[str, int]]

    @property
    def tokens(self) -> float:
        """Return the share of tokens that are found, 0 to 1; 1 without tokens."""
        return self.n_found_tokens / self.n_tokens if self.n_tokens else 1.0

    @property
    def types(self) -> float:
        """Return the share of types that are found, 0 to 1; 1 without tokens."""
        return self.n_found_types / self.n_types if self.n_types else 1.0


def coverage(table: VectorTable, docs: Iterable[DocLike]) -> Coverage:
    """Count the words of documents that a table knows.

    Args:
        table: If it has a method `knows(words)`, that is asked rather than `get`.
        docs: Documents of any kind; they are read once.
    """
    counts: Counter[str] = Counter()
    for doc in docs:
        counts.update(words_and_norms(doc)[0])
    types = list(counts)
    parts = [_known(table, types[i : i + _WORDS]) for i in range(0, len(types), _WORDS)]
    known = np.concatenate([np.zeros(0, np.bool_), *parts])
    missing = [types[i] for i in np.flatnonzero(~known)]
    missing.sort(key=lambda word: (-counts[word], word))
    n_tokens, n_missing = counts.total(), sum(counts[word] for word in missing)
    return Coverage(
        n_tokens,
        len(types),
        n_tokens - n_missing,
        len(types) - len(missing),
        [(word, counts[word]) for word in missing],
    )


def _known(table: VectorTable, words: list[str]) -> Flags:
    knows = getattr(table, "knows", None)
    known: Flags = table.get(words)[1] if knows is None else knows(words)
    return known


def doc_vector(table: VectorTable, doc: DocLike) -> Floats:
    """Return the mean of the vectors of a document's words; zeros without words.

    A word that is unknown counts with what the table gives for it.

    Returns:
        (width,) float32.
    """
    vectors, _ = table.get(words_and_norms(doc)[0])
    if not len(vectors):
        return np.zeros(table.shape[1], np.float32)
    mean: Floats = vectors.mean(axis=0, dtype=np.float32)
    return mean


def similarity(table: VectorTable, a: DocLike, b: DocLike) -> float:
    """Return the cosine of two words, documents or slices of such, -1 to 1.

    That of documents is of their `doc_vector`. If one is zeros, as where no word is
    known or there is none, the cosine is 0.

    Args:
        a, b: A word, as a string, or a document of any kind.
    """
    docs = ([x] if isinstance(x, str) else x for x in (a, b))
    return cosine(*(doc_vector(table, doc).astype(np.float64) for doc in docs))


def cosine(a: Any, b: Any) -> float:
    """Return the cosine of two vectors of float64, -1 to 1; 0 if one is zeros."""
    norms = np.linalg.norm([a, b], axis=1)
    if not norms.all():
        return 0.0
    if np.array_equal(a, b):  # Rounding could give a little less.
        return 1.0
    return float(np.clip(a @ b / norms.prod(), -1, 1))
