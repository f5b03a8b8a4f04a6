"""Check the vectorised hash against one that goes byte by byte."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.both_kernels import needs_numba, using
from tests.lexical.references import MASK, slow_hash, slow_hash_of_key
from zoo._lexical.hashing import hash_keys, hash_string, hash_strings


# From spaCy 3.8.18, StringStore.
@pytest.mark.parametrize(
    "word, expected",
    [
        ("coffee", 3197928453018144401),
        ("don't", 8627107437989221290),
        (" ", 8532415787641010193),
        ("日本語", 1998301522555383300),
        ("😀", 13900606239988879105),
        ("aaaaaaa", 1179047054410847331),
        ("aaaaaaaa", 7726586943028375376),
        ("aaaaaaaaa", 410782030899095583),
    ],
)
def test_known_words(word, expected):
    assert slow_hash(word.encode()) == expected
    assert hash_strings([word.encode()]).tolist() == [expected]


def test_known_pair_of_keys_with_seed_0():
    # From thinc 8.3, ops.ngrams(2, [coffee, 67]).
    pair = np.array([3197928453018144401, 67], "<u8").tobytes()
    assert hash_strings([pair], seed=0).tolist() == [2086155936123946425]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=80), st.integers(0, MASK))
@example([], 1)
@example([b""], 1)
@example([b"", b"a", b"\0", b"\0\0"], 0)
def test_equals_the_slow_hash(strings, seed):
    hashes = hash_strings(strings, seed)
    assert hashes.dtype == np.uint64 and hashes.shape == (len(strings),)
    assert hashes.tolist() == [slow_hash(string, seed) for string in strings]


@needs_numba
@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(0, MASK))
@example([], 1)
@example([b"", b"a", b"\0", b"\xff" * 17], MASK)
def test_compiled_code_hashes_as_the_slow_hash(strings, seed):
    import_module("numba")  # Compiled code is used once that is there.
    with using("numba"):
        hashes = hash_strings(strings, seed)
    assert hashes.dtype == np.uint64 and hashes.shape == (len(strings),)
    assert hashes.tolist() == [slow_hash(string, seed) for string in strings]


@pytest.mark.parametrize("n_long", [0, 1, 23, 24, 25, 100])
def test_long_strings_among_short_ones(n_long):
    rng = np.random.default_rng(n_long)
    lengths = [*rng.integers(0, 12, 100), *rng.integers(12, 200, n_long)]
    strings = [rng.bytes(length) for length in rng.permutation(lengths)]
    assert hash_strings(strings).tolist() == [slow_hash(s) for s in strings]


def test_a_megabyte():
    string = bytes(range(256)) * 4096
    assert hash_strings([b"a", string]).tolist() == [slow_hash(b"a"), slow_hash(string)]


@given(st.lists(st.integers(0, MASK), max_size=20), st.integers(0, 2**32 - 1))
@example([], 0)
@example([0, 1, MASK], 1)
def test_keys_equal_the_slow_hash(keys, seed):
    array = np.array(keys, np.uint64)
    before = array.copy()
    hashes = hash_keys(array, seed)
    assert hashes.dtype == np.uint32
    assert hashes.tolist() == [slow_hash_of_key(key, seed) for key in keys]
    assert (array == before).all()


def test_known_keys():
    # From murmurhash 1.0, mrmr.hash_bytes(key.to_bytes(8, "little"), seed).
    keys = np.array([0, 67, 3197928453018144401], np.uint64)
    assert hash_keys(keys, 0).tolist() == [1669671676, 3825326717, 1339871171]
    assert hash_keys(keys, 1).tolist() == [3935659133, 663173006, 3692833012]


@given(st.binary(max_size=40), st.integers(0, MASK))
def test_one_string_is_hashed_as_many_are(string, seed):
    assert hash_string(string, seed) == slow_hash(string, seed)
