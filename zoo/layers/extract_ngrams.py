"""Count the words and n-grams of each document, by keys."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from thinc.api import Model

from .._check_numbers import check_sizes
from .._lexical.attributes import feature_keys, feature_names
from .._lexical.hashing import hash_strings
from .._registry import layer
from .._types import Array, Docs


class Bags(NamedTuple):
    """The distinct keys of each document, concatenated."""

    keys: Array  # (n_keys,) uint64
    counts: Array  # (n_keys,) float32
    lengths: Array  # Number of keys of each document, (n_docs,) int32


@layer("zoo.extract_ngrams.v1")
def extract_ngrams(ngram_size: int, attr: str | int = "LOWER") -> Model[Docs, Bags]:
    """Count the n-grams of 1 to `ngram_size` words of each document.

    As in spaCy, the key of one word is that of its attribute, and the key of several
    words is the MurmurHash64A of theirs, with seed 0. Unlike there, documents may have
    no words.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Three arrays, on the host: the unique keys of each document, sorted, (n_keys,)
        uint64; how often it has each, (n_keys,) float32; and how many keys each
        document has, (n_docs,) int32. Thinc's `SparseLinear_v2` takes them. It has no
        gradient.

    Args:
        ngram_size: Words of the longest n-gram.
        attr: The attribute by which words are compared, such as "ORTH" or "LOWER".

    Raises:
        ValueError: `ngram_size` is below 1, or there is no such attribute.
    """
    check_sizes("extract_ngrams", 1, ngram_size=ngram_size)
    (name,) = feature_names([attr])
    return Model(
        "extract_ngrams", forward, attrs={"ngram_size": ngram_size, "attr": name}
    )


def forward(
    model: Model[Docs, Bags], docs: Docs, is_train: bool
) -> tuple[Bags, Callable[[object], Docs]]:
    bags = count_ngrams(docs, model.attrs["ngram_size"], model.attrs["attr"])
    return bags, lambda dY: []


def count_ngrams(docs: Docs, size: int, attr: str = "ORTH") -> Bags:
    """Count the n-grams of 1 to `size` words of each document, as `extract_ngrams`."""
    distinct, index = feature_keys(docs, [attr])
    words = distinct[index, 0]
    lengths = np.array([len(doc) for doc in docs], dtype="i8")
    owner = np.repeat(np.arange(len(docs)), lengths)
    keys, owners = [words], [owner]
    for n in range(2, min(size, int(lengths.max(initial=0))) + 1):
        # An n-gram begins at each word that n - 1 words of its document follow.
        starts = np.flatnonzero(owner[: 1 - n] == owner[n - 1 :])
        windows = words[starts[:, None] + np.arange(n)]
        grams = hash_strings([window.tobytes() for window in windows], seed=0)
        keys.append(grams)
        owners.append(owner[starts])
    return _count(np.concatenate(keys), np.concatenate(owners), len(docs))


def _count(keys: Array, owners: Array, n_docs: int) -> Bags:
    """Count the equal keys of each document, sorted by document and key."""
    order = np.lexsort((keys, owners))
    keys, owners = keys[order], owners[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
    starts = np.flatnonzero(is_new)
    counts = np.diff(starts, append=len(keys)).astype("f")
    lengths = np.bincount(owners[starts], minlength=n_docs).astype("i4")
    return Bags(keys[starts], counts, lengths)
