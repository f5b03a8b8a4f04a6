"""Find neighbours block by block, and prune tables with them."""

import numpy as np
import pytest

from zoo.vectors import Matrix, Vectors, prune
from zoo.vectors import _nearest as nearest

from .tables import make_rows, make_table


def slow_cosines(rows):
    norms = np.linalg.norm(rows.astype("d"), axis=1)
    units = rows / np.where(norms > 0, norms, 1)[:, None]
    return units @ units.T


@pytest.mark.parametrize("n", [1, 3, 50, 80])
@pytest.mark.parametrize("n_scores", [1, 400, 1 << 19])
def test_rows_nearest_are_those_of_a_full_product(monkeypatch, n, n_scores):
    monkeypatch.setattr(nearest, "_SCORES", n_scores)
    monkeypatch.setattr(nearest, "_QUERIES", 7)
    rows = make_rows(50, 5)
    best, scores = nearest.nearest_rows(Matrix(rows), rows[:20], n)
    cosines = slow_cosines(rows)[:20]
    expected = np.argsort(-cosines, axis=1, kind="stable")[:, :n]
    np.testing.assert_array_equal(best, expected)
    ordered = np.take_along_axis(cosines, expected, axis=1)
    np.testing.assert_allclose(scores, ordered, atol=1e-6)
    assert scores.max() <= 1


def test_of_equal_rows_the_earlier_comes_first(monkeypatch):
    monkeypatch.setattr(nearest, "_SCORES", 4)
    rows = np.array([[0, 1], [1, 0]] * 10, "f")
    best, _ = nearest.nearest_rows(Matrix(rows), rows[:2], 4)
    assert best.tolist() == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_neighbours_leave_out_the_word_and_the_unknown():
    table = make_table(8)
    cosines = slow_cosines(make_rows(8))
    similar = table.most_similar(["the", "no", "x"], 3)
    assert similar[1] == []
    for word, found in (("the", similar[0]), ("x", similar[2])):
        row = table.find([word])[0]
        order = [i for i in np.argsort(-cosines[row]) if i != row][:3]
        assert [name for name, _ in found] == [table.words[i] for i in order]
        values = [cosine for _, cosine in found]
        np.testing.assert_allclose(values, cosines[row, order], atol=1e-6)
    assert len(table.most_similar(["x"], 100)[0]) == 7


def test_a_word_of_zeros_has_no_neighbours():
    assert Vectors(["a", "z"], [[1], [0.0]]).most_similar(["z"]) == [[]]


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_neighbours_in_other_types(dtype):
    table = make_table(30, 20)
    other = table.with_matrix(table.matrix.convert(dtype))
    expected = table.most_similar(["the"], 3)[0]
    found = other.most_similar(["the"], 3)[0]
    assert [word for word, _ in found] == [word for word, _ in expected]


@pytest.mark.parametrize("n_rows", [1, 4, 9])
def test_pruned_words_share_the_nearest_row(n_rows):
    table = make_table(9)
    rows = make_rows(9)
    shares = []
    pruned, cosines = prune(table, n_rows, shares.append)
    assert pruned.words == table.words and pruned.shape == (n_rows, 4)
    assert len(cosines) == 9 - n_rows
    np.testing.assert_array_equal(pruned.matrix.values, rows[:n_rows])
    full = slow_cosines(rows)[n_rows:, :n_rows]
    found = pruned.find(table.words)
    assert found[:n_rows].tolist() == list(range(n_rows))
    assert found[n_rows:].tolist() == full.argmax(axis=1).tolist()
    np.testing.assert_allclose(cosines, full.max(axis=1), atol=1e-6)
    assert shares == ([1.0] if n_rows < 9 else [])


def test_pruning_keeps_the_rows_of_the_first_words():
    table = Vectors({"a": 2, "b": 2, "c": 0, "d": 1}, [[0, 1], [1, 0.1], [1.0, 0]])
    pruned, _ = prune(table, 2)
    assert pruned.matrix.values.tolist() == [[1, 0], [0, 1]]
    assert pruned.find(["a", "b", "c", "d"]).tolist() == [0, 0, 1, 0]
    with pytest.raises(ValueError, match="n_rows must be 1 or more, got 0"):
        prune(table, 0)


def test_an_int8_table_is_pruned():
    table = make_table(9)
    table = table.with_matrix(table.matrix.convert("int8"))
    pruned, _ = prune(table, 4)
    np.testing.assert_array_equal(pruned.get(["the"])[0], table.get(["the"])[0])
