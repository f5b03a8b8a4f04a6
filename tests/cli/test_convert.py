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
    assert (
        "Left out, as the format cannot hold it: tags of 2 documents (the first: 1), "
        "entities of 2 documents (the first: 1).\n"
    ) in err


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


@pytest.mark.filterwarnings("default:.*a.jsonl. 1 entity that does not")
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
    assert (tmp_path / "b.bio").read_text() == "Ann\t\n\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.jsonl", "b.bio"), "no.jsonl does not exist. Did you mean 'a.jsonl'"),
        (("a.jsonl", "b.pdf"), "b.pdf: the suffix must be one of .arrow, "),
    ],
)
def test_what_cannot_be_converted_is_refused(zoo_cli, source, arguments, message):
    code, _, err = zoo_cli("convert", *arguments)
    assert code == 1
    assert message in err


@pytest.mark.filterwarnings("default:.*a.bio. 1 word without a label")
def test_what_was_not_read_is_printed(zoo_cli, tmp_path):
    (tmp_path / "a.bio").write_text("Ann\tB-PER\nleft\tO\nx\t_\nRome\tB-LOC\n")
    code, out, err = zoo_cli("convert", "a.bio", "b.bio")
    assert (code, out) == (0, "")
    first, second = err.splitlines()
    assert first.startswith(
        "warning: a.bio: 1 word without a label of an entity, the f"
    )
    assert second == "Wrote 1 document with 4 words to b.bio."
    assert (tmp_path / "b.bio").read_text() == (
        "Ann\tB-PER\nleft\tO\nx\t-\nRome\tB-LOC\n\n"
    )


def test_columns_formats_and_overlaps_have_options(zoo_cli, tmp_path):
    (tmp_path / "a.csv").write_text("stars,review\n5,It's so.\n")
    columns = "--columns", "text=review,label=stars"
    assert zoo_cli("convert", "a.csv", "a.jsonl", *columns) == (
        0,
        "",
        "Wrote 1 document with 4 words to a.jsonl.\n",
    )
    (doc,) = read_docs("a.jsonl")
    assert doc.cats == {"5": 1.0}
    (tmp_path / "b.txt").write_text("# id 1\n1 Ann B-P\n2 left O\n")
    options = "--from", ".conll", "--columns", "word=2", "--comments", "#"
    assert zoo_cli("convert", "b.txt", "b.bio", *options)[0] == 0
    assert (tmp_path / "b.bio").read_text() == "Ann\tB-P\nleft\tO\n\n"
    (tmp_path / "c.jsonl").write_text(
        '{"tokens": ["a"], "ents": [[0,1,"X"],[0,1,"X"]]}'
    )
    assert "spans must not overlap" in zoo_cli("convert", "c.jsonl", "c.bio")[2]


@pytest.mark.filterwarnings("default:.*c.jsonl. 1 entity that repeats")
def test_the_longest_of_overlapping_entities_is_kept(zoo_cli, tmp_path):
    line = '{"tokens": ["a", "b"], "ents": [[0, 2, "X"], [0, 1, "X"]]}'
    (tmp_path / "c.jsonl").write_text(line)
    code, _, err = zoo_cli("convert", "c.jsonl", "c.bio", "--overlapping", "longest")
    assert code == 0
    assert "warning: c.jsonl: 1 entity that repeats or overlaps a longer one" in err
    assert (tmp_path / "c.bio").read_text() == "a\tB-X\nb\tI-X\n\n"


@pytest.mark.filterwarnings("default:Tokenizer. has no rules of")
def test_a_language_without_rules_is_said(zoo_cli, tmp_path):
    (tmp_path / "a.txt").write_text("L'herbe n'est pas.\n")
    code, _, err = zoo_cli("convert", "a.txt", "a.jsonl", "--lang", "fr")
    assert code == 0
    assert "warning: Tokenizer: has no rules of the language 'fr', only general" in err
    code, _, err = zoo_cli(
        "init", "config", "a.cfg", "--pipeline", "tagger", "-l", "fr"
    )
    assert (code, "warning: Tokenizer: has no" in err) == (0, True)
