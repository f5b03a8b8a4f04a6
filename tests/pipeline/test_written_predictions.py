"""Check that what all heads predict is written to files, and read back the same."""

import pytest
from thinc.api import Adam, fix_random_seed

import zoo
from zoo.corpora import Unwritten, read_docs, write_docs
from zoo.doc import Doc, Span

from ..tiny import make_tiny_config

HEADS = ["tagger", "morphologizer", "trainable_lemmatizer", "parser", "ner"]
HEADS += ["spancat", "textcat_multilabel"]
#: The fields that they write; all but the last two are held by CoNLL-U.
FIELDS = ["tags", "morphs", "pos", "lemmas", "heads", "deps", "sent_starts", "ents"]
FIELDS += ["spans", "cats"]
TEXTS = ["Dogs run fast", "Rome sleeps .", "", "Cats don't\trun to Rome  .", " \n "]


def make_docs():
    """Make documents of which each head can learn something."""
    words = ["Dogs", "run", "to", "Rome", "."]
    return [
        Doc(
            words,
            tags=["NNS", "VB", "IN", "NNP", "."],
            pos=["NOUN", "VERB", "ADP", "PROPN", "PUNCT"],
            morphs=["Number=Plur", "", "", "Number=Sing", ""],
            lemmas=["dog", "run", "to", "Rome", "."],
            heads=[1, 1, 3, 1, 1],
            deps=["nsubj", "ROOT", "case", "obl", "punct"],
            sent_starts=[True, False, False, False, False],
            ents=[Span(3, 4, label), Span(0, 2, "X")],
            spans={"sc": [Span(0, 1, label), Span(0, 3, "Y")]},
            cats={"A": float(number), "B": float(1 - number)},
        )
        for number, label in enumerate(("GPE", "ORG"))
    ]


@pytest.fixture(scope="module")
def predicted():
    """Annotate texts with all heads, a little trained."""
    fix_random_seed(0)
    config = make_tiny_config(["tok2vec", *HEADS])
    config["components"]["parser"]["min_action_freq"] = 1
    config["components"]["trainable_lemmatizer"]["min_tree_freq"] = 1
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    optimizer = Adam(0.02)
    for _ in range(8):
        pipeline.update(make_docs(), optimizer=optimizer)
    docs = pipeline(TEXTS)
    assert {*FIELDS} <= {*pipeline.fields}
    assert all(any(getattr(doc, name) for doc in docs) for name in FIELDS)
    return docs


def join(docs, name):
    """Join a field of documents, of which CoNLL-U makes one of each sentence.

    What no word of a sentence has, it does not tell from nothing.
    """
    found, n = [], 0
    for doc in docs:
        value = getattr(doc, name) or ([""] * len(doc) if name == "morphs" else [])
        if name == "heads":
            value = [head + n for head in value]
        if name == "ents":
            value = [Span(start + n, end + n, label) for start, end, label in value]
        found += value
        n += len(doc)
    return found


def test_all_predictions_are_read_back_from_the_files_of_spacy(predicted, tmp_path):
    unwritten = Unwritten()
    write_docs(predicted, tmp_path / "a.spacy", unwritten=unwritten)
    assert not unwritten.found
    found = list(read_docs(tmp_path / "a.spacy"))
    for expected, doc in zip(predicted, found, strict=True):
        assert (doc.words, doc.spaces) == (expected.words, expected.spaces)
        for name in FIELDS:  # What no words have is not told from nothing.
            assert (getattr(doc, name) or None) == (getattr(expected, name) or None)


def test_predictions_of_words_are_read_back_from_conllu(predicted, tmp_path):
    docs = [doc for doc in predicted if not any(map(str.isspace, doc.words))]
    unwritten = Unwritten()
    write_docs(docs, tmp_path / "a.conllu", unwritten=unwritten)
    assert {*unwritten.found} - {"norms"} == {"groups of spans", "categories"}
    found = list(read_docs(tmp_path / "a.conllu"))
    assert len(found) == sum(max(1, len([*doc.sents])) for doc in docs)
    starts = [start == 0 for doc in found for start in range(len(doc))]
    assert starts == join(docs, "sent_starts")
    for name in {"words", "spaces", *FIELDS[:-2]} - {"sent_starts"}:
        assert join(found, name) == join(docs, name), name
