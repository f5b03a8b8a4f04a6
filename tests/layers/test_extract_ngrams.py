"""Check the counting of n-grams against a loop over windows."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from thinc.api import SparseLinear_v2, chain

from tests.layers.builders import DOCS
from tests.layers.references import count_slowly
from zoo import Doc
from zoo._registry import registry
from zoo.layers import TextCatBOW, extract_ngrams
from zoo.layers.extract_ngrams import count_ngrams
from zoo.testing import docs


@given(docs(), st.integers(1, 4), st.lists(st.integers(1, 5), max_size=2))
@example([], 3, [4])
@example([[], []], 3, [])
@example([["a", "b"], [], ["a"], ["a", "b"]], 2, [1])
@example([["Boring", "boredom"], ["BORE", "\ud800bcdef"]], 2, [4, 6])
def test_counts_match_a_loop_over_windows(batch, size, prefixes):
    bags = count_ngrams(batch, size, prefixes=prefixes)
    expected = [count_slowly(doc, size, prefixes) for doc in batch]
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


def test_ngrams_longer_than_all_documents_cost_nothing():
    batch = [["a", "b", "a"], ["b"]]
    huge, enough = count_ngrams(batch, 2**40), count_ngrams(batch, 3)
    for ours, theirs in zip(huge, enough, strict=True):
        assert np.array_equal(ours, theirs)


def test_words_count_as_they_are_written():
    bags = count_ngrams([Doc(["The", "the"], norms=["the", "the"])], 1)
    assert bags.counts.tolist() == [1, 1]


def test_prefixes_are_of_longer_words_only_and_in_lower_case():
    batch = [["Boredom", "bored", "bore"]]
    plain, more = count_ngrams(batch, 1), count_ngrams(batch, 1, prefixes=[4, 6])
    counts = dict(zip(more.keys.tolist(), more.counts.tolist(), strict=True))
    new = [count for key, count in counts.items() if key not in plain.keys.tolist()]
    assert sorted(new) == [1, 2]  # Of "boredo" and of "bore", which is no word here.
    assert len(counts) == 5


def test_words_are_compared_by_the_attribute():
    batch = [["The", "the", "THE"], []]
    counts = {
        attr: extract_ngrams(1, attr).predict(batch).counts.tolist()
        for attr in ("ORTH", "LOWER", "lower", 65)
    }
    assert counts == {"ORTH": [1, 1, 1], "LOWER": [3], "lower": [3], 65: [1, 1, 1]}
    assert extract_ngrams(1).predict(batch).counts.tolist() == [3]


def test_a_linear_layer_over_it_is_the_classifier():
    block = {"@layers": "spacy.extract_ngrams.v1", "ngram_size": 2, "attr": "ORTH"}
    ngrams = registry.resolve({"m": block})["m"]
    linear = SparseLinear_v2(nO=3, length=16)
    model = chain(ngrams, linear).initialize()
    expected = TextCatBOW(True, 2, no_output_layer=True, length=16, nO=3).initialize()
    W = np.random.default_rng(0).normal(size=48).astype("f")
    for node in (linear, expected.get_ref("output_layer")):
        node.set_param("W", W)
    Y, backprop = model(DOCS, is_train=True)
    np.testing.assert_allclose(Y, expected.predict(DOCS), atol=1e-5)
    backprop(Y)
    assert linear.get_grad("W").any()


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="extract_ngrams: ngram_size must be 1 or mo"):
        extract_ngrams(0)
    with pytest.raises(ValueError, match=r"A feature must be one of .* got 'LOWR'"):
        extract_ngrams(1, "LOWR")
