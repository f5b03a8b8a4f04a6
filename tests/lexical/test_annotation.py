"""Check features that read the annotation of tokens."""

import numpy as np
import pytest

from zoo import Doc
from zoo._lexical.annotation import ANNOTATION
from zoo._lexical.attributes import feature_keys
from zoo.doc import Span
from zoo.layers import MultiHashEmbed
from zoo.layers.feature_extractor import FeatureExtractor, reads_annotation

NAMES = ["NORM", "SPACY", *ANNOTATION]
FIELDS = {
    "tags": ["NN", None, "VB"],
    "pos": ["NOUN", None, "X"],
    "morphs": ["Number=Sing", "", ""],
    "lemmas": ["a", None, "c"],
    "heads": [1, 1, 1],
    "deps": ["nsubj", "root", "obj"],
}


def make_doc():
    starts = [True, False, False]
    return Doc([*"aba"], ents=[Span(0, 2, "ORG")], sent_starts=starts, **FIELDS)


def keys_of(doc, names=NAMES):
    keys, index = feature_keys([doc], names)
    return keys[index]


@pytest.mark.peer
def test_keys_are_those_of_spacy():
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    fields = {k: [v if v is not None else "" for v in vs] for k, vs in FIELDS.items()}
    fields["deps"][1] = "ROOT"
    made = spacy.tokens.Doc(
        nlp.vocab, words=[*"aba"], ents=["B-ORG", "I-ORG", "O"], **fields
    )
    expected = made.to_array(NAMES)
    assert (keys_of(make_doc()) == expected).all()
    assert (keys_of(made) == expected).all()
    bare = spacy.tokens.Doc(nlp.vocab, words=["a"])
    assert (keys_of(["a"]) == bare.to_array(NAMES)).all()


def test_words_have_as_many_rows_as_values():
    doc = make_doc()
    doc.tags = ["NN", "NN", "NN"]
    keys, index = feature_keys([doc, doc], ["ORTH", "TAG"])
    assert len(keys) == 2 and index.tolist() == [0, 1, 0, 0, 1, 0]
    assert len(feature_keys([doc], ["ORTH", "LEMMA"])[0]) == 3


def test_slices_and_empty_documents_have_keys():
    doc = make_doc()
    assert (keys_of(doc[1:3]) == keys_of(doc)[1:3]).all()
    keys, index = feature_keys([[], Doc([])], NAMES)
    assert keys.shape == (0, len(NAMES)) and not len(index)
    unknown = Doc(["a"], ents=[], ents_known=[False])
    assert keys_of(unknown, ["ENT_IOB"]).tolist() == [[0]]


def test_layers_embed_annotation():
    embed = MultiHashEmbed(8, features=["NORM", "TAG"], rows=[20, 20])
    embed.initialize()
    plain, tagged = Doc(["a", "a"]), Doc(["a", "a"], tags=["NN", "VB"])
    (X,), (Y,) = (embed.predict([d]).dataXd[None] for d in (plain, tagged))
    assert (X[0] == X[1]).all() and not np.allclose(Y[0], Y[1])
    assert reads_annotation(embed)
    assert reads_annotation(FeatureExtractor(["DEP"]))
    assert not reads_annotation(FeatureExtractor(["NORM", "SPACY"]))
