import pytest

from zoo.corpora.text import read_text, write_text
from zoo.doc import Doc
from zoo.tokenizer.adapters import WhitespaceTokenizer

from .strategies import save, written


def test_each_line_is_split_into_a_document(tmp_path):
    path = save(tmp_path / "a.txt", "\ufeffIt's so.\r\n\n \t\nno, 5%")
    assert [doc.words for doc in read_text(path)] == [
        ["It", "'s", "so", "."],
        ["no", ",", "5", "%"],
    ]
    docs = read_text(path, tokenizer=WhitespaceTokenizer())
    assert [doc.words for doc in docs] == [["It's", "so."], ["no,", "5%"]]


def test_the_text_of_documents_is_written(tmp_path):
    docs = [Doc(["a", "b"], [False, False]), Doc([]), Doc(["c", "d"])]
    text = written(write_text, docs)
    assert text == "ab\n\nc d\n"
    found = read_text(save(tmp_path / "a.txt", text))
    assert [doc.text for doc in found] == ["ab", "c d"]


@pytest.mark.parametrize("word", ["b\n", "\nb", "b\rc"])
def test_a_line_break_is_refused(word):
    with pytest.raises(ValueError, match=r"write_text: .* document 2"):
        written(write_text, [Doc(["a"]), Doc(["a", word])])


COLUMNS = "-DOCSTART- -X- O\n\nRome NNP B-X\nfell VBD O\n\nSo RB O\n"


def test_lines_of_words_and_labels_are_said(tmp_path):
    path = save(tmp_path / "a.txt", COLUMNS)
    with pytest.warns(UserWarning, match="a.txt: 4 lines that look like words with th"):
        assert len([*read_text(path)]) == 4
    assert [*read_text(save(path, "So it goes\nVitamin B-12\nType O\nYes\n"))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ann|B-X met|O\nBo|B-X .|O\n", "2 lines of words with labels, 'word.label'"),
        ("Ann|NNP|B-X met|VB|O\n", "1 line of words with labels, 'word.label'"),
        ('{"text": "Ann"}\n{ "text": "Bo" }\n', "2 lines of JSON, .*.jsonl"),
        ("1\tAnn" + "\t_" * 8 + "\n\n1-2\tBo" + "\t_" * 8, "2 lines in col.*.conllu"),
        ("So it goes\tgood\nNo.\tbad\n", "2 lines with tabs between columns, .*.tsv"),
        ("dog\tfine\nran\tgood\n", "2 lines with tabs between columns, .*.conll"),
        ("dog\tNN\nran\tVBD\n", "2 lines of words with tags, such as word/TAG"),
        ("The/DT dog/NN\nran/VBD ./.\n", "2 lines of words with tags"),
        ("The_DT dog_NN\nran_VBD ._.\n", "2 lines of words with tags"),
        ("dog NN\nran VBD\n. .\n\n", "3 lines of words with tags"),
        ("__label__a so\n__label__b it is\n", "2 lines that begin with a label of fas"),
        ('text,label\n"a, b",c\nd,c\n', "2 lines below a header in commas, .*.csv"),
    ],
)
def test_lines_of_other_formats_are_said(tmp_path, text, message):
    with pytest.warns(UserWarning, match=f"a.txt: {message}"):
        assert [*read_text(save(tmp_path / "a.txt", text))]


@pytest.mark.parametrize(
    "text",
    [
        "a | b\nc || d\n",
        "{so} it goes\n",
        "\tIndented\n\ttwice\n",
        "Ann met Bo\n",
        "1. So",
        "and/or this\nA/B tests\n",
        "text, too\nit rains\n",
        "OK OK then\nso YES\nno\n",
    ],
)
def test_plain_text_is_not_taken_for_another_format(tmp_path, text):
    assert [*read_text(save(tmp_path / "a.txt", text))]
