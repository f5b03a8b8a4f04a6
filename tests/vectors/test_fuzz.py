"""Damage files at random: each gives a table, or an error that names it."""

import warnings

import numpy as np
import pytest

from zoo.vectors import read_vectors, write_vectors

from .tables import make_floret, make_rows, make_table
from .test_fasttext import make_model

TEXT = "".join(f"word{i} {i}.5 1 2\n" for i in range(20))


def read(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return read_vectors(path)


def write_model(path):
    path.write_bytes(make_model(["a", "bc"], make_rows(7), bucket=5, minn=1, maxn=2))


WRITERS = {
    "x.vec": lambda path: write_vectors(make_table(), path),
    "x.vec.gz": lambda path: write_vectors(make_table(), path),
    "x.bin": lambda path: write_vectors(make_table(), path, format="text"),
    "x.word2vec": lambda path: write_vectors(
        read_vectors(write_text(path)), path, format="word2vec"
    ),
    "x.floret": lambda path: write_vectors(make_floret(), path),
    "x.safetensors": lambda path: write_vectors(make_table(), path),
    "y.safetensors": lambda path: write_vectors(make_floret(), path),
    "x.model": write_model,
    "x/vectors": lambda path: write_vectors(make_table(), path.parent),
    "x/key2row": lambda path: write_vectors(make_table(), path.parent),
    "x/strings.json": lambda path: write_vectors(make_table(), path.parent),
    "x/vectors.cfg": lambda path: write_vectors(make_floret(), path.parent),
}


def write_text(path):
    text = path.with_suffix(".txt")
    text.write_text(TEXT)
    return text


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("kind", ["cut", "flip", "zeros", "insert"])
def test_damaged_files_give_tables_or_errors_that_name_them(tmp_path, name, kind):
    """Damage each file 12 times in each of 4 ways: 576 cases."""
    path = tmp_path / name
    WRITERS[name](path)
    data = path.read_bytes()
    rng = np.random.default_rng(len(data))
    for _ in range(12):
        path.write_bytes(damage(data, kind, rng))
        target = path.parent if path.parent.name == "x" else path
        try:
            table = read(target)
        except ValueError as error:
            assert str(error).startswith("read_vectors: ")
            assert str(target) in str(error)
        else:
            with np.errstate(all="ignore"):
                vectors, known = table.get(["the", "x", "no"])
            assert vectors.shape == (3, table.shape[1]) and len(known) == 3


def damage(data, kind, rng):
    at = int(rng.integers(0, len(data)))
    if rng.random() < 0.5:  # The begin has all sizes and settings.
        at %= 200
    if kind == "cut":
        return data[:at]
    if kind == "zeros":
        return data[:at] + bytes(min(8, len(data) - at)) + data[at + 8 :]
    if kind == "insert":
        return data[:at] + rng.bytes(4) + data[at:]
    return data[:at] + bytes([data[at] ^ int(rng.integers(1, 256))]) + data[at + 1 :]
