"""Store rows in fewer bits, and measure what that costs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zoo.vectors import Matrix, measure_loss
from zoo.vectors import _matrix as matrix

from .tables import make_rows

SMALL = st.floats(-6e4, 6e4, width=32)
ROWS = hnp.arrays("f", st.tuples(st.integers(0, 5), st.integers(1, 5)), elements=SMALL)


@given(ROWS)
def test_int8_is_off_by_half_a_step_at_most(rows):
    stored = Matrix(rows).convert("int8")
    step = np.abs(rows).max(axis=1, initial=0) / 127
    error = np.abs(stored.block(0, len(rows)) - rows).max(axis=1, initial=0)
    assert (error <= 0.501 * step + 1e-37).all()
    assert stored.values.dtype == np.int8


@given(ROWS)
def test_float16_is_what_numpy_rounds_to(rows):
    stored = Matrix(rows).convert("float16")
    assert stored.values.tobytes() == rows.astype("f2").tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_all_ways_to_read_rows_agree(monkeypatch, dtype):
    monkeypatch.setattr(matrix, "BLOCK", 8)
    stored = Matrix(make_rows(7)).convert(dtype)
    whole = stored.block(0, 7)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(stored.take([3, 3, 0]), whole[[3, 3, 0]])
    out = np.zeros((2, 4), "f")
    assert stored.take(np.array([6, 1]), out) is out
    np.testing.assert_array_equal(out, whole[[6, 1]])
    blocks = list(stored.blocks())
    assert [start for start, _ in blocks] == [0, 2, 4, 6]
    np.testing.assert_array_equal(np.concatenate([b for _, b in blocks]), whole)
    np.testing.assert_allclose(stored.mean(), whole.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(stored.norms(), np.linalg.norm(whole, axis=1), rtol=1e-5)


def test_losses_are_measured():
    rows = Matrix(make_rows(200, 50))
    assert measure_loss(rows, rows) == (0, 0, pytest.approx(1, abs=1e-6))
    half = measure_loss(rows, rows.convert("float16"))
    eighth = measure_loss(rows, rows.convert("int8"))
    assert 1e-5 < half.error < half.worst < 5e-4
    assert 1e-3 < eighth.error < eighth.worst < 2e-2
    assert 0.9999 < eighth.cosine < 1
    nothing = Matrix(np.zeros((2, 3)))
    assert measure_loss(nothing, nothing.convert("int8")) == (0, 0, 1)


def test_types_are_converted_back():
    rows = Matrix(make_rows()).convert("int8")
    back = rows.convert("float32")
    assert back.scales is None and back.dtype == "float32"
    np.testing.assert_array_equal(back.values, rows.block(0, 6))
    assert rows.convert("int8") is rows
    assert rows.n_bytes == 6 * 4 + 6 * 4


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"dtype must be one of .*, got 'float8'"):
        Matrix(make_rows()).convert("float8")
    with pytest.raises(
        ValueError, match="float16 is 65504 at most, got 70000 in row 1"
    ):
        Matrix([[0.0], [-7e4]]).convert("float16")
    with pytest.raises(ValueError, match=r"one scale per row, got \(1,\) for 2 rows"):
        Matrix(np.zeros((2, 3), "i1"), np.zeros(1))
    with pytest.raises(ValueError, match="no other has any"):
        Matrix(make_rows(), np.zeros(6))
