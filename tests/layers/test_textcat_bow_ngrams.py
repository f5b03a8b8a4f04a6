"""Check the counting of n-grams against a loop over windows."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tests.layers.references import count_slowly
from zoo import Doc
from zoo.layers.textcat_bow import count_ngrams
from zoo.testing import docs


@given(docs(), st.integers(1, 4))
@example([], 3)
@example([[], []], 3)
@example([["a", "b"], [], ["a"], ["a", "b"]], 2)
def test_counts_match_a_loop_over_windows(batch, size):
    bags = count_ngrams(batch, size)
    expected = [count_slowly(doc, size) for doc in batch]
    assert bags.lengths.tolist() == [len(bag) for bag in expected]
    ends = np.cumsum(bags.lengths, dtype="i8")
    for end, length, bag in zip(ends, bags.lengths, expected, strict=True):
        part = slice(end - length, end)
        keys = bags.keys[part].tolist()
        assert keys == sorted(bag)
        assert bags.counts[part].tolist() == [bag[key] for key in keys]


def test_types_are_those_that_the_layers_take():
    for batch in ([["a", "b", "a"]], [[]], []):
        bags = count_ngrams(batch, 2)
        assert [a.dtype for a in bags] == [np.uint64, np.float32, np.int32]


def test_ngrams_do_not_cross_from_one_document_into_the_next():
    joined, parted = (count_ngrams(b, 2) for b in ([["a", "b"]], [["a"], ["b"]]))
    assert len(joined.keys) == 3
    assert len(parted.keys) == 2


def test_words_count_as_they_are_written():
    bags = count_ngrams([Doc(["The", "the"], norms=["the", "the"])], 1)
    assert bags.counts.tolist() == [1, 1]
