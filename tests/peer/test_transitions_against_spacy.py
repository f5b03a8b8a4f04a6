"""Compare what parsers and entity recognizers predict with spaCy's."""

import numpy as np
import pytest

from tests.peer.transition_pipelines import SIZES, Pair, draw_words, tree_of
from zoo.doc import Doc, Span

pytestmark = pytest.mark.peer
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


def assert_same_trees(docs, theirs):
    for doc, other in zip(docs, theirs, strict=True):
        if len(doc):
            assert (doc.heads, doc.deps, doc.sent_starts) == tree_of(other)


def assert_same_entities(docs, theirs):
    for doc, other in zip(docs, theirs, strict=True):
        found = [(ent.start, ent.end, ent.label_) for ent in other.ents]
        assert [*map(tuple, doc.ents)] == found


@sizes
def test_trees_are_those_of_spacy(size):
    pair, rng = Pair("parser", size), np.random.default_rng(1)
    docs = [Doc(words) for words in draw_words(rng, 60)]
    assert_same_trees(docs, pair.annotate(docs))


@sizes
def test_entities_are_those_of_spacy(size):
    pair, rng = Pair("ner", size), np.random.default_rng(1)
    docs = [Doc(words) for words in draw_words(rng, 60)]
    assert_same_entities(docs, pair.annotate(docs))
    assert any(doc.ents for doc in docs)


@pytest.mark.parametrize("seed", range(3))
def test_trees_keep_to_known_sentences_as_in_spacy(seed):
    pair, rng = Pair("parser", (False, 2, True), seed), np.random.default_rng(seed)
    docs = []
    for words in draw_words(rng, 60):
        starts = rng.choice([True, False, None], len(words), p=[0.1, 0.3, 0.6])
        docs.append(Doc(words, sent_starts=starts.tolist()))
    assert_same_trees(docs, pair.annotate(docs))


@pytest.mark.parametrize("seed", range(3))
def test_entities_keep_to_known_sentences_and_entities_as_in_spacy(seed):
    pair, rng = Pair("ner", (False, 2, True), seed), np.random.default_rng(seed)
    docs = []
    for words in draw_words(rng, 60):
        starts = rng.choice([True, False, None], len(words), p=[0.1, 0.3, 0.6])
        bounds = np.sort(rng.choice(len(words) + 1, min(len(words), 6), replace=False))
        spans = [
            Span(start, end, str(rng.choice(["ORG", "GPE", "NEW"])))
            for start, end in bounds[: len(bounds) // 2 * 2].reshape(-1, 2).tolist()
        ]
        docs.append(Doc(words, sent_starts=starts.tolist(), ents=spans))
    assert_same_entities(docs, pair.annotate(docs))
