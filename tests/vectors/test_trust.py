"""Tables that were damaged, or that their owner changes, do not annotate in silence."""

import os

import numpy as np
import pytest

from zoo.vectors import FloretVectors, Vectors, read_vectors, write_vectors

from .tables import make_floret, make_rows, make_table


def test_table_does_not_change_with_the_array_of_its_owner():
    rows = make_rows(3, 4)
    table = Vectors(["a", "b", "c"], rows)
    before = table.get(["b"])[0].copy()
    rows[:] = 0
    assert (table.get(["b"])[0] == before).all()


def test_floret_table_does_not_change_with_the_array_of_its_owner():
    rows = make_rows(50, 4)
    table = FloretVectors(rows, minn=2, maxn=3)
    before = table.get(["word"])[0].copy()
    rows[:] = 0
    assert (table.get(["word"])[0] == before).all()


def test_view_of_a_writeable_array_is_copied_too():
    rows = make_rows(3, 4)
    view = rows[:2]
    view.flags.writeable = False
    table = Vectors(["a", "b"], view)
    before = table.get(["b"])[0].copy()
    rows[:] = 0
    assert (table.get(["b"])[0] == before).all()


def test_read_only_array_is_not_copied():
    rows = make_rows(3, 4)
    rows.flags.writeable = False
    table = Vectors(["a", "b", "c"], rows)
    assert np.shares_memory(table.matrix.values, rows)


@pytest.mark.parametrize("make", [make_table, make_floret])
def test_sound_file_is_verified(tmp_path, make):
    path = tmp_path / "t.safetensors"
    write_vectors(make(), path)
    read_vectors(path).verify()


@pytest.mark.parametrize("make", [make_table, make_floret])
def test_changed_row_of_a_file_is_found_by_verify(tmp_path, make):
    path = tmp_path / "t.safetensors"
    write_vectors(make(), path)
    table = read_vectors(path)
    data = bytearray(path.read_bytes())
    at = data.index(table.matrix.values[:1].tobytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    damaged = read_vectors(path)
    with pytest.raises(ValueError, match=r"Vectors .*checksum .*The file is damaged"):
        damaged.verify()


def test_rows_that_are_not_finite_are_found_by_verify(tmp_path):
    path = tmp_path / "t.safetensors"
    write_vectors(make_table(), path)
    row = read_vectors(path).matrix.values[:1].tobytes()
    bad = np.full(len(row) // 4, np.nan, np.float32).tobytes()
    path.write_bytes(path.read_bytes().replace(row, bad, 1))
    with pytest.raises(ValueError, match="finite, got NaN or infinity in row"):
        read_vectors(path).verify()


@pytest.mark.parametrize("seed", range(20))
def test_equal_vectors_are_similar_by_1(seed):
    row = np.random.default_rng(seed).normal(size=(1, 37)).astype("f")
    table = Vectors(["a", "b", "c"], np.concatenate([row, row, -row]))
    assert table.similarity("a", "b") == 1.0
    (nearest,) = table.most_similar(["a"], n=1)
    assert nearest == [("b", 1.0)]


@pytest.mark.parametrize(
    "header", ["2 0", "2 99999999", "9999999999999999999 3", "2 0 2 3 2 7 < >"]
)
def test_impossible_header_of_a_text_file_is_refused(tmp_path, header):
    path = tmp_path / "t.vec"
    path.write_text(f"{header}\na 1 2 3\nb 4 5 6\n")
    with pytest.raises(ValueError, match=r"t\.vec, line 1: expected a number of rows"):
        read_vectors(path, format="text")


def test_number_may_be_a_word_of_a_file_without_header(tmp_path):
    path = tmp_path / "t.glove"
    path.write_text("7 0\n8 1\n")
    assert read_vectors(path, format="text").words == ["7", "8"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipe_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "pipe.vec"
    os.mkfifo(path)
    with pytest.raises(ValueError, match="must be a file or a folder, got a pipe"):
        read_vectors(path)
