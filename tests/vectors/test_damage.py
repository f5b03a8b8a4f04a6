"""Read files that are damaged or of other formats: each gives a clear error."""

import gzip
import json
import pickle
import warnings

import numpy as np
import pytest
import srsly

from zoo.vectors import read_vectors, write_vectors
from zoo.vectors._streams import LONGEST_LINE

from .tables import make_floret, make_table

GOOD = "".join(f"word{i} {i}.5 1 2\n" for i in range(20))


def read(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return read_vectors(path, **options)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("bad 1 2", "expected 3 numbers after the word, got 2."),
        ("bad", "expected 3 numbers after the word, got 0."),
        ("bad 1 x 2", "expected 3 numbers after the word, got 'x'."),
        ("bad 1 nan 2", "expected 3 numbers after the word, got 'nan'."),
        ("bad 1 1e99 2", "expected 3 numbers after the word, got '1e99'."),
        ("bad 1 1_0 2", "expected 3 numbers after the word, got '1_0'."),
        ("bad 1 2 3" + "z" * 50, f"got '3{'z' * 19}…'."),
        ("b\udcffd 1 2 3", "expected a word in UTF-8, got the byte 0xff."),
        ("word3 1 2 3", "expected a new word, got 'word3' again."),
    ],
)
@pytest.mark.parametrize("header", ["", "21 3\n"])
def test_a_bad_line_is_named_and_left_out_or_refused(tmp_path, header, line, problem):
    path = tmp_path / "x.txt"
    text = header + GOOD.replace("word7 ", f"{line}\nword7 ")
    path.write_bytes(text.encode("utf8", "surrogateescape"))
    place = f"line {8 + bool(header)}"
    with pytest.raises(ValueError) as error:
        read_vectors(path, strict=True)
    assert str(error.value).startswith(f"read_vectors: {path}, {place}: ")
    assert problem in str(error.value)
    with pytest.warns(UserWarning) as caught:
        table = read_vectors(path)
    assert len(table) == 20 and table.get(["word19"])[0].tolist() == [[19.5, 1, 2]]
    (message,) = [str(warning.message) for warning in caught]
    assert message.startswith(
        f"read_vectors: {path}: read 20 vectors, and left out what has problems (1); "
        f"the first is in {place}: "
    )


def test_all_bad_lines_are_counted(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text(GOOD + "bad 1\n" * 2 + "word1 1 2 3\nword1 1 2 3\nlast 1 2 3\n")
    with pytest.warns(UserWarning, match=r"read 21 vectors, .* \(4\); .*in line 21: "):
        table = read_vectors(path)
    assert table.words[-1] == "last"
    assert table.get(["word1", "last"])[0].tolist() == [[1.5, 1, 2], [1, 2, 3]]


def test_a_header_that_promises_more_is_a_problem(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("99999999999 3\n" + GOOD)
    problem = "line 1: expected 99,999,999,999 lines with vectors, as it says, got 20"
    with pytest.raises(ValueError, match=problem):
        read_vectors(path, strict=True)
    with pytest.warns(UserWarning, match=problem):
        assert len(read_vectors(path)) == 20


def test_words_with_spaces_do_not_mislead_about_the_width(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text(GOOD.replace("word0", "a b c").replace("word1 ", "new york "))
    assert read_vectors(path, strict=True).words[:2] == ["a b c", "new york"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", " holds no vectors"),
        (b"5 3\n", " holds no vectors"),
        (b"5 3\na 1\n", r" holds no vectors. The first problem is in line 2: expected"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), " is of no format that is known"),
        (
            pickle.dumps({"a": 1}),
            " is a Python pickle.* not read. Export it .*save_word",
        ),
        (
            gzip.compress(GOOD.encode())[:-9],
            ": expected a whole gzip file, got its begin",
        ),
        (
            gzip.compress(GOOD.encode())[:-8] + bytes(8),
            ": expected a whole gzip.*check",
        ),
        (b"5 3\na " + bytes(9), ": expected 5 words of 3 numbers, got 0. It was cut"),
        (
            b"1 1\na " + b"\0\0\xc0\x7f",
            " holds no vectors. The first problem is in word 1: expected finite",
        ),
        (b"3 2 1 2 1 9 < >\n0 1 2\n1 1 2\n", ", line 1: expected 3 lines with vectors"),
        (b"2 2 1 2 1 9 < >\n0 1 2\n2 1 2\n", ", line 3: expected the row 1, got '2'"),
        (b"2 2 1 2 1 9 < >\n0 1 2\n1 1 x\n", ", line 3: expected 2 numbers after the"),
        (b"1 2 1 2 9 9 < >\n0 1 2\n", ", line 1: .*hash_count must be 1 to 4, got 9"),
        (
            b"x" * (LONGEST_LINE + (1 << 19)),
            ": expected lines of text, got one of over",
        ),
        (b"1 1\n" + b"\1" * (1 << 17), ", word 1: expected a word and a space, got"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, data, message):
    path = tmp_path / "x.dat"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"read_vectors: .*x.dat{message}"):
        read(path)


def test_what_is_asked_wrong_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"read_vectors: .*x does not exist"):
        read_vectors(tmp_path / "x")
    with pytest.raises(ValueError, match="is a folder without vectors of spaCy's"):
        read_vectors(tmp_path)
    with pytest.raises(ValueError, match=r"holds no file 'vectors'"):
        read_vectors(tmp_path, format="spacy")
    with pytest.raises(ValueError, match="limit must be 0 or more, got -1"):
        read_vectors(tmp_path, limit=-1)
    with pytest.raises(ValueError, match=r"format must be one of .*, got 'x'"):
        read_vectors(tmp_path, format="x")
    with pytest.raises(ValueError, match=r"unknown must be one of .*, got 'x'"):
        read_vectors(tmp_path, unknown="x")


def test_sizes_are_checked_before_memory_is_taken(tmp_path):
    huge = 1 << 40
    path = tmp_path / "x"
    path.write_bytes(f"{huge} 300\n".encode() + b"a " + bytes(1200))
    with pytest.raises(ValueError, match="expected 1,099,511,627,776 words of 300"):
        read(path)
    header = {
        "data": {"dtype": "F32", "shape": [huge, 9], "data_offsets": [0, 36 * huge]}
    }
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(ValueError, match="x has no valid place for 'data'"):
        read(path)
    path.write_bytes(huge.to_bytes(8, "little") + b"{}")
    with pytest.raises(ValueError, match="is of no format that is known"):
        read(path)
    path.unlink()
    write_vectors(make_table(), path)
    rows = (path / "vectors").read_bytes().replace(b"(6, 4)", b"(9999999, 4)")
    (path / "vectors").write_bytes(rows)
    with pytest.raises(ValueError, match="vectors: expected an array of numpy, got:"):
        read(path)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("vectors.cfg", b"[]", "vectors.cfg: expected an object of settings"),
        ("vectors.cfg", b"{", "vectors.cfg: expected JSON, got:"),
        ("strings.json", b"{}", "strings.json: expected a list of strings"),
        ("key2row", b"\xc1", "key2row: expected keys and rows, got:"),
        ("key2row", srsly.msgpack_dumps({5: 6}), "key2row: expected keys, each with a"),
        (
            "key2row",
            srsly.msgpack_dumps({5000: 1}),
            "holds no vectors.*5000 has no string",
        ),
        ("vectors", pickle.dumps([1]), "vectors: expected an array of numpy, got:"),
    ],
)
def test_each_file_of_a_folder_is_checked(tmp_path, name, data, message):
    write_vectors(make_table(), tmp_path / "x")
    (tmp_path / "x" / name).write_bytes(data)
    with pytest.raises(ValueError, match=f"read_vectors: .*x.*{message}"):
        read(tmp_path / "x")


def test_rows_of_a_folder_must_be_finite_floats(tmp_path):
    write_vectors(make_table(), tmp_path / "x")
    np.save(tmp_path / "x" / "vectors.npy", np.zeros((6, 4), int))
    (tmp_path / "x" / "vectors.npy").rename(tmp_path / "x" / "vectors")
    with pytest.raises(ValueError, match="expected a matrix of floats"):
        read(tmp_path / "x")
    np.save(tmp_path / "x" / "vectors.npy", np.full((6, 4), np.inf))
    (tmp_path / "x" / "vectors.npy").rename(tmp_path / "x" / "vectors")
    with pytest.raises(ValueError, match="x: Vectors: all numbers must be finite"):
        read(tmp_path / "x")


def test_floret_of_another_attribute_is_warned_of(tmp_path):
    write_vectors(make_floret(), tmp_path / "x")
    config = tmp_path / "x" / "vectors.cfg"
    text = config.read_text()
    config.write_text(text.replace('"attr": 65', '"attr": "LOWER"'))
    with pytest.warns(UserWarning, match="vectors of the attribute LOWER, not of the"):
        read_vectors(tmp_path / "x")
    config.write_text(text.replace('"minn": 2', '"minn": "x"'))
    with pytest.raises(ValueError, match=r"vectors.cfg: expected a valid 'minn'"):
        read(tmp_path / "x")
    config.write_text(text.replace('"minn": 2', '"minn": 9'))
    with pytest.raises(ValueError, match=r"x: FloretVectors: minn and maxn must be"):
        read(tmp_path / "x")
