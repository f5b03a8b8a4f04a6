from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zoo.corpora import Unread, read_conllu, write_conllu
from zoo.doc import TOKEN_FIELDS, Doc, Span

from .strategies import CELLS, docs, on_files, save, written

pytestmark = pytest.mark.filterwarnings("ignore:.*UPOS but without XPOS")
SAMPLE = """\
# sent_id = 1
# text = Vámonos al mar.
1-2	Vámonos	_	_	_	_	_	_	_	_
1	Vamos	ir	VERB	V	Mood=Imp	0	root	0:root	_
2	nos	nosotros	PRON	P	_	1	obj	1:obj	_
3-4	al	_	_	_	_	_	_	_	Lang=es
3	a	a	ADP	I	_	5	case	5:case	SpaceAfter=No
4	el	el	DET	_	_	5	det	5:det	SpaceAfter=No
5	mar	mar	NOUN	N	_	1	obl	1:obl	CorrectSpaceAfter=No
5.1	va	ir	VERB	V	_	_	_	1:conj	CopyOf=1
6-7	. !	_	_	_	_	_	_	_	A=b|SpaceAfter=No
6	.	.	PUNCT	.	_	_	_	_	_
7	_	_	_	_	_	_	_	_	_

1	No	no	_	_	_	_	_	_	SpaceAfter=No

"""
ROW = "1	a	_	_	_	_	0	_	_	_\n"


def read(path, text):
    return list(read_conllu(save(path / "sample.conllu", text)))


def test_columns_become_fields(tmp_path):
    first, second = read(tmp_path, SAMPLE)
    assert first.words == ["Vamos", "nos", "a", "el", "mar", ".", "_"]
    assert first.pos == ["VERB", "PRON", "ADP", "DET", "NOUN", "PUNCT", None]
    assert first.tags == ["V", "P", "I", None, "N", ".", None]
    assert first.heads == [0, 0, 4, 4, 0, None, None]
    assert first.deps == ["root", "obj", "case", "det", "obl", None, None]
    assert second.words == ["No"]
    assert second.tags is second.pos is second.heads is second.deps is None
    assert second.spaces == [False]


def test_a_range_knows_the_spaces_of_its_words(tmp_path):
    doc = read(tmp_path, SAMPLE)[0]
    assert doc.spaces == [False, True, False, True, True, False, False]


def test_the_lines_of_a_sentence_are_kept(tmp_path):
    first, second = SAMPLE.split("\n\n")[:2]
    lines = [doc.user_data["conllu"] for doc in read(tmp_path, SAMPLE)]
    assert lines == [first.split("\n"), second.split("\n")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_copy_is_identical(tmp_path, end):
    text = SAMPLE.replace("\n", end)
    assert written(write_conllu, read(tmp_path, text)) == text


def test_windows_line_ends_change_no_field(tmp_path):
    for plain, doc in zip(
        read(tmp_path, SAMPLE),
        read(tmp_path, SAMPLE.replace("\n", "\r\n")),
        strict=True,
    ):
        assert doc.words == plain.words
        for name in TOKEN_FIELDS:
            assert getattr(doc, name) == getattr(plain, name)


@pytest.mark.parametrize(
    "text",
    [
        SAMPLE.rstrip("\n"),
        SAMPLE[:-1],
        "\ufeff" + SAMPLE,
        "\n\n" + SAMPLE.replace("\n\n", "\n\n\n"),
    ],
    ids=["no line end", "no blank line", "byte order mark", "more blank lines"],
)
def test_loose_ends_are_legal(tmp_path, text):
    assert written(write_conllu, read(tmp_path, text)) == SAMPLE


def test_new_values_replace_their_columns_alone(tmp_path):
    doc = read(tmp_path, SAMPLE)[0]
    doc.tags, doc.pos = [*"ABCDE", None, "G"], None
    doc.heads, doc.deps = [1, 1, None, 0, 0, 0, 0], ["x"] * 7
    lines = written(write_conllu, [doc]).split("\n")
    before = SAMPLE.split("\n")
    assert lines[:2] == before[:2]
    assert (
        lines[3] == "1	Vamos	ir	VERB	A	Mood=Imp	2	x	0:root	_"
    )
    assert lines[4] == "2	nos	nosotros	PRON	B	_	0	x	1:obj	_"
    assert (
        lines[6] == "3	a	a	ADP	C	_	5	x	5:case	SpaceAfter=No"
    )
    assert lines[11] == "6	.	.	PUNCT	.	_	1	x	_	_"
    assert lines[12] == "7	_	_	_	G	_	1	x	_	_"
    assert [lines[i] for i in (2, 5, 9, 10)] == [before[i] for i in (2, 5, 9, 10)]


def test_a_document_without_lines_is_written_afresh():
    doc = Doc(["so", "!"], spaces=[False, True], tags=["A", None], heads=[0, 0])
    assert written(write_conllu, [doc]) == (
        "# text = so!\n"
        "1	so	_	_	A	_	0	_	_	SpaceAfter=No\n"
        "2	!	_	_	_	_	1	_	_	_\n"
        "\n"
    )


@on_files
@given(st.lists(docs(CELLS.filter(lambda word: not word.isspace())), max_size=4))
@example([Doc([])])
@example([Doc(["a"] * 600, heads=[max(0, i - 1) for i in range(600)])])
def test_what_is_written_is_read_again(tmp_path, docs):
    text = written(write_conllu, docs)
    found = read(tmp_path, text)
    assert len(found) == len(docs)
    for doc, again in zip(docs, found, strict=True):
        assert again.words == doc.words
        assert again.spaces == (doc.spaces or [True] * len(doc) if doc.words else None)
        for name in ("tags", "pos", "heads", "deps"):
            values = getattr(doc, name)
            known = values is not None and any(v is not None for v in values)
            assert getattr(again, name) == (values if known else None)
    assert written(write_conllu, found) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ROW + "2	b	_	_	_	_	_\n",
            "line 2: expected 10 tab-separated columns, got 7.",
        ),
        ("# a\n\n# b\n1\n", "line 4: expected 10 tab-separated columns, got 1."),
        (ROW[:-1] + "	_\n", "line 1: expected 10 tab-separated columns, got 11."),
        (ROW + ROW, "line 2: expected the id 2, got '1'."),
        (ROW + "# c\n" + ROW.replace("1", "x"), "line 3: expected the id 2, got 'x'."),
        (ROW.replace("1", "0.0"), "line 1: expected the id 1, got '0.0'."),
        (ROW.replace("1", "1.1") + ROW, "line 1: expected the id 1, got '1.1'."),
        (ROW.replace("1", "2-3") + ROW, "line 1: .* the next word, 1, .* got 2-3."),
        (ROW.replace("1", "1-2") * 2 + ROW, "line 2: .* overlap another .* got 1-2."),
        (ROW + ROW.replace("1", "2-1"), "line 2: .* nor end before, got 2-1."),
        (ROW.replace("1", "1-2") + ROW, "line 1: .* within the 1 words, got 1-2."),
        (ROW.replace("1", "0.1"), "line 1: expected a sentence with words, got none."),
        (ROW.replace("0", "x"), "line 1: HEAD .* 1 to 1, got 'x' for word 1."),
        (ROW.replace("0", "2"), "line 1: HEAD .* 1 to 1, got '2' for word 1."),
        (ROW.replace("0", "1"), "line 1: HEAD .* another word.* got '1' for word 1."),
        (ROW.replace("a", ""), r"line 1: FORM must not be empty. Write _ for"),
        (ROW.replace("0", ""), "line 1: HEAD .* 1 to 1, got '' for word 1."),
        (
            ROW.replace("0	_", "_	"),
            r"line 1: DEPREL must not be empty. Write _ for",
        ),
    ],
)
def test_a_malformed_line_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=f"sample.conllu, {message}"):
        read(tmp_path, text)


def test_a_head_beyond_a_long_sentence_is_refused(tmp_path):
    rows = [ROW.replace("1", str(i)) for i in range(1, 601)]
    rows[98] = rows[98].replace("\t0\t", "\t601\t")
    with pytest.raises(ValueError, match=r"line 99: HEAD .* 1 to 600, got '601'"):
        read(tmp_path, "".join(rows))


def test_sentences_before_a_malformed_line_are_read(tmp_path):
    docs = read_conllu(save(tmp_path / "a.conllu", ROW + "\n" + "x\n"))
    assert next(docs).words == ["a"]
    with pytest.raises(ValueError, match="line 3"):
        next(docs)


@pytest.mark.parametrize("wrong", ["", "a\tb", "a\nb", "a\rb"])
def test_what_would_break_a_row_is_not_written(wrong):
    for doc in (Doc([wrong]), Doc(["a"], tags=[wrong])):
        with pytest.raises(ValueError, match="write_conllu: a word or label must not"):
            written(write_conllu, [doc])


@pytest.mark.parametrize("words", [["Yes"], ["No", "No"], []])
def test_changed_words_are_not_written_into_the_lines(tmp_path, words):
    lines = read(tmp_path, SAMPLE)[1].user_data["conllu"]
    doc = Doc(words, tags=["X"] * len(words), user_data={"conllu": lines})
    with pytest.raises(ValueError, match=r"write_conllu: the words must be those of"):
        written(write_conllu, [doc])
    del doc.user_data["conllu"]
    assert written(write_conllu, [doc]).startswith("# text =")


def test_the_path_may_be_a_string(tmp_path):
    path = save(tmp_path / "a.conllu", SAMPLE)
    assert isinstance(path, Path)
    assert [len(doc) for doc in read_conllu(str(path))] == [7, 1]


def test_features_and_lemmas_are_read_and_written(tmp_path):
    rows = [
        "1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t0\troot\t_\t_",
        "2\t_\t_\tPUNCT\t_\t_\t1\tpunct\t_\t_",
        "3\t!\t_\tPUNCT\t_\t_\t1\tpunct\t_\t_",
    ]
    path = save(tmp_path / "a.conllu", "\n".join(rows) + "\n\n")
    (doc,) = read_conllu(path)
    assert doc.lemmas == ["dog", "_", None]
    assert doc.morphs == ["Number=Plur", "", ""]
    doc.lemmas, doc.morphs = ["dogs", None, ""], ["", "A=B", None]
    changed = written(write_conllu, [doc]).split("\n")
    assert [row.split("\t")[2] for row in changed[:3]] == ["dogs", "_", "_"]
    assert [row.split("\t")[5] for row in changed[:3]] == ["_", "A=B", "_"]


NAMED = """\
1	Ann	_	_	_	_	_	_	_	{0}
2	Lee	_	_	_	_	_	_	_	{1}
3	sang	_	_	_	_	_	_	_	{2}

1	So	_	_	_	_	_	_	_	{3}
2	what	_	_	_	_	_	_	_	_

"""


def read_named(tmp_path, *miscs):
    unread = Unread()
    path = save(tmp_path / "sample.conllu", NAMED.format(*miscs))
    docs = [*read_conllu(path, unread=unread)]
    assert written(write_conllu, docs) == path.read_text(encoding="utf8")
    return docs, unread.describe()


@pytest.mark.parametrize(
    "miscs",
    [
        ("B-PER", "I-PER", "_", "_"),
        ("name=B-PER", "Gloss=x|name=I-PER", "SpaceAfter=No", "_"),
        ("NE=B-PER", "NE=L-PER|SpaceAfter=No", "_", "_"),
        ("NER=B-PER", "NER=E-PER", "_", "_"),
    ],
)
def test_entities_in_misc_are_read(tmp_path, miscs):
    (first, second), said = read_named(tmp_path, *miscs)
    assert (first.ents, first.ents_known) == ([Span(0, 2, "PER")], None)
    assert (second.ents, second.ents_known) == ([], None)
    assert said == []


def test_words_without_a_label_are_unknown_where_others_have_o(tmp_path):
    (first, second), said = read_named(tmp_path, "name=B-PER", "_", "name=O", "O")
    assert (first.ents, first.ents_known) == ([Span(0, 1, "PER")], [True, False, True])
    assert (second.ents, second.ents_known) == ([], [True, False])
    assert len(said) == 1
    assert "2 words without a label of an entity, the first in the sent" in said[0]


def test_entities_in_another_form_are_said(tmp_path):
    docs, said = read_named(tmp_path, "Entity=(person-1", "NE=PER", "_", "Name=x")
    assert [doc.ents for doc in docs] == [None, None]
    assert len(said) == 1
    assert "2 words with entities in MISC in a form that zoo does not read" in said[0]


@pytest.mark.parametrize(
    ("misc", "is_said"),
    [
        ("NEType=PER", True),
        ("entity_type=PER|SpaceAfter=No", True),
        ("BIO=B-PER", True),
        ("name=b-per", True),
        ("Label=B_PER", True),
        ("NE=B-PER|name=B-LOC", True),
        ("Gloss=B-12", False),
        ("name=Ann", False),
        ("Type=proper", False),
    ],
)
def test_parts_that_look_like_entities_are_said(tmp_path, misc, is_said):
    docs, said = read_named(tmp_path, misc, "_", "_", "_")
    assert ["in MISC in a form that zoo does not read" in s for s in said] == (
        [True] * is_said
    )
    assert len(docs) == 2


@pytest.mark.parametrize("key", ["ner", "Name", "nE"])
def test_keys_of_entities_are_read_in_any_case(tmp_path, key):
    (first, _), said = read_named(tmp_path, f"{key}=B-PER", f"{key}=I-PER", "_", "_")
    assert (first.ents, said) == ([Span(0, 2, "PER")], [])


@pytest.mark.parametrize("misc", ["name=B-", "NE=PER", "Gloss=x|Entity=(person-1"])
def test_words_with_entities_in_another_form_are_not_outside(tmp_path, misc):
    (first, second), said = read_named(tmp_path, "name=B-PER", misc, "_", "_")
    assert (first.ents, first.ents_known) == ([Span(0, 1, "PER")], [True, False, True])
    assert (second.ents, second.ents_known) == ([], None)
    assert len(said) == 2
    assert "1 word with an entity in MISC in a form that zoo does not read" in said[0]
    assert "1 word without a label of an entity" in said[1]


def test_words_without_xpos_are_said(tmp_path):
    path = save(tmp_path / "sample.conllu", SAMPLE)
    unread = Unread()
    assert len([*read_conllu(path, unread=unread)]) == 2
    (said,) = unread.describe()
    assert (
        "1 word with UPOS but without XPOS, the first in the sentence at line 1" in said
    )


def test_words_of_line_breaks_alone_are_left_out(tmp_path):
    doc = Doc(
        ["\n", "Ann", "\n\n", "ran", "!", "\t"],
        spaces=[False, False, False, False, True, False],
        tags=["_SP", "N", "_SP", "V", ".", "_SP"],
        heads=[1, 2, 3, 3, 5, 5],
        deps=["dep", "nsubj", "dep", "ROOT", "punct", "dep"],
    )
    text = written(write_conllu, [doc])
    assert "# text = Ann ran! \n".replace(" \n", "\n") in text
    (found,) = read_conllu(save(tmp_path / "a.conllu", text))
    assert found.words == ["Ann", "ran", "!"]
    assert found.spaces == [True, False, True]
    assert found.heads == [1, 1, 2]
    assert found.tags == ["N", "V", "."]
    assert written(write_conllu, [Doc(["a\tb"[:1], "\n"], heads=[None, 0])])


def test_entities_are_written_and_read_again(tmp_path):
    docs = [
        Doc(["Ann", "Lee", "sang"], ents=[Span(0, 2, "PER")]),
        Doc(["So", "what"], spaces=[False, True], ents=[]),
        Doc(["Bo", "?"], ents=[Span(0, 1, "PER")], ents_known=[True, False]),
        Doc(["Who", "knows"]),
        Doc(["Bo", "Bo"], ents=[Span(0, 1, "A"), Span(1, 2, "A")]),
    ]
    text = written(write_conllu, docs)
    assert "1	So	_	_	_	_	_	_	_	SpaceAfter=No|name=O" in text
    unread = Unread()
    found = [*read_conllu(save(tmp_path / "a.conllu", text), unread=unread)]
    assert [doc.ents for doc in found] == [doc.ents for doc in docs]
    assert [doc.ents_known for doc in found] == [doc.ents_known for doc in docs]
    assert written(write_conllu, found) == text
    (said,) = unread.describe()
    assert "3 words without a label of an entity" in said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("_", "Gloss=x", "_"), ("name=O", "Gloss=x|name=B-X", "name=O")),
        (("B-PER", "NE=I-PER|A=b", "_"), ("_", "A=b|NE=B-X", "_")),
        (("NE=B-PER", "O", "O"), ("NE=O", "B-X", "O")),
    ],
    ids=["no entities", "outside without a label", "outside with O"],
)
def test_changed_entities_replace_labels_in_the_form_of_the_file(
    tmp_path, before, after
):
    path = save(tmp_path / "a.conllu", NAMED.format(*before, "_"))
    unread = Unread()
    first, second = read_conllu(path, unread=unread)
    first.ents, first.ents_known = [Span(1, 2, "X")], None
    text = written(write_conllu, [first, second])
    assert text == NAMED.format(*after, "_")
    again, rest = read_conllu(save(path, text), unread=unread)
    assert (again.ents, again.ents_known) == ([Span(1, 2, "X")], None)
    assert rest.ents == second.ents


@on_files
@given(data=st.data())
def test_entities_of_any_document_survive(tmp_path, data):
    words = data.draw(st.lists(st.sampled_from("ab"), max_size=5))
    n = len(words)
    known = data.draw(st.none() | st.lists(st.booleans(), min_size=n, max_size=n))
    starts = [i for i in range(n) if known is None or known[i]]
    kept = data.draw(
        st.lists(st.sampled_from(starts), unique=True) if starts else st.just([])
    )
    ents = data.draw(
        st.sampled_from([None, [Span(i, i + 1, "X") for i in sorted(kept)]])
    )
    doc = Doc(words, ents=ents, ents_known=None if ents is None else known)
    text = written(write_conllu, [doc])
    (found,) = read_conllu(save(tmp_path / "a.conllu", text), unread=Unread())
    # Of no words, nothing can be known.
    assert found.ents == (doc.ents if words else None)
    assert found.ents_known == doc.ents_known


@pytest.mark.parametrize("label", ["", "A B", "A|B", "A\u00a0B"])
def test_labels_that_misc_cannot_hold_are_refused(label):
    with pytest.raises(ValueError, match=r"write_conllu: the label of an entity must"):
        written(write_conllu, [Doc(["a"], ents=[Span(0, 1, label)])])


def test_sentences_of_a_document_are_blocks(tmp_path):
    doc = Doc(
        ["Ann", "sang", ".", "Bo", "ran"],
        spaces=[True, False, False, True, True],
        sent_starts=[True, False, False, True, False],
        heads=[1, 1, 1, 4, 4],
        ents=[Span(0, 1, "PER"), Span(3, 4, "PER")],
    )
    path = save(tmp_path / "a.conllu", written(write_conllu, [doc]))
    first, second = read_conllu(path)
    assert (first.words, second.words) == (doc.words[:3], doc.words[3:])
    assert (first.spaces, second.spaces) == ([True, False, False], [True, True])
    assert (first.heads, second.heads) == ([1, 1, 1], [1, 1])
    assert (first.ents, second.ents) == ([Span(0, 1, "PER")], [Span(0, 1, "PER")])
