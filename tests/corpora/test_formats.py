import gzip
import os

import pytest

from zoo.corpora import read_docs, write_docs
from zoo.corpora.formats import FORMATS
from zoo.docs import Doc

from .strategies import save

DOCS = [Doc(["a", "b"], cats={"x": 1.0}), Doc(["c"], cats={"y": 1.0})]


@pytest.mark.parametrize("suffix", [s + gz for s in FORMATS for gz in ("", ".gz")])
def test_every_format_is_written_and_read(tmp_path, suffix):
    path = tmp_path / f"en.dev{suffix}"
    write_docs(iter(DOCS), path)
    assert [doc.words for doc in read_docs(path)] == [["a", "b"], ["c"]]
    assert path.read_bytes().startswith(b"\x1f\x8b") == suffix.endswith(".gz")
    # Documents may come from the file that they replace.
    write_docs(read_docs(str(path)), str(path))
    assert [doc.words for doc in read_docs(path)] == [["a", "b"], ["c"]]
    assert os.listdir(tmp_path) == [path.name]


def test_case_of_a_suffix_does_not_matter(tmp_path):
    path = tmp_path / "A.TSV.GZ"
    path.write_bytes(gzip.compress(b"a\tb\n"))
    assert [doc.words for doc in read_docs(path)] == [["a"]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.conll", "got .conll. Did you mean .conllu?"),
        ("a.json.gz", "got .json. Did you mean .jsonl?"),
        ("a.spacy", "got .spacy.$"),
        ("a.gz", "got none.$"),
        ("a", "got none.$"),
    ],
)
def test_an_unknown_suffix_is_refused_at_once(tmp_path, name, message):
    path = save(tmp_path / name, "")
    known = "the suffix must be one of .conllu, .jsonl, .tsv, each with or without .gz"
    with pytest.raises(ValueError, match=f"{name}: {known}, {message}"):
        read_docs(path)
    with pytest.raises(ValueError, match=f"{name}: {known}, {message}"):
        write_docs(DOCS, path)
    assert path.read_text() == ""


def test_a_missing_file_is_refused_at_once(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a.tsv does not exist."):
        read_docs(tmp_path / "a.tsv")


def test_a_document_that_cannot_be_written_leaves_the_file_as_it_was(tmp_path):
    path = save(tmp_path / "a.tsv", "a\tb\n")
    with pytest.raises(ValueError, match="write_tsv"):
        write_docs([*DOCS, Doc([])], path)
    assert path.read_text() == "a\tb\n"
    assert os.listdir(tmp_path) == ["a.tsv"]
