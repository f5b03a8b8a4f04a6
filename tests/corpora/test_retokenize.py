"""Check how annotation is carried over to other words of the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zoo
from zoo import Doc
from zoo.corpora import Corpus, retokenize, write_docs
from zoo.doc import Span

WORDS = ["Ann", "can", "not", "go", "to", "New York", ".", "I", "do"]
SPACES = [True, False, True, True, True, False, True, True, False]


def make_gold(**fields):
    """Make "Ann cannot go to New York. I do", whose words a tokenizer makes others."""
    return Doc(WORDS, SPACES, **fields)


#: "can" and "not" are one, "New York" is two words.
NEW = ["Ann", "cannot", "go", "to", "New", "York", ".", "I", "do"]


def split(text):
    words = text.replace(".", " .").split()
    return Doc(words, [True, True, True, True, True, False, True, True, False])


def moved(**fields):
    doc = retokenize(make_gold(**fields), split)
    assert doc.words == NEW and doc.text == "Ann cannot go to New York. I do"
    return doc


def test_a_word_has_the_values_that_all_its_words_have():
    doc = moved(tags=[*"ABCDEFGHI"], pos=["N", "V", "V", *"ABCDEF"])
    assert doc.tags == ["A", None, "D", "E", "F", "F", "G", "H", "I"]
    assert doc.pos == ["N", "V", "A", "B", "C", "C", "D", "E", "F"]
    assert doc.lemmas is doc.morphs is doc.ents is doc.ents_known is None


def test_heads_pass_between_words_that_have_one_partner():
    doc = moved(heads=[3, 3, 1, 3, 3, 4, 5, 8, 8], deps=[*"abcdefghi"])
    assert doc.heads == [2, None, 2, 2, 3, 3, None, 8, 8]
    assert doc.deps == ["a", None, "d", "e", "f", "f", "g", "h", "i"]


def test_spans_are_kept_where_words_have_their_text():
    spans = [Span(0, 1, "PER"), Span(1, 2, "NEG"), Span(5, 6, "LOC")]
    doc = moved(ents=spans, spans={"sc": [*spans, Span(0, 3, "X")]})
    assert doc.ents == [Span(0, 1, "PER"), Span(4, 6, "LOC")]
    assert doc.ents_known == [True, False, *[True] * 7]
    assert doc.spans == {"sc": [*doc.ents, Span(0, 2, "X")]}


def test_words_that_were_unknown_stay_so():
    known = [True, True, True, False, True, False, True, True, True]
    doc = moved(ents=[Span(0, 1, "PER")], ents_known=known)
    assert doc.ents_known == [True, True, False, True, False, False, True, True, True]


def test_sentences_begin_where_words_do():
    starts = [False] * 9
    starts[0] = starts[7] = True
    assert moved(sent_starts=starts).sent_starts == starts
    starts[2] = True
    assert moved(sent_starts=starts).sent_starts[1] is None
    starts[2], starts[5] = False, True  # Only its first part can begin one.
    assert moved(sent_starts=starts).sent_starts[4:6] == [True, False]
    starts[5] = None
    assert moved(sent_starts=starts).sent_starts[4:6] == [None, False]


def test_what_is_of_the_document_stays_and_norms_are_the_tokenizers():
    doc = retokenize(
        make_gold(cats={"a": 1.0}, norms=[*"abcdefghi"], user_data={"id": 3}),
        lambda text: Doc(split(text).words, split(text).spaces, [*"rstuvwxyz"]),
    )
    assert doc.cats == {"a": 1.0} and doc.user_data == {"id": 3}
    assert doc.norms == [*"rstuvwxyz"]


def test_without_known_spaces_documents_stay_as_they_are():
    doc = Doc(["cannot", "go"], tags=["A", "B"])
    assert retokenize(doc, split) is doc


pieces = st.sampled_from(["a", "b", " ", "  ", "\n", ".", ""])


@given(st.lists(st.tuples(pieces, st.booleans()), max_size=8))
def test_the_same_words_keep_all_annotation(pairs):
    words, spaces = [word for word, _ in pairs], [space for _, space in pairs]
    n = len(words)
    filled = [i for i, word in enumerate(words) if word]
    doc = Doc(
        words,
        spaces,
        tags=[str(i) for i in range(n)],
        heads=[0] * n if 0 in filled else [*range(n)],
        sent_starts=[i % 2 == 0 for i in range(n)],
        ents=[Span(i, i + 1, "X") for i in filled[::2] if words[i].strip()],
    )
    found = retokenize(doc, lambda text: Doc(words, spaces))
    assert found.words == words
    for i in filled:
        assert found.tags[i] == doc.tags[i]
        assert found.heads[i] == doc.heads[i]
        assert found.sent_starts[i] == doc.sent_starts[i]
    assert found.ents == doc.ents or not any(words)


def test_words_that_are_not_in_the_text_are_refused():
    with pytest.raises(
        ValueError, match="retokenize: the words of a tokenizer must be"
    ):
        retokenize(make_gold(), lambda text: Doc(["Ann", "goes"]))


@pytest.mark.parametrize("suffix", [".spacy", ".jsonl"])
def test_a_corpus_splits_anew_if_it_is_told_to(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    write_docs([make_gold(tags=[*"ABCDEFGHI"])], path)
    (doc,) = Corpus(path)()
    assert doc.words == WORDS
    (doc,) = Corpus(path, retokenize=True)()
    expected = zoo.Tokenizer()("Ann cannot go to New York. I do")
    assert doc.words == expected.words == ["Ann", "can", "not", *NEW[2:]]
    assert doc.tags == [*"ABCDEFF", *"GHI"]
    assert doc.norms == expected.norms
    (doc,) = Corpus(path, retokenize=True, tokenizer=split)()
    assert doc.words == NEW
