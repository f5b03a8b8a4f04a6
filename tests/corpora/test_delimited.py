import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora import (
    Corpus,
    Unread,
    read_csv,
    read_docs,
    read_tsv,
    write_csv,
    write_tsv,
)
from zoo.doc import Doc
from zoo.tokenizer import tokenize

from .strategies import LABELS, on_files, save, written

UNSURE = ("-", "?", "na", "n/a", "nan", "none", "null")
WORDS = LABELS.filter(
    lambda word: word.split() == [word] and word.lower() not in UNSURE
)
SAMPLES = st.lists(st.tuples(st.lists(WORDS, max_size=4), WORDS), max_size=4)


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
    path = save(tmp_path / "sample.tsv", written(write_tsv, docs))
    assert [*read_tsv(path, unread=Unread())] == docs


def test_the_best_label_is_written():
    docs = [
        Doc(["a", "b"], cats={"x": 0.2, "y": 0.5, "z": 0.5}),
        Doc([], cats={"x": 0}),
    ]
    assert written(write_tsv, docs) == "a b\ty\n\tx\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nc\n", "line 2: expected text, a tab and a label, got 1 column."),
        ("a\tb\tc\n", "line 1: expected text, a tab and a label, got 3 columns."),
        ("\n\t\t\n", "line 2: expected text, a tab and a label, got 3 columns."),
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


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_rows_without_a_label_are_unknown_in_every_table(tmp_path, name):
    text = "text\tlabel\nso it is\t\nso sunny\tgood \nso wet\t _\n"
    path = save(tmp_path / name, text.replace("\t", ",") if name == "a.csv" else text)
    unread = Unread()
    cats = [doc.cats for doc in read_docs(path, unread=unread)]
    assert cats == [None, {"good": 1.0}, None]
    assert "2 rows without a label, the first in line 2. The" in unread.describe()[-1]


@pytest.mark.parametrize("label", ["-", "?", "NA", "NaN", "None", "null"])
def test_labels_that_may_stand_for_none_are_said(tmp_path, label):
    path = save(tmp_path / "a.tsv", f"it rains\t{label}\nso sunny\tgood\n")
    message = "a.tsv: 1 row whose label is '-', .*, NA or the like, the first in line 1"
    with pytest.warns(UserWarning, match=message):
        first, _ = read_tsv(path)
    assert first.cats == {label: 1.0}


def test_words_with_labels_of_entities_are_said(tmp_path):
    path = save(tmp_path / "a.tsv", "Ann\tB-PER\nleft\tO\n\nOslo\tB-LOC\n")
    message = "a.tsv: 3 rows that look like words with the labels of entities"
    with pytest.warns(UserWarning, match=message):
        assert len([*read_tsv(path)]) == 3
    # Blood groups, of which one is that of a word.
    assert len([*read_tsv(save(path, "a b\tO\nc d\tAB\n"))]) == 2


@pytest.mark.parametrize("columns", [None, "text=1,label=2"])
def test_texts_in_quotes_are_said(tmp_path, columns):
    text = '"he said ""no"" again"\tbad\n"so" he said\tgood\n"so"\tgood\n'
    path = save(tmp_path / "a.tsv", text)
    message = "a.tsv: 1 row with a text in quotes that holds doubled ones, .* line 1"
    with pytest.warns(UserWarning, match=message):
        docs = [*read_tsv(path, columns=columns)]
    assert docs[0].text.startswith('"')


@pytest.mark.parametrize(
    "header",
    [
        "text\tlabel",
        "Tweet\tClass",
        "sentence\tgold_label",
        "doc_text\tcls",
        "word\ttag",
    ],
)
def test_headers_have_many_names(tmp_path, header):
    path = save(tmp_path / "a.tsv", f"{header}\nit rains\tbad\n")
    with pytest.warns(UserWarning, match=r"a.tsv: 1 header line"):
        assert [doc.words for doc in read_tsv(path)] == [["it", "rains"]]
    text, label = header.split("\t")
    save(path, f"{label}\t{text}\nbad\tit rains\n")
    with pytest.raises(ValueError, match="got a header that names the label first"):
        [*read_tsv(path)]


def test_a_header_is_no_document(tmp_path):
    text = "sentence\tlabel\nit rains\tbad\n"
    with pytest.warns(UserWarning, match=r"sample.tsv: 1 header line, .* pass columns"):
        (doc,) = read(tmp_path, text)
    assert doc.words == ["it", "rains"]


def test_a_header_that_names_the_label_first_is_refused(tmp_path):
    text = "Label\tReview\nbad\tit rains\n"
    with pytest.raises(ValueError, match=r'line 1: .* "text=Review,label=Label"'):
        read(tmp_path, text)
    (doc,) = read_tsv(tmp_path / "sample.tsv", columns="text=Review,label=Label")
    assert (doc.words, doc.cats) == (["it", "rains"], {"bad": 1.0})


@pytest.mark.parametrize(
    ("text", "n", "is_said"),
    [
        ("der satz", 20, True),
        ("der satz", 4, False),
        ("satz", 4, True),
        ("a", 2, False),
    ],
)
def test_a_first_label_that_stands_alone_is_said(tmp_path, text, n, is_said):
    path = save(tmp_path / "sample.tsv", f"{text}\tnote\n" + "a\t1\nb\t2\n" * (n // 2))
    unread = Unread()
    assert len([*read_tsv(path, unread=unread)]) == n + 1
    assert [
        "first line whose label occurs nowhere else" in said
        for said in unread.describe()
    ] == [True] * is_said
    save(path, "".join(f"a\t{i}\n" for i in range(n)))
    assert len([*read_tsv(path, unread=Unread())]) == n


REVIEWS = 'id,review,stars\r\n1,"Fine, ""really""\nfine!",5\r\n2,bad,\r\n\r\n3,,1\r\n'


def test_columns_of_csv_are_named(tmp_path):
    path = save(tmp_path / "a.csv", REVIEWS)
    unread = Unread()
    docs = [*read_csv(path, columns="text=review,label=stars", unread=unread)]
    assert [doc.words for doc in docs] == [
        ["Fine", ",", '"', "really", '"', "fine", "!"],
        ["bad"],
        [],
    ]
    assert [doc.cats for doc in docs] == [{"5": 1.0}, None, {"1": 1.0}]
    assert [said.partition(": ")[2][:45] for said in unread.describe()] == [
        "1 column that was not read, the first in line",
        "1 row without a label, the first in line 4. T",
    ]
    columns = {"text": "review", "label": "stars"}
    assert [*read_docs(path, columns=columns, unread=unread)] == docs
    corpus = Corpus(path, columns=columns)
    with pytest.warns(UserWarning) as caught:
        assert [*corpus()] == docs
    assert len(caught) == 2


def test_columns_of_tsv_are_named_or_numbered(tmp_path):
    path = save(tmp_path / "a.tsv", 'label\tn\tsay\n1\t7\t"can\'t" go\n')
    with pytest.warns(UserWarning, match="1 column that was not read"):
        (doc,) = read_tsv(path, columns="text=say,label=label")
    assert (doc.words, doc.cats) == (['"', "ca", "n't", '"', "go"], {"1": 1.0})
    docs = [*read_tsv(path, columns="text=3,label=1")]
    assert [doc.cats for doc in docs] == [{"label": 1.0}, {"1": 1.0}]
    with pytest.warns(UserWarning, match="2 columns that were not read"):
        (doc,) = read_tsv(path, columns="text=say")
    assert doc.cats is None


def test_csv_with_the_usual_names_needs_no_columns(tmp_path):
    path = save(tmp_path / "a.csv", "label,text\nx,a b\n")
    (doc,) = read_csv(path)
    assert (doc.words, doc.cats) == (["a", "b"], {"x": 1.0})
    assert [*read_csv(save(path, ""))] == []
    (doc,) = read_csv(save(path, "a b,x\n"), columns="text=1,label=-1")
    assert (doc.words, doc.cats) == (["a", "b"], {"x": 1.0})


@on_files
@given(st.lists(st.tuples(st.text("a\",\n\r'é", max_size=5), WORDS), max_size=4))
def test_csv_that_is_written_is_read_again(tmp_path, samples):
    docs = [
        Doc([text] if text else [], [False] * bool(text), cats={label: 1.0})
        for text, label in samples
    ]
    path = save(tmp_path / "a.csv", written(write_csv, docs))
    found = [*read_csv(path, tokenizer=lambda text: Doc([text] if text else []))]
    assert [doc.words for doc in found] == [doc.words for doc in docs]
    assert [doc.cats for doc in found] == [{k.strip(): 1.0} for _, k in samples]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        (
            REVIEWS,
            None,
            "line 1: expected one column 'text' for the text, got 'id', 're",
        ),
        (
            REVIEWS,
            "text=review,label=sta",
            "line 1: expected one column 'sta' for the la",
        ),
        ("a,a\n", "text=a", "line 1: expected one column 'a' for the text"),
        ("a,b\n1\n", "text=b", "line 2: expected a column for the text, got only 1 co"),
        ("text,label\n" + "a" * 200_000, None, "line 2: expected CSV, got: field larg"),
    ],
)
def test_columns_that_are_not_there_are_refused(tmp_path, text, columns, message):
    path = save(tmp_path / "a.csv", text)
    with pytest.raises(ValueError, match=message):
        [*read_csv(path, columns=columns, unread=Unread())]
    with pytest.raises(
        ValueError, match="read_csv: columns must be text or label, each"
    ):
        [*read_csv(path, columns="body=a")]


def test_a_document_without_category_is_not_written_as_csv():
    with pytest.raises(ValueError, match=r"write_csv: .* got none for document 1."):
        written(write_csv, [Doc(["a"])])


@pytest.mark.parametrize("write", [write_csv, write_tsv])
def test_blank_label_is_not_written(write):
    for label in (" ", "_"):
        message = f"must not be blank or _, got '{label}' for document 1"
        with pytest.raises(ValueError, match=message):
            write([Doc(["Snow"], cats={label: 1.0})], io.StringIO())


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("a.tsv", "{0}\tIt rains on day {1}\n", {}),
        ("a.tsv", "{0}\tIt rains on day {1}\n", {"columns": "text=1,label=2"}),
        ("a.csv", "{1},{0}\n", {"columns": "text=2,label=1"}),
    ],
)
def test_labels_that_mostly_occur_once_are_said(tmp_path, name, text, options):
    lines = (text.format("good" if i % 2 else "bad", i) for i in range(12))
    path = save(tmp_path / name, "".join(lines))
    message = rf"{name}: 12 labels in a file in which most labels occur once, the f"
    with pytest.warns(UserWarning, match=message):
        assert len([*read_docs(path, **options)]) == 12
    right = {"columns": "text=2,label=1" if name == "a.tsv" else "text=1,label=2"}
    assert len([*read_docs(path, **right)]) == 12


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_more_columns_than_in_the_header_are_refused(tmp_path, name):
    text = "text,label\nRain,bad\nSun, at last,good\n"
    text = text if name == "a.csv" else text.replace(",", "\t")
    path = save(tmp_path / name, text)
    with pytest.raises(ValueError, match=rf"{name}, line 3: expected 2 columns, as in"):
        [*read_docs(path, columns="text=text,label=label")]
    # Empty ones at the end are nothing.
    save(path, text.replace(" at last", "").replace("good", ""))
    unread = Unread()
    assert len([*read_docs(path, columns="text=text,label=label", unread=unread)]) == 2


def test_more_columns_than_in_the_first_row_are_said(tmp_path):
    path = save(tmp_path / "a.csv", "Rain,bad\nSun, at last,good\n")
    message = "a.csv: 1 row with more columns than the first, the first in line 2"
    with pytest.warns(UserWarning, match=message):
        assert len([*read_docs(path, columns="text=1,label=-1")]) == 2
