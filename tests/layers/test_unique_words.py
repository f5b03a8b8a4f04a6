"""Check the distinct words of a batch against a loop over tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import HashEmbed, NumpyOps

from tests.both_kernels import PATHS, using
from zoo import Doc
from zoo._lexical.attributes import string_ids
from zoo.doc import words_and_norms
from zoo.layers._unique_words import DistinctWords, look_up
from zoo.testing import docs

features = st.sampled_from([["ORTH"], ["NORM", "ORTH"], ["SHAPE", "NORM"]])


@given(docs(), features)
def test_each_token_has_its_word(batch, names):
    words = DistinctWords(NumpyOps(), batch, names)
    tokens = [word for doc in batch for word in words_and_norms(doc)[0]]
    assert [words.strings[i] for i in words.index] == tokens
    assert len(words.strings) == len(words) == words.keys.shape[1]
    assert words.lengths.tolist() == [len(doc) for doc in batch]


def test_words_come_once_and_once_more_for_each_norm():
    batch = [["the", "ca", "the"], Doc(["ca", "the"], norms=["can", "da"])]
    assert len(DistinctWords(NumpyOps(), batch, ["ORTH"])) == 2
    words = DistinctWords(NumpyOps(), batch, ["NORM"])
    found = zip(words.strings, words.keys[0].tolist(), strict=True)
    pairs = [("the", "the"), ("ca", "ca"), ("ca", "can"), ("the", "da")]
    expected = [(word, int(string_ids([norm])[0])) for word, norm in pairs]
    assert sorted(found) == sorted(expected)


@given(docs(), st.integers(0, 99))
def test_gradients_are_summed_over_the_tokens_of_a_word(batch, seed):
    words = DistinctWords(NumpyOps(), batch, ["ORTH"])
    rows = np.random.default_rng(seed).normal(size=(len(words), 2)).astype("f")
    Y = words.spread(rows)
    expected = np.zeros_like(rows)
    for i, word in enumerate(words.index):
        assert Y.dataXd[i].tolist() == rows[word].tolist()
        expected[word] += Y.dataXd[i]
    # Not contiguous, as what is split off another array.
    dY = np.asfortranarray(Y.dataXd)
    np.testing.assert_allclose(words.gather(dY), expected, rtol=1e-5)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("order", ["C", "F"])
@given(keys=st.lists(st.integers(0, 2**64 - 1), max_size=9), n_rows=st.integers(1, 9))
def test_tables_are_read_and_learned_as_by_thinc(name, order, keys, n_rows):
    given_keys = np.array(keys + keys[:2], dtype="u8")
    table = HashEmbed(3, n_rows, seed=7, dropout=0.0).initialize()
    theirs = table.copy()
    expected, backprop_theirs = theirs(given_keys, is_train=True)
    dY = np.random.default_rng(0).normal(size=(len(given_keys), 5)).astype("f")
    start = np.ones((n_rows, 3), dtype="f", order=order)
    for model in (table, theirs):
        model.set_grad("E", start.copy(order="K"))
    with using(name):
        Y, backprop = look_up(table, given_keys, is_train=True)
        backprop(dY[:, 1:4])  # Not contiguous, as what is split off another array.
    np.testing.assert_allclose(Y, expected, rtol=1e-5, atol=1e-6)
    if keys:
        backprop_theirs(dY[:, 1:4].copy())
    found = table.get_grad("E")
    np.testing.assert_allclose(found, theirs.get_grad("E"), rtol=1e-4, atol=1e-5)
