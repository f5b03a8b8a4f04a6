"""Count the words and n-grams of each document, by keys."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from thinc.api import Model

from .._check_numbers import check_sizes
from .._lexical.attributes import feature_keys, feature_names
from .._lexical.hashing import hash_strings
from .._lexical.key_cache import KeyCache
from .._registry import layer
from .._types import Array, Docs
from ..doc import words_and_norms


class Bags(NamedTuple):
    """The distinct keys of each document, concatenated."""

    keys: Array  # (n_keys,) uint64
    counts: Array  # (n_keys,) float32
    lengths: Array  # Number of keys of each document, (n_docs,) int32


#: Seeds of the hashes of n-grams and of prefixes; that of words is 1.
NGRAM_SEED, PREFIX_SEED = 0, 2


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


def count_ngrams(
    docs: Docs, size: int, attr: str = "ORTH", prefixes: Sequence[int] = ()
) -> Bags:
    """Count the n-grams of 1 to `size` words of each document, as `extract_ngrams`.

    Args:
        docs: Documents of any kind.
        size: Words of the longest n-gram.
        attr: The attribute by which words are compared.
        prefixes: Lengths in characters. Of each longer word, the first so many
            characters in lower case are counted too.
    """
    distinct, index = feature_keys(docs, [attr])
    words = distinct[index, 0]
    lengths = np.array([len(doc) for doc in docs], dtype="i8")
    owner = np.repeat(np.arange(len(docs)), lengths)
    keys, owners = [words], [owner]
    for n in range(2, min(size, int(lengths.max(initial=0))) + 1):
        # An n-gram begins at each word that n - 1 words of its document follow.
        starts = np.flatnonzero(owner[: 1 - n] == owner[n - 1 :])
        windows = words[starts[:, None] + np.arange(n)]
        encoded = [window.tobytes() for window in windows]
        keys.append(hash_strings(encoded, seed=NGRAM_SEED))
        owners.append(owner[starts])
    if prefixes:
        texts = [word for doc in docs for word in words_and_norms(doc)[0]]
        for column in _prefix_cache((*prefixes,))(texts).T:
            found = np.flatnonzero(column)
            keys.append(column[found])
            owners.append(owner[found])
    return _count(np.concatenate(keys), np.concatenate(owners), len(docs))


@lru_cache(maxsize=8)
def _prefix_cache(lengths: tuple[int, ...]) -> KeyCache:
    """Return what computes the keys of words' prefixes, 0 where there is none."""

    def compute(words: Sequence[str]) -> Array:
        lower = [word.lower() for word in words]
        keys = np.zeros((len(words), len(lengths)), np.uint64)
        for column, length in enumerate(lengths):
            rows = [i for i, word in enumerate(lower) if len(word) > length]
            texts = (lower[i][:length] for i in rows)
            encoded = [text.encode("utf8", "surrogatepass") for text in texts]
            keys[rows, column] = hash_strings(encoded, seed=PREFIX_SEED)
        return keys

    return KeyCache(compute, len(lengths))


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
