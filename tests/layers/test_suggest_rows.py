"""Compare the collisions that are expected with those that are counted."""

import numpy as np
import pytest
from thinc.api import NumpyOps

import zoo
from zoo._lexical.attributes import norm
from zoo.doc import Doc
from zoo.layers.suggest_rows import (
    FIRST_SEED,
    count_keys,
    expect_confused,
    expect_crowded,
    suggest_rows,
)

OPS = NumpyOps()


def hash_keys(n_keys, n_rows, seed, rng):
    """Return the four rows of random keys, as HashEmbed does: (n_keys, 4)."""
    keys = rng.integers(1, 1 << 63, n_keys).astype(np.uint64)
    return OPS.hash(keys, seed).astype(np.uint32).astype(np.int64) % n_rows


def count_confused(rows):
    _, index, counts = np.unique(
        np.sort(rows, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    return float((counts[index.ravel()] > 1).mean())


def count_crowded(rows, n_rows):
    rows = np.sort(rows, axis=1)
    is_first = np.diff(rows, axis=1, prepend=-1) > 0  # A key counts once for a row.
    n_owners = np.bincount(rows[is_first], minlength=n_rows)
    return float((n_owners[rows] > 1).all(axis=1).mean())


@pytest.mark.parametrize(("n_keys", "n_rows"), [(500, 700), (1000, 1001), (300, 1200)])
@pytest.mark.parametrize("seed", [FIRST_SEED, FIRST_SEED + 1])
def test_crowded_keys_are_as_many_as_expected(n_keys, n_rows, seed):
    rng = np.random.default_rng(0)
    found = [
        count_crowded(hash_keys(n_keys, n_rows, seed, rng), n_rows) for _ in range(20)
    ]
    # With the first seed and an even number, one of the four rows is always even.
    assert np.mean(found) == pytest.approx(expect_crowded(n_keys, n_rows), rel=0.1)


@pytest.mark.parametrize(("n_keys", "n_rows"), [(500, 20), (3000, 40), (100, 6)])
def test_confused_keys_are_as_many_as_expected(n_keys, n_rows):
    rng = np.random.default_rng(0)
    seed = FIRST_SEED + 1
    found = [count_confused(hash_keys(n_keys, n_rows, seed, rng)) for _ in range(20)]
    expected = expect_confused(n_keys, n_rows, seed)
    assert np.mean(found) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(("n_keys", "n_rows"), [(5000, 100), (5000, 333), (9000, 200)])
def test_the_first_table_confuses_more_keys(n_keys, n_rows):
    rng = np.random.default_rng(0)
    found = [
        count_confused(hash_keys(n_keys, n_rows, FIRST_SEED, rng)) for _ in range(10)
    ]
    expected = expect_confused(n_keys, n_rows, FIRST_SEED)
    assert np.mean(found) == pytest.approx(expected, rel=0.25)
    assert expected > 20 * expect_confused(n_keys, n_rows, FIRST_SEED + 1)


def test_one_key_meets_no_other():
    for n_keys in (0, 1):
        assert expect_crowded(n_keys, 1) == expect_confused(n_keys, 1, 8) == 0
    assert expect_crowded(2, 1) == expect_confused(2, 1, 8) == pytest.approx(1)


def test_keys_are_counted_over_the_whole_corpus():
    docs = [["Snow", "fell"], zoo.Doc(["snow"]), [], "Snow fell, again."] * 600
    (norms, lengths) = count_keys(docs, ["NORM", "LENGTH"])
    assert sorted(norms.values()) == [600, 600, 600, 1200, 1800]
    assert lengths == {4: 600 * 5, 5: 600, 1: 600 * 2}


def test_suggested_rows_are_the_fewest_within_both_bounds():
    words = [f"{stem}{i}" for stem in ("snow", "duck") for i in range(2000)]
    corpus = [words, words[:100]]
    norms, shapes = suggest_rows(corpus, ["NORM", "shape"])
    assert (norms.feature, norms.n_keys) == ("NORM", len(set(map(norm, words))))
    assert (shapes.feature, shapes.n_keys) == ("SHAPE", 4)
    for advice in (norms, shapes):
        assert advice.crowded <= 0.5 and advice.confused <= 0.001
    assert expect_crowded(norms.n_keys, int(0.97 * norms.n_rows)) > 0.45
    (denser,) = suggest_rows(corpus, ["NORM"], max_crowded=0.999)
    assert denser.n_rows < norms.n_rows / 2
    (strict,) = suggest_rows(corpus, ["NORM"], max_crowded=0.999, max_confused=1e-5)
    assert strict.confused == pytest.approx(1e-5, rel=0.1)
    (frequent,) = suggest_rows(corpus, ["NORM"], min_count=2)
    assert frequent.n_keys == 100


def test_a_corpus_without_words_needs_one_row():
    assert [a[:3] for a in zoo.suggest_rows([[]], ["NORM"])] == [("NORM", 0, 1)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": ["NRM"]}, "got 'NRM'. Did you mean NORM"),
        (
            {"max_crowded": 0},
            "suggest_rows: max_crowded must be between 0 and 1, got 0",
        ),
        (
            {"max_confused": 1},
            "suggest_rows: max_confused must be between 0 and 1, got 1",
        ),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        suggest_rows([["snow"]], **options)


def test_one_text_in_the_place_of_several_is_refused():
    for one in ("a b c", Doc(["a"])):
        with pytest.raises(TypeError, match="suggest_rows: expected several texts or"):
            zoo.suggest_rows(one)
