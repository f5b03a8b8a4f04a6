"""Draw batches of every container with hypothesis, including empty ones.

Hypothesis draws lengths, which it can shrink, and a seed; numpy draws the values.
"""

import numpy as np
from thinc.api import NumpyOps
from thinc.types import Floats2d, Padded, Ragged

from .._arrays import as_thinc
from ..doc import Doc, DocLike

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy
except ImportError as error:
    raise ImportError(
        "zoo.testing: the strategies need hypothesis, which is not installed. Install "
        "it with `pip install thinc-zoo[testing]`."
    ) from error

#: Few words, so that batches repeat them, in various cases and shapes.
WORDS = (
    *("the", "The", "THE", "of", "cat", "cats", ".", ",", "I", "x", "X", "1984", "3.5"),
    *("naïve", "日本語", "👍", "don't", "McDonald", "-----", "", "a" * 120, "\u00a0"),
)
_SEEDS = st.integers(0, 2**16)


def docs(*, max_docs: int = 4, max_words: int = 5) -> SearchStrategy[list[DocLike]]:
    """Draw a batch of documents: lists of words and zoo Docs, some with norms."""
    return st.builds(_make_docs, _lengths(max_docs, max_words), _SEEDS)


def arrays(width: int, *, max_rows: int = 6) -> SearchStrategy[Floats2d]:
    """Draw a float32 array, (n_rows, width)."""
    return st.builds(_make_array, st.integers(0, max_rows), st.just(width), _SEEDS)


def lists_of_arrays(
    width: int, *, max_items: int = 4, max_rows: int = 5
) -> SearchStrategy[list[Floats2d]]:
    """Draw a list of float32 arrays, (n_rows, width) each."""
    lengths = _lengths(max_items, max_rows)
    return st.builds(_make_list, lengths, st.just(width), _SEEDS)


def ragged(
    width: int, *, max_items: int = 4, max_rows: int = 5
) -> SearchStrategy[Ragged]:
    """Draw a Ragged of float32, (n_rows, width), of several sequences."""
    lengths = _lengths(max_items, max_rows)
    return st.builds(_make_ragged, lengths, st.just(width), _SEEDS)


def padded(
    width: int, *, max_items: int = 4, max_rows: int = 5
) -> SearchStrategy[Padded]:
    """Draw a Padded of float32, (n_steps, n_items, width), padded with zeros."""
    lengths = _lengths(max_items, max_rows)
    return st.builds(_make_padded, lengths, st.just(width), _SEEDS)


def _lengths(max_items: int, max_length: int) -> SearchStrategy[list[int]]:
    """Draw lengths; often all above 0, sometimes all 0, sometimes none."""
    return st.one_of(
        st.lists(st.integers(0, max_length), max_size=max_items),
        st.lists(st.integers(1, max_length), min_size=1, max_size=max_items),
        st.lists(st.just(0), max_size=max_items),
    )


def _make_docs(lengths: list[int], seed: int) -> list[DocLike]:
    rng = np.random.default_rng(seed)
    batch: list[DocLike] = []
    for length in lengths:
        words = rng.choice(WORDS, size=length).tolist()
        norms = rng.choice(WORDS, size=length).tolist()
        kinds = (words, Doc(words), Doc(words, norms=norms))
        batch.append(kinds[rng.integers(len(kinds))])
    return batch


def _make_array(n_rows: int, width: int, seed: int) -> Floats2d:
    rng = np.random.default_rng(seed)
    array: Floats2d = as_thinc(rng.normal(size=(n_rows, width)).astype("f"))
    return array


def _make_list(lengths: list[int], width: int, seed: int) -> list[Floats2d]:
    ends = np.cumsum(lengths, dtype="i")
    flat = _make_array(sum(lengths), width, seed)
    return [flat[end - n : end].copy() for n, end in zip(lengths, ends, strict=True)]


def _make_ragged(lengths: list[int], width: int, seed: int) -> Ragged:
    sizes = as_thinc(np.array(lengths, dtype="i"))
    return Ragged(_make_array(sum(lengths), width, seed), sizes)


def _make_padded(lengths: list[int], width: int, seed: int) -> Padded:
    if not lengths:  # Thinc's Padded would have no width.
        data = as_thinc(np.zeros((0, 0, width), dtype="f"))
        none = as_thinc(np.zeros(0, dtype="i"))
        return Padded(data, none, none, none)
    padded: Padded = NumpyOps().list2padded(_make_list(lengths, width, seed))
    return padded
