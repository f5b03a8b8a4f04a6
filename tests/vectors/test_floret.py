"""Hash the n-grams of words, against slow loops over characters and bytes."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zoo._lexical.hashing import hash_spans
from zoo.threads import set_threads, threads
from zoo.vectors import FloretVectors
from zoo.vectors import _ngrams as sums
from zoo.vectors._ngrams import cut

from .references import slow_grams, slow_hash, slow_rows
from .tables import floret_tables, make_floret, make_rows


@given(st.lists(st.binary(max_size=70), max_size=20), st.integers(0, 2**32 - 1))
@example([b"", b"12345678", b"123456789", b"1" * 15, b"1" * 16, b"1" * 17], 1)
def test_hashes_equal_the_slow_ones(strings, seed):
    lengths = np.array([len(string) for string in strings], np.int64)
    starts = np.cumsum(lengths) - lengths
    hashes = hash_spans(b"".join(strings), starts, lengths, seed)
    assert hashes.dtype == np.uint64 and hashes.shape == (len(strings), 2)
    assert hashes.tolist() == [list(slow_hash(string, seed)) for string in strings]


def test_spans_may_overlap_and_be_many():
    text = np.random.default_rng(0).bytes(300)
    starts = np.arange(20_000) % 250
    lengths = np.arange(20_000) % 40
    hashes = hash_spans(text, starts, lengths, 5)
    for i in (0, 39, 8191, 8192, 19_999):
        span = text[starts[i] : starts[i] + lengths[i]]
        assert hashes[i].tolist() == list(slow_hash(span, 5))


@given(st.lists(st.text(max_size=9), max_size=6), st.integers(0, 3), st.integers(0, 4))
@example(["\ud800x", ""], 1, 2)
def test_words_are_cut_as_by_a_loop(words, minn, more):
    grams = cut(words, minn, minn + more, "<", ">")
    spans = zip(grams.starts.tolist(), grams.lengths.tolist(), strict=True)
    found = [grams.text[start : start + n] for start, n in spans]
    expected = [slow_grams(word, minn, minn + more) for word in words]
    flat = [gram.encode("utf8", "surrogatepass") for part in expected for gram in part]
    assert found == flat
    assert grams.counts.tolist() == [len(part) for part in expected]


@given(floret_tables(), st.lists(st.text(max_size=9), max_size=6))
def test_a_vector_is_the_mean_of_its_rows(table, words):
    vectors, known = table.get(words)
    assert vectors.dtype == np.float32 and vectors.shape == (len(words), 3)
    assert known.tolist() == [bool(word) for word in words]
    for word, vector, rows in zip(words, vectors, table.rows(words), strict=True):
        assert rows.tolist() == slow_rows(table, word)
        if not word:
            assert not vector.any()
            continue
        total = np.zeros(3, "f")
        with np.errstate(over="ignore", invalid="ignore"):
            for row in rows:
                total += table.matrix.values[row]
            total *= np.float32(1 / len(rows))
        np.testing.assert_array_equal(vector, total)


def test_many_words_in_parts_and_threads(monkeypatch):
    monkeypatch.setattr(sums, "_NUMBERS", 100)
    table = make_floret(500, 8)
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcé"), rng.integers(0, 9))) for _ in range(5000)]
    count = threads.count
    try:
        set_threads(1)
        alone, _ = table.get(words)
        set_threads(3)
        np.testing.assert_array_equal(table.get(words)[0], alone)
    finally:
        set_threads(count)
    for i in range(0, 5000, 500):
        np.testing.assert_array_equal(table.get([words[i]])[0][0], alone[i])


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_other_types_give_almost_the_same(dtype):
    table = make_floret()
    other = table.with_matrix(table.matrix.convert(dtype))
    words = ["some", "words"]
    found, expected = other.get(words)[0], table.get(words)[0]
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert other.settings == table.settings and other.checksum != table.checksum


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minn": 3, "maxn": 2}, ".* 0 <= minn <= maxn < 2 .. 31, got 3 and 2"),
        ({"minn": -1}, ".* 0 <= minn <= maxn < 2 .. 31, got -1 and 3"),
        ({"hash_count": 5}, "hash_count must be 1 to 4, got 5"),
        ({"hash_seed": 2**32}, r"hash_seed must be 0 to 2 \*\* 32 - 1, got 4294967296"),
        ({"bow": "", "eow": ""}, "bow or eow must hold a character"),
    ],
)
def test_wrong_settings_are_refused(change, message):
    settings = {"minn": 2, "maxn": 3, **change}
    with pytest.raises(ValueError, match=f"FloretVectors: {message}"):
        FloretVectors(make_rows(), **settings)


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValueError, match="must have 1 to 4294967295 rows, got 0"):
        FloretVectors(np.zeros((0, 3)), minn=1, maxn=2)
