"""Compare entities that readers find with those of spaCy's converters and documents."""

import pytest

from zoo.corpora import Unread, read_conllu, read_iob, read_spacy
from zoo.doc import Span

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

MISC = """\
1	Ann	Ann	PROPN	NNP	_	0	root	_	{0}
2	Lee	Lee	PROPN	NNP	_	1	flat	_	{1}
3	in	in	ADP	IN	_	4	case	_	_
4	Rome	Rome	PROPN	NNP	_	1	nmod	_	{2}

1	So	so	ADV	RB	_	0	root	_	_

"""


def spans(doc):
    return [Span(ent.start, ent.end, ent.label_) for ent in doc.ents]


@pytest.mark.parametrize(
    "miscs",
    [
        ("B-PER", "I-PER", "B-LOC"),
        ("name=B-PER", "name=L-PER", "SpaceAfter=No|name=U-LOC"),
        ("NE=B-PER|Gloss=x", "NE=I-PER", "NE=B-LOC"),
        ("name=B-PER", "name=I-PER", "_"),
        ("_", "_", "_"),
    ],
)
def test_entities_in_misc_are_those_of_the_converter(tmp_path, miscs):
    text = MISC.format(*miscs)
    path = tmp_path / "a.conllu"
    path.write_text(text)
    converted = spacy.training.converters.conllu_to_docs(text, n_sents=1, no_print=True)
    for doc, peer in zip(read_conllu(path), converted, strict=True):
        assert doc.words == [token.text for token in peer]
        assert (doc.ents or []) == spans(peer)
        assert (doc.ents is None) == (not peer.has_annotation("ENT_IOB"))


@pytest.mark.parametrize(
    "text",
    [
        "I|O like|O London|I-GPE and|O New|B-GPE York|I-GPE City|I-GPE .|O",
        "I|PRP|O like|VBP|O New|NNP|B-GPE York|NNP|I-GPE .|.|O",
        "Rome|I-A Oslo|B-A Bonn|I-B",
    ],
)
def test_sentences_in_a_line_are_those_of_the_converter(tmp_path, text):
    path = tmp_path / "a.iob"
    path.write_text(text + "\n")
    (doc,) = read_iob(path)
    (peer,) = spacy.training.converters.iob_to_docs(text, n_sents=1, no_print=True)
    assert doc.words == [token.text for token in peer]
    assert doc.ents == spans(peer)
    if doc.tags is not None:
        assert doc.tags == [token.tag_ for token in peer]


def test_missing_entities_of_spacy_are_unknown(tmp_path):
    peer = spacy.tokens.Doc(spacy.blank("xx").vocab, words=["Ann", "met", "Bob", "x"])
    ann = spacy.tokens.Span(peer, 0, 1, label="PER")
    peer.set_ents([ann], outside=[peer[1:2]], default="missing")
    spacy.tokens.DocBin(docs=[peer]).to_disk(tmp_path / "a.spacy")
    unread = Unread()
    (doc,) = read_spacy(tmp_path / "a.spacy", unread=unread)
    assert (doc.ents, doc.ents_known) == (
        [Span(0, 1, "PER")],
        [True, True, False, False],
    )
    assert [tally.count for tally in unread.found.values()] == [2]
