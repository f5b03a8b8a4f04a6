"""Exchange files with spaCy's DocBin (spacy/tokens/_serialize.py)."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora import Unwritten, read_docs, read_spacy, write_docs
from zoo.doc import Doc, Span

from ..corpora.real_data import data
from ..corpora.spacy_docs import DOCS, holdable_docs, normal
from ..corpora.strategies import on_files

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

# Without a language, so that norms are lower-case forms and spaCy's base norms.
NLP = spacy.blank("xx")


def load(path):
    return [*spacy.tokens.DocBin().from_disk(path).get_docs(NLP.vocab)]


def save(path, docs):
    spacy.tokens.DocBin(docs=docs).to_disk(path)
    return path


def described(doc):
    """Return the annotations of spaCy's document in our fields."""
    heads = [t.head.i if t.has_head() else None for t in doc]
    starts = doc.to_array("SENT_START").astype("int64").tolist() if len(doc) else []
    return Doc(
        [t.text for t in doc],
        spaces=None if doc.has_unknown_spaces else [bool(t.whitespace_) for t in doc],
        norms=[t.norm_ for t in doc],
        sent_starts=[(None, True, False)[start] for start in starts],
        tags=[t.tag_ or None for t in doc],
        pos=[t.pos_ or None for t in doc],
        morphs=[str(t.morph) if t.has_morph() else None for t in doc],
        lemmas=[t.lemma_ or None for t in doc],
        heads=heads,
        deps=[t.dep_ or None for t in doc],
        ents=[Span(e.start, e.end, e.label_) for e in doc.ents]
        if any(t.ent_iob for t in doc)
        else None,
        spans={
            key: [Span(s.start, s.end, s.label_) for s in spans]
            for key, spans in doc.spans.items()
        },
        cats=doc.cats,
    )


def without_starts(doc):
    """spaCy finds sentence starts anew wherever there are heads."""
    return normal(doc) if doc.heads is None else normal(replaced(doc))


def replaced(doc):
    copy = doc.copy()
    copy.sent_starts = None
    return copy


@on_files
@given(st.lists(holdable_docs(), max_size=4))
def test_spacy_reads_what_is_written_here(tmp_path, docs):
    write_docs(docs, tmp_path / "a.spacy", unwritten=Unwritten())
    found = load(tmp_path / "a.spacy")
    pairs = zip(found, docs, strict=True)
    for theirs, ours in pairs:
        expected, seen = without_starts(ours), described(theirs)
        if ours.heads is not None:
            seen.sent_starts = None
        assert normal(seen) == expected


@on_files
@given(st.lists(holdable_docs(), max_size=4))
def test_what_spacy_writes_is_read_here(tmp_path, docs):
    write_docs(docs, tmp_path / "a.spacy", unwritten=Unwritten())
    theirs = load(tmp_path / "a.spacy")
    found = [*read_spacy(save(tmp_path / "b.spacy", theirs))]
    assert found == [normal(described(doc)) for doc in theirs]


def test_lemmas_and_morphology_are_exchanged(tmp_path):
    doc = spacy.tokens.Doc(
        NLP.vocab,
        words=["Dogs", "bark"],
        lemmas=["dog", "bark"],
        morphs=["Number=Plur", ""],
    )
    (found,) = read_spacy(save(tmp_path / "a.spacy", [doc]))
    assert found.lemmas == ["dog", "bark"]
    assert found.morphs == ["Number=Plur", ""]
    write_docs([found], tmp_path / "b.spacy", unwritten=Unwritten())
    (back,) = load(tmp_path / "b.spacy")
    assert [token.lemma_ for token in back] == ["dog", "bark"]
    assert [str(token.morph) for token in back] == ["Number=Plur", ""]


def test_span_groups_are_exchanged(tmp_path):
    doc = NLP("Ann met Bob ...")
    doc.spans["a"] = [spacy.tokens.Span(doc, 0, 2, "X"), doc[1:3]]
    doc.spans["b"] = doc.spans["a"].copy()
    doc.spans["c"] = []
    (found,) = read_spacy(save(tmp_path / "a.spacy", [doc]))
    expected = [Span(0, 2, "X"), Span(1, 3, "")]
    assert found.spans == {"a": expected, "b": expected, "c": []}
    write_docs([found], tmp_path / "b.spacy", unwritten=Unwritten())
    (back,) = load(tmp_path / "b.spacy")
    assert {**back.spans}.keys() == found.spans.keys()
    for key, spans in back.spans.items():
        assert [(s.text, s.label_) for s in spans] == [
            (s.text, s.label_) for s in doc.spans[key]
        ]


def test_user_data_of_spacy_does_no_harm(tmp_path):
    doc = NLP("a b c")
    doc.user_data["x"] = (1, 2)
    doc.set_ents([], blocked=[doc[0:1]], default="outside")
    bin_ = spacy.tokens.DocBin(store_user_data=True, docs=[doc])
    bin_.to_disk(tmp_path / "a.spacy")
    with pytest.warns(UserWarning, match="a.spacy: 1 document with user data, the fir"):
        docs = [*read_spacy(tmp_path / "a.spacy")]
    assert docs == [Doc(["a", "b", "c"], spaces=[True, True, False], ents=[])]


@pytest.mark.parametrize(
    "attrs", [["ORTH"], ["TAG", "SPACY", "LENGTH"], ["HEAD", "DEP"]]
)
def test_files_with_other_columns_are_read(tmp_path, attrs):
    write_docs(DOCS[:1], tmp_path / "a.spacy")
    (doc,) = load(tmp_path / "a.spacy")
    spacy.tokens.DocBin(attrs=attrs, docs=[doc]).to_disk(tmp_path / "b.spacy")
    (found,) = read_spacy(tmp_path / "b.spacy")
    assert found.words == DOCS[0].words
    assert found.tags == (DOCS[0].tags if "TAG" in attrs else None)
    assert found.heads == (DOCS[0].heads if "HEAD" in attrs else None)


def test_the_treebank_is_exchanged(tmp_path):
    docs = [*read_docs(data("ud_english_ewt/dev.conllu.gz"))]
    write_docs(docs, tmp_path / "a.spacy.gz", unwritten=Unwritten())
    packed = (tmp_path / "a.spacy.gz").read_bytes()
    (tmp_path / "a.spacy").write_bytes(gzip.decompress(packed))
    theirs = load(tmp_path / "a.spacy")
    again = [*read_spacy(save(tmp_path / "b.spacy", theirs))]
    for ours, doc, back in zip(docs, theirs, again, strict=True):
        assert [t.text for t in doc] == ours.words
        for name in ("words", "spaces", "tags", "pos", "heads", "deps"):
            assert getattr(back, name) == getattr(ours, name)
