"""Damage word vectors: each gives a table, or an error that names the file."""

import json
import warnings

import gensim.models
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.vectors import read_vectors, write_vectors

from ..vectors.fasttext_files import make_model
from ..vectors.tables import make_floret, make_rows, make_table
from .damage import altered_json, check, damages

WORDS = [f"word{i}" for i in range(20)]


def write_text(path):
    """Write a text file without a header, as GloVe has."""
    path.write_text("".join(f"{word} {i}.5 1 -2e-1\n" for i, word in enumerate(WORDS)))


def write_word2vec(path):
    text = path.with_suffix(".txt")
    write_text(text)
    write_vectors(read_vectors(text), path, format="word2vec")


def write_model(path):
    path.write_bytes(make_model(["a", "bc"], make_rows(7), bucket=5, minn=1, maxn=2))


def write_gensim(path):
    vectors = gensim.models.KeyedVectors(vector_size=3)
    vectors.add_vectors(WORDS, np.ones((20, 3), "f"))
    vectors.save(str(path))


#: What writes each kind of file. Of a folder, the file to damage is named.
WRITERS = {
    "x.vec": lambda path: write_vectors(make_table(), path),
    "x.vec.gz": lambda path: write_vectors(make_table(), path),
    "glove.txt": write_text,
    "x.bin": lambda path: write_vectors(make_table(), path, format="text"),
    "x.word2vec": write_word2vec,
    "x.floret": lambda path: write_vectors(make_floret(), path),
    "x.safetensors": lambda path: write_vectors(make_table(), path),
    "y.safetensors": lambda path: write_vectors(make_floret(), path),
    "x.model": write_model,
    "x.kv": write_gensim,
    "x/vectors": lambda path: write_vectors(make_table(), path.parent),
    "x/key2row": lambda path: write_vectors(make_table(), path.parent),
    "x/strings.json": lambda path: write_vectors(make_table(), path.parent),
    "x/vectors.cfg": lambda path: write_vectors(make_floret(), path.parent),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write each kind into a folder of its own; give paths and contents."""
    found = {}
    for i, (name, write) in enumerate(WRITERS.items()):
        path = tmp_path_factory.mktemp(f"fuzz{i}") / name
        write(path)
        found[name] = path, path.read_bytes()
    return found


def try_out(file, data):
    path, before = file
    target = path.parent if path.parent.name == "x" else path
    path.write_bytes(data)
    try:
        check(lambda: use(target), str(target))
    finally:
        path.write_bytes(before)


def use(path):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", UserWarning)
        table = read_vectors(path)
        vectors, known = table.get(["the", "x", "no"])
    assert vectors.shape == (3, table.shape[1]) and len(known) == 3


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=50)
@given(damage=damages())
def test_damaged_files(files, name, damage):
    try_out(files[name], damage(files[name][1]))


@pytest.mark.parametrize("name", ["x.safetensors", "y.safetensors"])
@settings(max_examples=50)
@given(data=st.data())
def test_altered_headers(files, name, data):
    content = files[name][1]
    size = int.from_bytes(content[:8], "little")
    header = data.draw(altered_json(content[8 : 8 + size]))
    json.loads(header)
    try_out(
        files[name], len(header).to_bytes(8, "little") + header + content[8 + size :]
    )


@settings(max_examples=40)
@given(data=st.data())
def test_altered_strings_of_spacy(files, data):
    content = files["x/strings.json"][1]
    try_out(files["x/strings.json"], data.draw(altered_json(content)))
