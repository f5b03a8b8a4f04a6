from hypothesis import given
from hypothesis import strategies as st

from zoo import Doc
from zoo.corpora._conllu_sentences import conllu_sentences


def test_sentences_lose_white_space_and_keep_their_trees():
    doc = Doc(
        ["A", "b", "\n\n", "C", " ", "d"],
        spaces=[True, False, False, True, False, False],
        sent_starts=[True, False, False, True, False, False],
        tags=["x", "y", "_SP", "x", "_SP", "y"],
        heads=[0, 0, 1, 4, 3, 4],
    )
    first, second = conllu_sentences(doc)
    assert (first.words, first.tags) == (["A", "b"], ["x", "y"])
    assert first.spaces == [True, True]
    assert first.heads == [0, 0]
    assert (second.words, second.spaces) == (["C", "d"], [True, False])
    assert second.heads == [0, 0]  # Both depended on the white space, in a circle.


def test_what_is_unknown_stays_unknown():
    (only,) = conllu_sentences(Doc(["a", "b"], heads=[None, 0]))
    assert (only.spaces, only.tags, only.heads) == (None, None, [None, 0])
    assert list(conllu_sentences(Doc([]))) == []
    assert list(conllu_sentences(Doc([" ", "\n"], sent_starts=[True, True]))) == []


@given(data=st.data())
def test_each_word_comes_once_and_heads_lie_within(data):
    words = data.draw(st.lists(st.sampled_from(["a", "b", " ", "\n"]), max_size=8))
    n = len(words)
    flags = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    heads = [data.draw(st.integers(0, n - 1)) for _ in words]
    doc = Doc(words, sent_starts=flags, heads=heads)
    sentences = list(conllu_sentences(doc))
    kept = [word for sentence in sentences for word in sentence.words]
    assert kept == [word for word in words if word.strip()]
    for sentence in sentences:
        assert all(0 <= head < len(sentence) for head in sentence.heads)
