"""Check that remembering keys changes no result and takes bounded memory."""

import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo._lexical.attributes import string_ids
from zoo._lexical.key_cache import KeyCache


def compute(words):
    return np.stack([string_ids(words), string_ids(w[::-1] for w in words)], axis=1)


def a_cache(max_words=2**17, max_length=64):
    return KeyCache(compute, 2, max_words, max_length)


def test_words_are_computed_once():
    seen = []

    def note(words):
        seen.extend(words)
        return compute(words)

    cache = KeyCache(note, 2)
    for words in (["a", "b"], ["b", "c"], ["c", "a"]):
        np.testing.assert_array_equal(cache(words), compute(words))
    assert seen == ["a", "b", "c"]
    assert len(cache) == 3


def test_no_words():
    assert a_cache()([]).shape == (0, 2)


@settings(deadline=None)
@given(st.lists(st.lists(st.text("abc", max_size=3), unique=True), max_size=12))
def test_a_small_cache_gives_the_same_keys(batches):
    cache = a_cache(max_words=5, max_length=2)
    for words in batches:
        np.testing.assert_array_equal(cache(words), compute(words))
        assert len(cache) <= 5


def test_the_older_half_is_forgotten():
    seen = []

    def note(words):
        seen.extend(words)
        return compute(words)

    cache = KeyCache(note, 2, max_words=4)
    for word in "abcde":
        cache([word])
    seen.clear()
    cache(list("cde"))
    assert seen == []
    cache(list("ab"))
    assert seen == ["a", "b"]


def test_long_words_are_not_remembered():
    cache = a_cache(max_length=64)
    words = ["a" * 64, "a" * 65, "a" * 100_000]
    np.testing.assert_array_equal(cache(words), compute(words))
    np.testing.assert_array_equal(cache(words), compute(words))
    assert len(cache) == 1


@pytest.mark.slow
def test_a_million_words_leave_the_memory_flat():
    cache = KeyCache(lambda words: np.zeros((len(words), 7), np.uint64), 7, 20_000)
    tracemalloc.start()
    try:
        for start in range(0, 1_000_000, 5_000):
            cache([f"word{i}" for i in range(start, start + 5_000)])
            # What a batch takes beyond that is given back.
            assert tracemalloc.get_traced_memory()[0] < 20_000 * 300
            assert len(cache) <= 20_000
    finally:
        tracemalloc.stop()


def test_threads_share_a_cache():
    cache = a_cache(max_words=300)
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(1000)])
    batches = [rng.choice(words, 50, replace=False).tolist() for _ in range(400)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(cache, batches))
    finally:
        sys.setswitchinterval(interval)
    for batch, keys in zip(batches, results, strict=True):
        np.testing.assert_array_equal(keys, compute(batch))
    assert len(cache) <= 300
