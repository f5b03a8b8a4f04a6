import pytest

from zoo.corpora import read_docs, write_docs
from zoo.doc import Doc, Span

DOC = Doc(["Ann", "sleeps"], tags=["N", "V"], ents=[Span(0, 1, "P")], cats={"x": 1.0})


@pytest.fixture
def source(tmp_path):
    write_docs([DOC, DOC], tmp_path / "a.jsonl")
    return tmp_path / "a.jsonl"


def test_documents_are_converted(zoo_cli, source):
    code, out, err = zoo_cli("convert", source, "b.spacy")
    assert (code, out) == (0, "")
    assert err == "Wrote 2 documents with 4 words to b.spacy.\n"
    assert [*read_docs("b.spacy")] == [DOC, DOC]
    assert zoo_cli("convert", "b.spacy", "c.biluo.gz")[0] == 0
    assert [doc.ents for doc in read_docs("c.biluo.gz")] == [DOC.ents] * 2


def test_what_is_left_out_is_told(zoo_cli, source):
    _, _, err = zoo_cli("convert", source, "b.tsv")
    assert "Left out, as the format cannot hold it: tags, ents.\n" in err


def test_a_folder_of_raw_text_is_split(zoo_cli, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.txt").write_text("It's so.\n")
    zoo_cli("convert", "raw", "a.jsonl")
    zoo_cli("convert", "raw", "b.jsonl", "--lang", "xx")
    assert [doc.words for doc in read_docs("a.jsonl")] == [["It", "'s", "so", "."]]
    assert [doc.words for doc in read_docs("b.jsonl")] == [["It", "'s", "so", "."]]


def test_the_text_of_tsv_is_split(zoo_cli, tmp_path):
    (tmp_path / "a.tsv").write_text("It's so.\tgood\n")
    zoo_cli("convert", "a.tsv", "a.jsonl")
    zoo_cli("convert", "a.tsv", "b.jsonl", "--tokenizer", "zoo.WhitespaceTokenizer.v1")
    assert [doc.words for doc in read_docs("a.jsonl")] == [["It", "'s", "so", "."]]
    assert [doc.words for doc in read_docs("b.jsonl")] == [["It's", "so."]]


def test_options_say_what_becomes_of_bad_labels(zoo_cli, tmp_path):
    (tmp_path / "a.bio").write_text("Ann\tI-P\n")
    assert zoo_cli("convert", "a.bio", "b.bio")[0] == 0
    assert (tmp_path / "b.bio").read_text() == "Ann\tB-P\n\n"
    code, _, err = zoo_cli("convert", "a.bio", "b.bio", "--strict")
    assert code == 1
    assert "a.bio, line 1: expected a label that can follow O, got I-P." in err
    (tmp_path / "a.jsonl").write_text('{"text": "Ann", "entities": [[0, 2, "P"]]}')
    code, _, err = zoo_cli("convert", "a.jsonl", "b.bio")
    assert code == 1
    assert "a span must begin and end with a word" in err
    assert (tmp_path / "b.bio").read_text() == "Ann\tB-P\n\n"
    assert zoo_cli("convert", "a.jsonl", "b.bio", "--misaligned", "skip")[0] == 0
    assert (tmp_path / "b.bio").read_text() == "Ann\tO\n\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.jsonl", "b.bio"), "no.jsonl does not exist. Did you mean 'a.jsonl'"),
        (("a.jsonl", "b.pdf"), "b.pdf: the suffix must be one of .bio, "),
    ],
)
def test_what_cannot_be_converted_is_refused(zoo_cli, source, arguments, message):
    code, _, err = zoo_cli("convert", *arguments)
    assert code == 1
    assert message in err
