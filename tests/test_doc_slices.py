"""Check slices and sentences of documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.doc import Doc, DocSlice, as_docs, words_and_norms

bounds = st.one_of(st.none(), st.integers(-7, 7))


@given(st.integers(0, 5), bounds, bounds, bounds, bounds)
def test_slices_of_slices_hold_what_lists_do(n, a, b, c, d):
    words = list("abcde"[:n])
    part = Doc(words)[a:b]
    assert (list(part.words), len(part)) == (words[a:b], len(words[a:b]))
    assert list(part[c:d].words) == words[a:b][c:d]


def test_what_is_no_slice_is_refused():
    for part in (1, slice(0, 4, 2)):
        with pytest.raises(TypeError, match="expected a slice such as"):
            Doc(["a", "b"])[part]
    with pytest.raises(TypeError, match=r"to go through are doc\.words"):
        list(Doc(["a", "b"]))


def test_sentences_begin_where_the_document_says():
    doc = Doc(list("abcd"), sent_starts=[None, False, True, True])
    assert [(s.start, s.end) for s in doc.sents] == [(0, 2), (2, 3), (3, 4)]
    assert [len(s) for s in Doc(["a"], sent_starts=[False]).sents] == [1]
    assert list(Doc([], sent_starts=[]).sents) == []


def test_a_document_without_sentences_says_so():
    with pytest.raises(ValueError, match=r"has no sentences.* Set sent_starts"):
        list(Doc(["a"]).sents)


def test_a_slice_is_a_document_with_its_norms():
    doc = Doc(["can", "n't"], norms=["can", "not"])
    assert words_and_norms(doc[1:]) == (["n't"], ["not"])
    assert words_and_norms(DocSlice(["a", "b"], 0, 1)) == (["a"], None)
    (copy,) = as_docs([doc[1:]])
    assert copy == Doc(["n't"], norms=["not"])


def test_plain_lists_and_their_slices_are_words():
    assert DocSlice(["a", "b", "c"], 1, 3).words == ["b", "c"]
