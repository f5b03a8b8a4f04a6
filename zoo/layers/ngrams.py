"""Count the words and word n-grams of each document, as 64-bit keys."""

from typing import NamedTuple

import numpy as np

from ..lexical.attributes import feature_keys
from ..lexical.hashing import hash_strings
from ..types import Array, Docs


class Bags(NamedTuple):
    """The distinct keys of each document, one document after the other."""

    keys: Array  # (n_keys,) uint64
    counts: Array  # (n_keys,) float32
    lengths: Array  # Keys of each document, (n_docs,) int32


def count_ngrams(docs: Docs, size: int) -> Bags:
    """Count the n-grams of 1 to `size` words of each document, by ORTH.

    The key of one word is its id, and that of several the MurmurHash64A, with seed 0,
    of their ids, as in spaCy.
    """
    distinct, index = feature_keys(docs, ["ORTH"])
    words = distinct[index, 0]
    lengths = np.array([len(doc) for doc in docs], dtype="i8")
    owner = np.repeat(np.arange(len(docs)), lengths)
    keys, owners = [words], [owner]
    for n in range(2, size + 1):
        # An n-gram begins at each word whose document goes on for n - 1 more.
        starts = np.flatnonzero(owner[: 1 - n] == owner[n - 1 :])
        windows = words[starts[:, None] + np.arange(n)]
        grams = hash_strings([window.tobytes() for window in windows], seed=0)
        keys.append(grams)
        owners.append(owner[starts])
    return _count(np.concatenate(keys), np.concatenate(owners), len(docs))


def _count(keys: Array, owners: Array, n_docs: int) -> Bags:
    """Count equal keys of one owner, in the order of owner and key."""
    order = np.lexsort((keys, owners))
    keys, owners = keys[order], owners[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
    starts = np.flatnonzero(is_new)
    counts = np.diff(starts, append=len(keys)).astype("f")
    lengths = np.bincount(owners[starts], minlength=n_docs).astype("i4")
    return Bags(keys[starts], counts, lengths)
