"""Check sums over rows that come up several times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import CupyOps, NumpyOps
from thinc.compat import has_cupy_gpu

from tests.layers.builders import FakeGPU
from zoo.layers import scatter
from zoo.layers.scatter import deterministic, scatter_add, sum_by_row

ROWS = st.lists(st.integers(0, 6), max_size=40)


def draw_values(n, width=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width))


@given(ROWS)
def test_each_row_gets_the_sum_of_its_values(rows):
    rows, values = np.array(rows, dtype="int32"), draw_values(len(rows))
    found_rows, sums = sum_by_row(np, rows, values)
    assert found_rows.tolist() == sorted(set(rows.tolist()))
    for row, total in zip(found_rows, sums, strict=True):
        np.testing.assert_allclose(total, values[rows == row].sum(axis=0))


def test_values_may_be_numbers():
    rows, sums = sum_by_row(np, np.array([4, 2, 4, 4]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert (rows.tolist(), sums.tolist()) == ([2, 4], [2.0, 8.0])


@given(ROWS)
def test_the_bits_of_a_sum_depend_on_its_own_values_only(rows):
    """What other rows come between does not change the tree."""
    rows, values = np.array(rows, dtype="int32"), draw_values(len(rows)).astype("f")
    _, sums = sum_by_row(np, rows, values)
    alone = [sum_by_row(np, rows[rows == r], values[rows == r])[1] for r in set(rows)]
    assert {row.tobytes() for row in sums} == {row.tobytes() for row in alone}


@given(ROWS)
def test_on_cpu_it_is_thincs(rows):
    ops, rows = NumpyOps(), np.array(rows, dtype="int32")
    values = draw_values(len(rows)).astype("f")
    expected, found = np.ones((7, 3), "f"), np.ones((7, 3), "f")
    ops.scatter_add(expected, rows, values)
    with deterministic():
        scatter_add(ops, found, rows, values)
    assert (found == expected).all()


@given(ROWS)
def test_on_a_gpu_the_setting_sorts_first(rows):
    rows, values = np.array(rows, dtype="int32"), draw_values(len(rows)).astype("f")
    table, expected = np.ones((7, 3), "f"), np.ones((7, 3), "f")
    np.add.at(expected, rows, values)
    with deterministic():
        scatter_add(FakeGPU(), table, rows, values)
    np.testing.assert_allclose(table, expected, atol=1e-6)


def test_the_setting_ends_with_its_block(monkeypatch):
    calls = []
    monkeypatch.setattr(
        scatter, "sum_by_row", lambda *args: (calls.append(args), sum_by_row(*args))[1]
    )
    arguments = (FakeGPU(), np.zeros((2, 3)), np.array([0]), draw_values(1))
    with deterministic():
        with deterministic(False):
            scatter_add(*arguments)
        assert not calls
        scatter_add(*arguments)
    scatter_add(*arguments)
    assert len(calls) == 1


def test_on_a_gpu_cupys_own_way_is_taken_as_the_other_is_deprecated(monkeypatch):
    monkeypatch.setattr(FakeGPU, "scatter_add", None)
    table, rows = np.ones((3, 2), "f"), np.array([0, 2, 0])
    scatter_add(FakeGPU(), table, rows, np.ones((3, 2), "f"))
    assert table.tolist() == [[3, 3], [1, 1], [2, 2]]


@pytest.mark.skipif(not has_cupy_gpu, reason="there is no GPU, or no CuPy")
def test_a_gpu_gives_the_same_bits_each_time():
    ops = CupyOps()
    rows = ops.asarray(np.random.default_rng(0).integers(0, 7, 10_000))
    values = ops.asarray(draw_values(10_000).astype("f"))
    tables = [ops.xp.zeros((7, 3), "f") for _ in range(5)]
    for table in tables:
        with deterministic():
            scatter_add(ops, table, rows, values)
    expected = ops.to_numpy(tables[0])
    assert all((ops.to_numpy(table) == expected).all() for table in tables)
    np.testing.assert_allclose(
        expected, [ops.to_numpy(values[rows == r].sum(0)) for r in range(7)], rtol=1e-3
    )


def test_what_is_neither_true_nor_false_is_refused():
    message = "is_on must be True or False, got 'no'"
    with pytest.raises(TypeError, match=message), deterministic("no"):
        pass
