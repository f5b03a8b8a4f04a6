import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora import Corpus, read_docs, read_tsv, write_tsv
from zoo.doc import Doc
from zoo.tokenizer import tokenize

from .strategies import LABELS, on_files, save, written

WORDS = LABELS.filter(lambda word: word.split() == [word])
SAMPLES = st.lists(st.tuples(st.lists(WORDS, max_size=4), LABELS), max_size=4)


def read(path, text):
    return list(read_tsv(save(path / "sample.tsv", text)))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_is_a_document_with_one_category(tmp_path, end):
    text = "it 's fine\tgood\n\n   \n\tbad label\nno end\t1".replace("\n", end)
    found = [(doc.words, doc.cats) for doc in read(tmp_path, text)]
    assert found == [
        (["it", "'s", "fine"], {"good": 1.0}),
        ([], {"bad label": 1.0}),
        (["no", "end"], {"1": 1.0}),
    ]


def test_the_text_is_split_by_the_tokenizer_that_is_given(tmp_path):
    path = save(tmp_path / "sample.tsv", "a movie!\tgood\n\tbad\n")
    found = [(doc.words, doc.cats) for doc in read_tsv(path, tokenizer=tokenize)]
    assert found == [(["a", "movie", "!"], {"good": 1.0}), ([], {"bad": 1.0})]
    assert [doc.words for doc in Corpus(path, tokenizer=tokenize)()] == [
        words for words, _ in found
    ]
    assert [doc.words for doc in read_docs(path)] == [["a", "movie!"], []]


@on_files
@given(SAMPLES)
def test_what_is_written_is_read_again(tmp_path, samples):
    docs = [Doc(words, cats={label: 1.0}) for words, label in samples]
    assert read(tmp_path, written(write_tsv, docs)) == docs


def test_the_best_label_is_written():
    docs = [
        Doc(["a", "b"], cats={"x": 0.2, "y": 0.5, "z": 0.5}),
        Doc([], cats={"x": 0}),
    ]
    assert written(write_tsv, docs) == "a b\ty\n\tx\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nc\n", "line 2: expected text, a tab and a label, got 1 columns."),
        ("a\tb\tc\n", "line 1: expected text, a tab and a label, got 3 columns."),
        ("\n\t\t\n", "line 2: expected text, a tab and a label, got 3 columns."),
        ("a\t\r\n", "line 1: expected a label after the tab, got none."),
    ],
)
def test_a_malformed_line_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=f"sample.tsv, {message}"):
        read(tmp_path, text)


def test_a_document_without_category_is_not_written():
    docs = [Doc(["a"], cats={"x": 1}), Doc(["a"], cats={})]
    with pytest.raises(ValueError, match=r"write_tsv: .* got none for document 2."):
        written(write_tsv, docs)


@pytest.mark.parametrize("wrong", ["a\tb", "a\nb", "a\rb"])
def test_what_would_break_a_line_is_not_written(wrong):
    for doc in (Doc([wrong], cats={"x": 1}), Doc(["a"], cats={wrong: 1})):
        with pytest.raises(
            ValueError, match="write_tsv: a word or label must not hold"
        ):
            written(write_tsv, [doc])
