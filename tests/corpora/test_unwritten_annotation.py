"""Check that what a format cannot hold is counted and said."""

import pytest

from zoo.corpora import Unread, Unwritten, read_docs, write_docs
from zoo.corpora.formats import FORMATS
from zoo.doc import Doc, Span

from .strategies import save

FULL = Doc(
    ["Ann", "sleeps", ".", "Bo", "ran"],
    spaces=[True, False, True, True, False],
    norms=["anne", "sleeps", ".", "bo", "ran"],
    sent_starts=[True, False, False, True, False],
    tags=[*"NVPNV"],
    pos=["NOUN", "VERB", "PUNCT", None, None],
    morphs=["A=b", "", "", "", ""],
    lemmas=["ann", "sleep", ".", "bo", "run"],
    heads=[1, 1, 1, 4, 4],
    deps=["s", "r", "p", "s", "r"],
    ents=[Span(0, 1, "P")],
    spans={"all": [Span(0, 5, "S")]},
    cats={"x": 1.0, "y": 0.5},
    user_data={"id": 7},
)
TREE = {"tags", "pos", "morphs", "lemmas", "heads", "deps"}
REST = {"norms", "groups of spans", "user data"}
LOST = {
    ".bio": TREE | REST | {"missing spaces", "sentence starts", "categories"},
    ".conllu": REST | {"categories"},
    ".csv": TREE | REST | {"sentence starts", "entities", "scores of categories"},
    **{suffix: set() for suffix in (".arrow", ".jsonl", ".parquet")},
    ".spacy": {"user data"},
    ".txt": TREE | REST | {"sentence starts", "entities", "categories"},
}
LOST |= dict.fromkeys((".biluo", ".conll", ".iob"), LOST[".bio"])
LOST |= {".tsv": LOST[".csv"] | {"missing spaces"}}


def write(tmp_path, suffix, *docs):
    unwritten = Unwritten()
    write_docs(docs, tmp_path / f"a{suffix}", unwritten=unwritten)
    return unwritten


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_field_is_held_or_said(tmp_path, suffix):
    found = write(tmp_path, suffix, Doc(["a"], cats={"x": 1.0}), FULL).found
    lost = {kind: (tally.count, tally.first) for kind, tally in found.items()}
    expected = {kind: (1, "2") for kind in LOST[suffix]}
    if "categories" in expected:
        expected["categories"] = (2, "1")
    assert lost == expected


@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_is_said_where_nothing_is_lost(tmp_path, suffix):
    held = {name: getattr(FULL, name) for name in FORMATS[suffix].fields}
    held["cats"] = {"x": 1.0, "y": 0.0} if "cats" in held else None
    assert write(tmp_path, suffix, Doc(FULL.words, **held)).describe() == ""


def test_it_is_a_warning_in_python(tmp_path):
    message = (
        "a.iob: Left out, as the format cannot hold it: lemmas of 2 documents "
        r"\(the first: 1\)\."
    )
    docs = [Doc(["a"], lemmas=["b"])] * 2
    with pytest.warns(UserWarning, match=message):
        write_docs(docs, tmp_path / "a.iob")


@pytest.mark.parametrize(
    ("suffix", "doc", "kind"),
    [
        (".bio", Doc([]), "the places, as they have no words,"),
        (".txt", Doc([]), "the places, as they have no words,"),
        (".conllu", Doc(["a", " ", "b"]), "words of white space"),
        (
            ".conllu",
            Doc(["a", "b"], sent_starts=[True, True], ents=[Span(0, 2, "X")]),
            "wholeness of entities that cross the end of a sentence",
        ),
        (
            ".conllu",
            Doc(["a", "b"], sent_starts=[True, True], heads=[1, 1]),
            "heads in another sentence",
        ),
        (
            ".spacy",
            Doc(["a", "b"], heads=[0, None], deps=["r", "x"]),
            "labels (deps) of words without a head",
        ),
        (".spacy", Doc(["a"], lemmas=[""]), "empty lemmas"),
        (".csv", Doc(["a"], cats={"x": 0.5}), "scores of categories"),
    ],
)
def test_what_a_format_holds_in_part_is_said(tmp_path, suffix, doc, kind):
    assert [*write(tmp_path, suffix, doc).found] == [kind]


@pytest.mark.parametrize("suffix", [".jsonl", ".spacy"])
@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("# sent_id = 1", "1\ta\t_\t_\t_\t_\t_\t_\t_\t_"),
        ("# text = a", "1\ta\t_\t_\t_\t_\t_\t_\t0:root\t_"),
        ("# text = a", "1\ta\t_\t_\t_\t_\t_\t_\t_\tGloss=x"),
        ("1-1\ta\t_\t_\t_\t_\t_\t_\t_\t_", "1\ta\t_\t_\t_\t_\t_\t_\t_\t_"),
    ],
)
def test_what_only_conllu_holds_is_said(tmp_path, suffix, line, row):
    path = save(tmp_path / "a.conllu", f"{line}\n{row}\n\n")
    (doc,) = read_docs(path)
    kind = "comments, ranges, DEPS or MISC of CoNLL-U"
    assert [*write(tmp_path, suffix, doc).found] == [kind]
    assert write(tmp_path, ".conllu", doc).describe() == ""


def test_entities_and_texts_of_conllu_are_no_loss(tmp_path):
    row = "1\ta\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No|name=B-X"
    path = save(tmp_path / "a.conllu", f"# text = a\n{row}\n\n")
    (doc,) = read_docs(path, unread=Unread())
    assert write(tmp_path, ".spacy", doc).describe() == ""
