from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora import Corpus, Unread, read_docs
from zoo.corpora.iob import read_iob, write_biluo, write_bio, write_iob
from zoo.doc import Doc, Span

from .strategies import CELLS, LABELS, on_files, save, written

WRITERS = {"bio": write_bio, "biluo": write_biluo, "conll": write_bio, "iob": write_iob}
WORDS = CELLS.filter(
    lambda w: w.strip(" ") == w and w != "-DOCSTART-" and "\ufeff" not in w
)
ENTITY_LABELS = LABELS.filter(lambda w: w.strip(" ") == w)


@st.composite
def docs_with_ents(draw):
    words = draw(st.lists(WORDS, min_size=1, max_size=8))
    bounds = sorted(draw(st.lists(st.integers(0, len(words)), unique=True)))
    labels = draw(st.lists(ENTITY_LABELS, min_size=1, max_size=2))
    spans = [
        Span(start, end, draw(st.sampled_from(labels)))
        for start, end in pairwise(bounds)
        if draw(st.booleans())
    ]
    return Doc(words, ents=draw(st.sampled_from([None, spans])))


@on_files
@given(st.lists(docs_with_ents(), max_size=3), st.sampled_from([*WRITERS]))
def test_entities_survive_every_scheme(tmp_path, docs, scheme):
    path = save(tmp_path / f"a.{scheme}", written(WRITERS[scheme], docs))
    loose = [*read_iob(path, unread=Unread())]
    assert loose == [*read_iob(path, strict=True, unread=Unread())] == docs


def read(tmp_path, text, name="a.bio", **options):
    return [*read_iob(save(tmp_path / name, text), **options)]


def spans(tmp_path, *labels, **options):
    text = "".join(f"w\t{label}\n" for label in labels)
    (doc,) = read(tmp_path, text, **options)
    return [(start, end) for start, end, _ in doc.ents]


def test_schemes_are_written_as_they_are_known():
    ents = [Span(0, 2, "A"), Span(2, 3, "A"), Span(4, 5, "B")]
    doc = Doc(["a", "b", "c", "d", "e"], ents=ents)
    labels = {
        write_bio: "B-A I-A B-A O B-B",
        write_iob: "I-A I-A B-A O I-B",
        write_biluo: "B-A L-A U-A O U-B",
    }
    for write, expected in labels.items():
        rows = written(write, [doc]).splitlines()
        assert [row.partition("\t")[2] for row in rows] == [*expected.split(), ""]


def test_columns_blanks_and_marks_between_documents(tmp_path):
    text = (
        "\ufeff-DOCSTART- -X- -X- O\n\n\nEU NNP B-NP B-ORG\r\nrejects VBZ B-VP O \r\n"
        "\t\n  \nNew York\t\tB-LOC\t\n -DOCSTART-\nof\tO\n"
    )
    with pytest.warns(UserWarning, match="2 lines with columns between word and"):
        docs = read(tmp_path, text)
    assert docs == [
        Doc(["EU", "rejects"], ents=[Span(0, 1, "ORG")]),
        Doc(["New York"], ents=[Span(0, 1, "LOC")]),
        Doc(["of"], ents=[]),
    ]


def test_words_without_a_label_are_unknown_and_counted(tmp_path):
    text = "a\nb\n\nc -\nd B-X\nf _\ng I-X\nh\n\ne O"
    unread = Unread()
    docs = read(tmp_path, text, unread=unread)
    none, some = unread.describe()
    assert "a.bio: 1 sentence without a label, the first in line 1. Nothing is" in none
    assert "a.bio: 3 words without a label of an entity, the first in line 4" in some
    assert docs == [
        Doc(["a", "b"]),
        Doc(
            ["c", "d", "f", "g", "h"],
            ents=[Span(1, 2, "X"), Span(3, 4, "X")],
            ents_known=[False, True, False, True, False],
        ),
        Doc(["e"], ents=[]),
    ]
    for label in ("", " _"):
        with pytest.raises(ValueError, match="line 1: expected a label for 'c', as"):
            read(tmp_path, f"c{label}\nd O\n", strict=True)


@pytest.mark.parametrize("scheme", [*WRITERS])
def test_unknown_words_survive_every_scheme(tmp_path, scheme):
    known = [True, False, True, True, False]
    ents = [Span(0, 1, "X"), Span(2, 4, "X")]
    doc = Doc(["a", "b", "c", "d", "e"], ents=ents, ents_known=known)
    text = written(WRITERS[scheme], [doc])
    assert [line[2:] for line in text.splitlines()][1::3] == ["-", "-"]
    unread = Unread()
    path = save(tmp_path / f"a.{scheme}", text)
    assert [*read_iob(path, strict=True, unread=unread)] == [doc]
    assert [tally.count for tally in unread.found.values()] == [2]


def test_a_sentence_of_words_and_labels_may_stand_in_a_line(tmp_path):
    text = "I|O like|O London|I-GPE and|O New|B-GPE York|I-GPE .|O\n\nRome|NNP|B-GPE\n"
    assert read(tmp_path, text, "a.iob") == [
        Doc(
            ["I", "like", "London", "and", "New", "York", "."],
            ents=[Span(2, 3, "GPE"), Span(4, 6, "GPE")],
        ),
        Doc(["Rome"], tags=["NNP"], ents=[Span(0, 1, "GPE")]),
    ]
    assert read(tmp_path, "a O\nb|O c|-\n|\tO\n", "a.iob", unread=Unread()) == [
        Doc(["a"], ents=[]),
        Doc(["b", "c"], ents=[], ents_known=[True, False]),
        Doc(["|"], ents=[]),
    ]


SHARED_TASK = "# id 7 domain=en\n1\tRome\tNNP\tB-LOC\tx\n2\tfell\tVBD\tO\tx\n"


def test_words_of_a_line_may_lack_their_label(tmp_path):
    unread = Unread()
    (doc,) = read_iob(
        save(tmp_path / "a.iob", "Ann|NNP|B-PER left|VBD|_ to|TO| Oslo|NNP|-\n"),
        unread=unread,
    )
    assert (doc.ents, doc.ents_known) == (
        [Span(0, 1, "PER")],
        [True, False, False, False],
    )
    assert doc.tags == ["NNP", "VBD", "TO", "NNP"]
    assert "3 words without a label of an entity" in unread.describe()[0]


@pytest.mark.parametrize("header", ["word\tlabel", "Token POS NER", "TOKENS\tner_tags"])
def test_a_header_is_no_word(tmp_path, header):
    with pytest.warns(UserWarning, match=r"a.bio: 1 header line, .* names the columns"):
        (doc,) = read_iob(save(tmp_path / "a.bio", f"{header}\nAnn\tB-PER\nleft\tO\n"))
    assert doc.words == ["Ann", "left"]


def test_the_columns_of_conllu_are_said(tmp_path):
    rows = "1\tAnn" + "\t_" * 8 + "\n2\tleft" + "\t_" * 8 + "\n"
    unread = Unread()
    assert [*read_iob(save(tmp_path / "a.conll", rows), unread=unread)]
    said = unread.describe()[0]
    assert "2 lines with the ten columns of CoNLL-U, the first in line 1" in said
    assert 'Pass format = ".conllu"' in said


def test_columns_are_named_and_comments_passed_over(tmp_path):
    options = {"columns": "word=2,tag=3,label=-2", "comments": "# id"}
    expected = Doc(["Rome", "fell"], tags=["NNP", "VBD"], ents=[Span(0, 1, "LOC")])
    assert read(tmp_path, SHARED_TASK, **options) == [expected]
    assert [*read_docs(tmp_path / "a.bio", **options)] == [expected]
    assert [*Corpus(tmp_path / "a.bio", **options)()] == [expected]
    options["columns"] = {"label": 4}
    with pytest.warns(UserWarning, match="1 sentence whose first column counts its"):
        (doc,) = read(tmp_path, SHARED_TASK, **options)
    assert (doc.words, doc.tags) == (["1", "2"], None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, 'line 1: expected the label O, .* pass comments = "#"'),
        (
            {"columns": "word=9", "comments": "#"},
            "line 2: expected a column for 'word', g",
        ),
        ({"columns": "word=a"}, "read_iob: columns must be numbers, as .* got 'a' for"),
        ({"columns": "head=1"}, "read_iob: columns must be word or label or tag, each"),
        ({"columns": "word=0"}, "read_iob: columns must be word or .* 'word' with 0"),
        ({"columns": "word"}, "read_iob: columns must be word or .* 'word' with ''"),
    ],
)
def test_columns_that_are_not_there_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, SHARED_TASK, **options)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("O I-A I-A O", [(1, 3)]),
        ("I-A B-A I-B", [(0, 1), (1, 2), (2, 3)]),
        ("B-A I-A L-A I-A", [(0, 3), (3, 4)]),
        ("B-A U-A L-A", [(0, 1), (1, 2), (2, 3)]),
        ("B-A O", [(0, 1)]),
        ("B-A I-A E-A S-A", [(0, 3), (3, 4)]),
        ("L-A L-A", [(0, 1), (1, 2)]),
    ],
)
def test_labels_out_of_order_are_repaired(tmp_path, labels, expected):
    assert spans(tmp_path, *labels.split()) == expected


@pytest.mark.parametrize(
    ("name", "labels", "line", "last", "found"),
    [
        ("a.bio", "O I-A", 2, "O", "I-A"),
        ("a.bio", "B-A I-B", 2, "B-A", "I-B"),
        ("a.conll.gz", "O U-A", 2, "O", "U-A"),
        ("a.biluo", "B-A O", 2, "B-A", "O"),
        ("a.biluo", "B-A B-A", 2, "B-A", "B-A"),
        ("a.biluo", "O L-A", 2, "O", "L-A"),
        ("a.biluo", "O B-A I-A", 3, "I-A", "the end of a sentence"),
        ("a.iob", "I-A L-A", 2, "I-A", "L-A"),
    ],
)
def test_strictly_they_are_refused(tmp_path, name, labels, line, last, found):
    path = save(tmp_path / name.removesuffix(".gz"), "")
    path.write_text("".join(f"w {label}\n" for label in labels.split()))
    message = f"line {line}: expected a label that can follow {last}, got {found}."
    with pytest.raises(ValueError, match=message):
        [*read_iob(path, strict=True)]
    assert [*read_iob(path)]


@pytest.mark.parametrize("label", ["X", "A-B", "b-A", "B-", "B", "o"])
def test_an_unknown_label_is_refused(tmp_path, label):
    with pytest.raises(
        ValueError, match=f"a.bio, line 2: expected the label O, .* got '{label}'"
    ):
        read(tmp_path, f"a O\nb {label}\n")


def test_a_label_without_a_word_is_refused(tmp_path):
    with pytest.raises(ValueError, match="line 2: expected a word before the label"):
        read(tmp_path, "a\tO\n\tO\n")


@pytest.mark.parametrize("word", ["", "a\tb", "a\n", " a", "a ", "-DOCSTART-", "\r"])
def test_a_word_that_would_not_come_back_is_refused(word):
    with pytest.raises(ValueError, match=r"write_iob: a word must not .* document 2\."):
        written(write_bio, [Doc(["a"]), Doc([word])])


@pytest.mark.parametrize(
    "ents", [[Span(0, 2, "A"), Span(1, 2, "B")], [Span(0, 1, "")], [Span(0, 1, "\t")]]
)
def test_entities_that_would_not_come_back_are_refused(ents):
    doc = Doc(["a", "b"], ents=[])
    doc.ents.extend(ents)  # What changes within a field is not checked.
    with pytest.raises(ValueError, match="write_iob: entities must not overlap"):
        written(write_biluo, [doc])


def test_documents_without_words_are_left_out():
    assert (
        written(write_iob, [Doc([]), Doc(["a"], ents=[]), Doc([], ents=[])])
        == "a\tO\n\n"
    )


@pytest.mark.parametrize("suffix", [".bio", ".iob", ".conll", ".biluo"])
@pytest.mark.parametrize("end", ["", "\t"])
def test_a_file_of_words_alone_is_said(tmp_path, suffix, end):
    text = f"Ann{end}\nsang{end}\n\nSo{end}\n"
    with pytest.warns(UserWarning, match=rf"a{suffix}: 2 sentences without a label, "):
        docs = read(tmp_path, text, f"a{suffix}")
    assert docs == [Doc(["Ann", "sang"]), Doc(["So"])]


def test_numbers_of_words_may_begin_with_0(tmp_path):
    unread = Unread()
    read(tmp_path, "0 Ann B-X\n1 sang O\n", unread=unread)
    assert any("1 sentence whose first column counts" in s for s in unread.describe())
