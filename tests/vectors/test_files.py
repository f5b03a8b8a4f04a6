"""Write tables and read them again, in every format."""

import json
import multiprocessing

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo.vectors import FloretVectors, Vectors, read_vectors, write_vectors
from zoo.vectors._index import DictIndex, HashedIndex, hashed_parts

from .tables import (
    WORDS,
    assert_same,
    floret_tables,
    make_floret,
    make_rows,
    make_table,
    tables,
)

ROUND_TRIP = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
#: The name of a file, how it is read, and the words it can hold.
ANY = WORDS.filter(bool)
NO_SPACE = st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), max_size=9)
FORMATS = {
    "x.vec": ("text", WORDS),
    "x.txt.gz": ("text", WORDS),
    "x.glove": ("text", NO_SPACE),
    "x.bin": ("word2vec", NO_SPACE),
    "x.bin.gz": ("word2vec", NO_SPACE),
    "x": ("spacy", ANY),
    "x.safetensors": ("safetensors", st.text(max_size=12)),
}


@pytest.mark.parametrize("name", FORMATS)
def test_tables_come_back_to_the_bit(tmp_path, name):
    format, words = FORMATS[name]

    @given(tables(words))
    def check(table):
        path = tmp_path / name
        write_vectors(table, path)
        # One word may look like a header, or like numbers, where there is none.
        is_glove = name == "x.glove"
        if is_glove and any(word[:1].isdigit() or not word for word in table.words):
            return
        assert_same(read_vectors(path, format=format, strict=True), table)

    check()


@pytest.mark.parametrize("name", ["x.floret", "x.txt.gz", "x", "x.safetensors"])
def test_hashed_tables_come_back_to_the_bit(tmp_path, name):
    @given(floret_tables())
    def check(table):
        write_vectors(table, tmp_path / name)
        found = read_vectors(tmp_path / name, strict=True)
        assert isinstance(found, FloretVectors)
        assert found.settings == table.settings
        assert found.checksum == table.checksum
        np.testing.assert_array_equal(found.matrix.values, table.matrix.values)

    check()


@pytest.mark.parametrize("name", FORMATS)
def test_the_format_is_found_out(tmp_path, name):
    table = Vectors([f"word{i}" for i in range(6)], make_rows())
    write_vectors(table, tmp_path / name)
    moved = (tmp_path / name).rename(tmp_path / "moved")
    assert_same(read_vectors(moved), table)


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_safetensors_keep_the_type(tmp_path, dtype):
    for table in (make_table(), make_floret()):
        table = table.with_matrix(table.matrix.convert(dtype))
        write_vectors(table, tmp_path / "x.safetensors")
        found = read_vectors(tmp_path / "x.safetensors")
        assert found.matrix.dtype == dtype and found.checksum == table.checksum
        np.testing.assert_array_equal(found.get(["the"])[0], table.get(["the"])[0])


@pytest.mark.parametrize("name", ["x", "x.safetensors"])
def test_shared_rows_stay_shared(tmp_path, name):
    table = Vectors({"a": 1, "b": 0, "c": 1}, make_rows(2))
    write_vectors(table, tmp_path / name)
    found = read_vectors(tmp_path / name)
    assert_same(found, table)
    assert found.find(["a", "b", "c"]).tolist() == [1, 0, 1]
    write_vectors(table, tmp_path / "x.vec")
    assert read_vectors(tmp_path / "x.vec").shape == (3, 4)


def test_a_table_without_words_comes_back(tmp_path):
    table = Vectors([], np.zeros((0, 3), "f"))
    write_vectors(table, tmp_path / "x.safetensors")
    assert_same(read_vectors(tmp_path / "x.safetensors"), table)


def test_safetensors_are_mapped_and_read_by_others(tmp_path):
    path = tmp_path / "x.safetensors"
    table = make_table(name="mine")
    write_vectors(table, path)
    arrays = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(arrays["data"], make_rows())
    found = read_vectors(path)
    assert found.name == "mine" and read_vectors(path, name="other").name == "other"
    base = found.matrix.values
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found.matrix.values[0] = 1


def _look_up(path):
    return read_vectors(path).get(["the", "x"])[0].tolist()


def test_processes_share_a_file(tmp_path):
    write_vectors(make_table(), tmp_path / "x.safetensors")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.map(_look_up, [tmp_path / "x.safetensors"] * 2)
    assert found == [make_table().get(["the", "x"])[0].tolist()] * 2


@given(
    st.lists(st.text(max_size=9), unique=True), st.lists(st.text(max_size=9)), st.data()
)
def test_both_indexes_agree(words, asked, data):
    rows = data.draw(st.lists(st.integers(0, 99), min_size=len(words)))[: len(words)]
    parts, seed = hashed_parts(words, np.array(rows, np.int64))
    hashed, plain = HashedIndex(**parts, seed=seed), DictIndex(words, rows)
    assert len(hashed) == len(plain) == len(words)
    assert hashed.words() == plain.words() == words
    assert hashed.rows().tolist() == plain.rows().tolist() == rows
    asked += words
    assert hashed.find(asked).tolist() == plain.find(asked).tolist()


def test_a_word_with_the_hash_of_another_is_unknown():
    parts, seed = hashed_parts(["a", "b"], np.arange(2))
    index = HashedIndex(**{**parts, "text": parts["text"][::-1]}, seed=seed)
    assert index.find(["a", "b"]).tolist() == [-1, -1]


def test_words_that_are_not_utf8_are_refused():
    parts, seed = hashed_parts(["é"], np.arange(1))
    index = HashedIndex(**{**parts, "text": parts["text"][::-1]}, seed=seed)
    with pytest.raises(ValueError, match="all words must be UTF-8, got one of other"):
        index.words()


@pytest.mark.parametrize("name", FORMATS)
def test_a_limit_takes_the_first_rows(tmp_path, name):
    table = Vectors([f"word{i}" for i in range(6)], make_rows())
    write_vectors(table, tmp_path / name)
    found = read_vectors(tmp_path / name, limit=2, strict=True)
    assert_same(found, Vectors(table.words[:2], make_rows()[:2]))
    assert read_vectors(tmp_path / name, limit=9).shape == (6, 4)


@pytest.mark.parametrize("name", ["x.floret", "x", "x.safetensors"])
def test_hashed_tables_have_no_limit(tmp_path, name):
    write_vectors(make_floret(), tmp_path / name)
    with pytest.raises(ValueError, match="hashed vectors, which cannot be truncated"):
        read_vectors(tmp_path / name, limit=2)


def test_progress_is_reported(tmp_path):
    write_vectors(make_table(), tmp_path / "x.vec.gz")
    shares = []
    read_vectors(tmp_path / "x.vec.gz", report=shares.append)
    assert shares[-1] == 1


def test_a_failure_leaves_the_earlier_file(tmp_path):
    write_vectors(make_table(), tmp_path / "x.bin", format="safetensors")
    before = (tmp_path / "x.bin").read_bytes()
    message = r"the word 'new york' cannot be written in this format.*by b' '"
    with pytest.raises(ValueError, match=message):
        write_vectors(make_table(), tmp_path / "x.bin")
    assert (tmp_path / "x.bin").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["x.bin"]


def test_only_a_folder_of_vectors_is_replaced(tmp_path):
    write_vectors(make_table(), tmp_path / "x")
    write_vectors(make_table(3), tmp_path / "x")
    assert read_vectors(tmp_path / "x").shape == (3, 4)
    (tmp_path / "x" / "mine").write_text("x")
    with pytest.raises(FileExistsError, match="is not replaced, as it holds mine"):
        write_vectors(make_table(), tmp_path / "x")
    (tmp_path / "y").write_text("x")
    with pytest.raises(FileExistsError, match=r"is a file\. Pass the path of a folder"):
        write_vectors(make_table(), tmp_path / "y")
    with pytest.raises(
        IsADirectoryError, match=r"is a folder\. Pass the path of a file"
    ):
        write_vectors(make_table(), tmp_path / "x", format="text")


@pytest.mark.parametrize(
    ("table", "name", "format", "message"),
    [
        (make_table(), "x.png", None, r"must end in one of \.safetensors, .*or be a"),
        (make_table(), "x.vec", "csv", "format must be one of .*, got 'csv'"),
        (make_floret(), "x.bin", None, "hashed vectors can be written as .*'word2vec'"),
        (Vectors(["a\nb"], [[1.0]]), "x.vec", None, r"separates words by b'\\n'"),
        (Vectors(["\ud800"], [[1.0]]), "x.vec", None, "cannot be written as UTF-8"),
        (Vectors([""], [[1.0]]), "x", None, "spaCy has no empty word"),
        (Vectors(["\ud800"], [[1.0]]), "x", None, "cannot be written as UTF-8"),
        (
            FloretVectors([[1.0]], minn=1, maxn=2, bow=" "),
            "x.floret",
            None,
            "floret's text needs marks without blanks",
        ),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, table, name, format, message):
    with pytest.raises(ValueError, match=f"write_vectors: .*{message}"):
        write_vectors(table, tmp_path / name, format=format)
    assert not list(tmp_path.iterdir())


def test_numbers_are_written_short(tmp_path):
    table = Vectors(["a", "b"], [[0.25, -1.5], [1 / 3, 1e-20]])
    write_vectors(table, tmp_path / "x.vec")
    text = (tmp_path / "x.vec").read_text()
    assert text == "2 2\na 0.25 -1.5\nb 0.333333343 9.99999968e-21\n"


def test_the_same_table_gives_the_same_bytes(tmp_path):
    for name in ("x.vec.gz", "x.safetensors"):
        write_vectors(make_table(), tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write_vectors(make_table(), tmp_path / name)
        assert (tmp_path / name).read_bytes() == first


def test_a_long_file_is_read_in_blocks(tmp_path):
    table = Vectors(list(map(str, range(3000))), make_rows(3000, 20))
    write_vectors(table, tmp_path / "x.vec")
    assert (tmp_path / "x.vec").stat().st_size > 1 << 19
    assert_same(read_vectors(tmp_path / "x.vec"), table)
    write_vectors(table, tmp_path / "x.bin.gz")
    assert_same(read_vectors(tmp_path / "x.bin.gz"), table)


def test_a_file_of_a_later_version_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    write_vectors(make_table(), path)
    data = path.read_bytes()
    assert json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    path.write_bytes(data.replace(b'\\"format\\": 1', b'\\"format\\": 2'))
    message = "x.safetensors was written by a later version of zoo: its format is 2"
    with pytest.raises(ValueError, match=message):
        read_vectors(path)


def test_words_that_are_symbols_of_spacy_keep_their_vectors(tmp_path):
    """spaCy never writes them among the strings, as it knows them anyway."""
    words = ["X", "number", "_", "dog"]
    table = Vectors(words, np.eye(4, dtype="f"))
    write_vectors(table, tmp_path / "a")
    assert json.loads((tmp_path / "a/strings.json").read_text("utf8")) == ["dog"]
    assert_same(read_vectors(tmp_path / "a", strict=True), table)


def test_header_as_long_as_a_pickle_begins_is_no_pickle(tmp_path):
    path = tmp_path / "table.safetensors"
    write_vectors(Vectors(["a"], np.ones((1, 2), "f")), path)
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + size].ljust(0x280)
    path.write_bytes((0x280).to_bytes(8, "little") + header + data[8 + size :])
    assert path.read_bytes().startswith(b"\x80\x02")
    assert read_vectors(path).words == ["a"]
