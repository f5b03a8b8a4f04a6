"""Compare annotation that is carried over to other words with spaCy's Example."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo._register_all import registry
from zoo.corpora import retokenize, write_docs
from zoo.doc import Doc, Span
from zoo.tokenizer.tokenizer import tokenizer_in_scope

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

NLP = spacy.blank("xx")
#: Texts without white space but for one space between words, which no word contains.
TEXTS = st.lists(st.text("abC.", min_size=1, max_size=5), min_size=1, max_size=4)


@st.composite
def splits(draw, chunks):
    """Split each chunk into words."""
    words, spaces = [], []
    for chunk in chunks:
        cuts = draw(st.sets(st.integers(1, len(chunk) - 1))) if len(chunk) > 1 else []
        ends = [*sorted(cuts), len(chunk)]
        words += [chunk[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        spaces += [False] * len(cuts) + [True]
    return Doc(words, spaces)


@st.composite
def pairs(draw):
    """Draw a document with annotation, and other words of its text."""
    chunks = draw(TEXTS)
    gold, other = draw(splits(chunks)), draw(splits(chunks))
    n = len(gold)
    values = [draw(st.sampled_from("AB")) for _ in range(n)]
    gold.tags = gold.lemmas = gold.deps = values
    gold.pos = [{"A": "NOUN", "B": "VERB"}[value] for value in values]
    cuts = sorted(draw(st.sets(st.integers(0, n), max_size=4)))
    gold.ents = [Span(a, b, "X") for a, b in pairwise(cuts)][::2]
    return gold, other


def as_example(gold, other):
    reference = spacy.tokens.Doc(
        NLP.vocab,
        words=gold.words,
        spaces=gold.spaces,
        tags=gold.tags,
        pos=gold.pos,
        lemmas=gold.lemmas,
    )
    reference.set_ents([spacy.tokens.Span(reference, *span) for span in gold.ents])
    words = spacy.tokens.Doc(NLP.vocab, words=other.words, spaces=other.spaces)
    return spacy.training.Example(words, reference)


@given(pairs())
def test_words_and_entities_are_those_of_spacy(pair):
    gold, other = pair
    found, example = retokenize(gold, lambda text: other), as_example(gold, other)
    for name, field in (("TAG", "tags"), ("POS", "pos"), ("LEMMA", "lemmas")):
        expected = example.get_aligned(name, as_string=True)
        assert [v or None for v in expected] == getattr(found, field), name
    ents, tags = example.get_aligned_ents_and_ner()
    assert [(e.start, e.end, e.label_) for e in ents] == [*map(tuple, found.ents or [])]
    known = found.ents_known or [found.ents is not None] * len(found)
    assert [tag is not None for tag in tags] == known


@st.composite
def trees(draw):
    """Draw a tree of words, whose arcs may cross, and other words of its text."""
    gold, other = draw(pairs())
    order = draw(st.permutations(range(len(gold))))
    heads = [*range(len(gold))]
    for place, word in enumerate(order[1:], start=1):
        heads[word] = order[draw(st.integers(0, place - 1))]
    gold.heads = heads
    return gold, other


@given(trees())
def test_trees_are_those_of_spacy(pair):
    gold, other = pair
    found = retokenize(gold, lambda text: other)
    reference = spacy.tokens.Doc(
        NLP.vocab,
        words=gold.words,
        spaces=gold.spaces,
        heads=gold.heads,
        deps=gold.deps,
    )
    words = spacy.tokens.Doc(NLP.vocab, words=other.words, spaces=other.spaces)
    example = spacy.training.Example(words, reference)
    heads, deps = example.get_aligned_parse(projectivize=False)
    assert found.heads == heads
    assert found.deps == deps
    # spaCy takes the sentences of the tree.
    gold.sent_starts = [token.is_sent_start for token in reference]
    starts = retokenize(gold, lambda text: other).sent_starts
    expected = example.get_aligned_sent_starts()
    for start, theirs in zip(starts, expected, strict=True):
        assert start is None or start == theirs


@pytest.mark.parametrize("settings", [{}, {"max_length": 5}])
def test_a_corpus_has_the_words_of_spacys(settings, tmp_path):
    words = [["New York", "is", "far", ".", "I", "go"], ["a", "b"]]
    spaces = [[True, True, False, True, True, False], [True, False]]
    starts = [[True, False, False, False, True, False], [True, False]]
    docs = [Doc(*doc) for doc in zip(words, spaces, strict=True)]
    for doc, start in zip(docs, starts, strict=True):
        doc.sent_starts = start
    write_docs(docs, tmp_path / "a.spacy")
    settings = {"max_length": 0, "gold_preproc": False, "limit": 0, **settings}
    read = spacy.registry.readers.get("spacy.Corpus.v1")
    theirs = read(tmp_path / "a.spacy", **settings, augmenter=None)(NLP)
    with tokenizer_in_scope(registry.tokenizers.get("zoo.Tokenizer.v1")(lang="xx")):
        read = registry.readers.get("spacy.Corpus.v1")
        ours = read(tmp_path / "a.spacy", **settings, retokenize=True)
    expected = [[token.text for token in example.predicted] for example in theirs]
    assert [doc.words for doc in ours()] == expected
