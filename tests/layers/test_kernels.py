"""Check compiled kernels against numpy, and that bits depend on a document only."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from thinc.api import NumpyOps
from thinc.types import Ragged

from tests.both_kernels import kernels, needs_numba, using  # noqa: F401
from tests.layers.builders import randomize
from tests.layers.references import encode_slowly
from zoo import Doc
from zoo.layers import (
    CharacterEmbed,
    MaxoutWindowEncoder,
    MultiHashEmbed,
    Tok2Vec,
)
from zoo.layers._call_kernels import (
    call_add_hashed_rows,
    call_encode,
    call_fill_terms,
    call_sum_hashed_rows,
    call_transform,
    pack,
    pack_blocks,
    suits,
)
from zoo.layers._ragged import SpreadRagged
from zoo.threads import set_threads, threads

WORDS = [f"word{i}" for i in range(40)]
lengths = st.lists(st.integers(0, 40), max_size=6)


def make_encoder(width=8, window_size=1, depth=3, pieces=3, seed=0):
    model = MaxoutWindowEncoder(
        width, window_size=window_size, depth=depth, maxout_pieces=pieces
    )
    return randomize(model, seed)


def make_tok2vec(encoder, seed=0):
    width = encoder.get_dim("nO")
    embed = MultiHashEmbed(width, features=["NORM", "SHAPE", "SPACY"], rows=[30, 9, 5])
    randomize(embed, seed)
    return Tok2Vec(embed, encoder)


def make_docs(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [list(rng.choice(WORDS, size=n)) for n in lengths]


def make_rows(lengths, width, seed=0):
    rows = np.random.default_rng(seed).normal(size=(sum(lengths), width)).astype("f")
    return Ragged(rows, np.array(lengths, dtype="i"))


def assert_close(found, expected):
    scale = np.abs(expected).max(initial=1)
    np.testing.assert_allclose(found, expected, atol=2e-5 * scale, rtol=0)


@needs_numba
@settings(max_examples=15)
@given(lengths, st.sampled_from([8, 24]), st.integers(0, 2), st.integers(0, 6))
@example([40, 0, 1, 11, 12, 13], 24, 1, 6)
@example([], 8, 1, 2)
def test_kernels_give_the_numbers_of_numpy(sizes, width, window_size, depth):
    model = make_tok2vec(make_encoder(width, window_size, depth))
    docs = make_docs(sizes)
    found = {}
    for name in ("numpy", "numba"):
        with using(name):
            found[name] = model.predict(docs)
    for ours, theirs in zip(found["numba"], found["numpy"], strict=True):
        assert ours.shape == theirs.shape
        assert_close(ours, theirs)


@needs_numba
@settings(max_examples=10)
@given(lengths, st.integers(0, 2), st.integers(1, 4), st.sampled_from([2, 3]))
@example([40, 0, 1, 11, 12, 13], 1, 4, 2)
def test_rows_of_any_kind_match_a_loop_over_documents(sizes, window_size, depth, nP):
    model = make_encoder(8, window_size, depth, nP)
    X = make_rows(sizes, 8)
    index = np.arange(len(X.dataXd))
    spread = SpreadRagged(X.dataXd, index, X.lengths, sizes)
    ends = np.cumsum([0, *sizes])
    with using("numba"):
        for rows in (X, spread):
            Y = model.predict(rows).dataXd
            for start, end in pairwise(ends):
                expected = encode_slowly(model, X.dataXd[start:end])
                np.testing.assert_allclose(Y[start:end], expected, atol=1e-3, rtol=1e-3)


@needs_numba
@settings(max_examples=10)
@given(lengths, st.integers(0, 2), st.integers(1, 6))
@example([40, 3, 30, 1, 11, 12, 13], 1, 6)
def test_bits_depend_neither_on_the_batch_nor_on_threads(sizes, window_size, depth):
    model = make_tok2vec(make_encoder(8, window_size, depth))
    docs, before = make_docs(sizes), threads.count
    with using("numba"):
        together = model.predict(docs)
        for doc, expected in zip(docs, together, strict=True):
            assert np.array_equal(model.copy().predict([doc])[0], expected)
        try:
            for count in (1, 3):
                set_threads(count)
                many = model.predict(docs * 9)
                for i, vectors in enumerate(many):
                    assert np.array_equal(vectors, together[i % len(docs)])
        finally:
            set_threads(before)


@needs_numba
@given(
    st.lists(st.integers(0, 2**64 - 1), max_size=4),
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 2**32 - 1)), min_size=1),
)
def test_kernel_hashes_keys_as_thinc_does(keys, tables):
    rng, ops = np.random.default_rng(0), NumpyOps()
    keys = np.array(keys, dtype="u8")
    arrays = [rng.normal(size=(n_rows, 8)).astype("f") for n_rows, _ in tables]
    seeds = [seed for _, seed in tables]
    with using("numba"):
        X = call_sum_hashed_rows(arrays, np.stack([keys] * len(tables), axis=1), seeds)
    for i, (E, seed) in enumerate(zip(arrays, seeds, strict=True)):
        expected = E[ops.hash(keys, seed) % len(E)].sum(axis=1)
        np.testing.assert_allclose(X[:, 8 * i : 8 * i + 8], expected, atol=1e-5)


def test_what_came_before_changes_no_bit(kernels):  # noqa: F811
    """Words are embedded with others, and some long before."""
    encoder = make_encoder()
    embeds = [
        MultiHashEmbed(8, features=["NORM", "SHAPE"], rows=[30, 9]),
        CharacterEmbed(8, 20, 2, 3),
    ]
    for embed in embeds:
        model = Tok2Vec(randomize(embed), encoder)
        model.predict(make_docs([3]))
        for n in (1, 2, 5, 30, 90):
            doc = make_docs([n], seed=n)
            found = model.predict(doc)[0]
            assert np.array_equal(found, model.copy().predict(doc)[0])
            assert np.array_equal(found, model.predict(doc)[0])


def test_full_table_begins_anew(kernels, monkeypatch):  # noqa: F811
    monkeypatch.setattr("zoo.layers._word_table.MAX_BYTES", 20 * 8 * 4)
    model = make_tok2vec(make_encoder())
    for seed in range(5):
        docs = make_docs([9, 4, 30], seed)
        docs.append([f"{word}{seed}" for word in WORDS[:9]])
        if seed == 3:
            docs.append(WORDS)  # More than there is room for.
        if seed == 4:
            docs.append(["x" * 500, "y"])  # Too long to be kept.
        for batch in (docs[1:], docs[:1], docs):
            fresh = model.copy().predict(batch)
            for found, expected in zip(model.predict(batch), fresh, strict=True):
                assert np.array_equal(found, expected)


def test_norms_and_spaces_make_other_words(kernels):  # noqa: F811
    model = make_tok2vec(make_encoder())
    docs = [
        ["the", "snow"],
        Doc(["the", "snow"], norms=["", "ice"]),
        Doc(["the", "snow"], spaces=[False, True]),
        Doc(["the", "snow"], spaces=[True, True], norms=["the", ""]),
    ]
    together = model.predict(docs)
    assert np.abs(together[0] - together[1]).max() > 1e-2
    assert np.abs(together[0] - together[2]).max() > 1e-2
    # In numpy, the bits of a product depend on the number of its rows.
    assert_close(together[0], together[3])
    for doc, expected in zip(docs, together, strict=True):
        assert_close(model.copy().predict([doc])[0], expected)


@pytest.mark.parametrize("word", [1, None, ("the", "snow"), ["snow"]])
def test_words_that_are_no_strings_are_refused(kernels, word):  # noqa: F811
    model = make_tok2vec(make_encoder())
    for _ in range(2):
        with pytest.raises(TypeError, match=r"must be (a string|strings)|unhash"):
            model.predict([["the", word]])


def test_gradient_after_a_prediction_is_refused(kernels):  # noqa: F811
    model = make_tok2vec(make_encoder())
    Y, backprop = model([["the", "snow"]], is_train=False)
    with pytest.raises(RuntimeError, match="predictions have no gradient"):
        backprop(Y)


@pytest.mark.parametrize("shape", [(12, 3, 36), (8, 5, 24), (8, 3, 6), (0, 3, 0)])
def test_weights_that_fit_no_kernel_are_left_to_numpy(shape):
    with using("numba"):
        assert suits(np.zeros((8, 3, 24)))
        assert not suits(np.zeros(shape))


@needs_numba
def test_arrays_that_do_not_fit_never_reach_a_kernel():
    with using("numba"):
        arrays = {
            "W": np.zeros((8, 3, 24), "f"),
            "b": np.zeros((8, 3), "f"),
            "G": np.zeros(8, "f"),
            "beta": np.zeros(8, "f"),
        }
        packed, blocks = pack(arrays), pack_blocks([arrays], 1)
        E, terms = np.zeros((3, 8), "f"), np.zeros((3, 3, 24), "f")
        one = np.array([1])
        calls = [
            lambda: call_sum_hashed_rows([E], np.zeros((2, 2), "u8"), [1]),
            lambda: call_sum_hashed_rows([E], np.zeros((2, 1), "u8"), [1, 2]),
            lambda: call_sum_hashed_rows([E, E[:, 1:]], np.zeros((2, 2), "u8"), [1, 2]),
            lambda: call_sum_hashed_rows([E[:0]], np.zeros((2, 1), "u8"), [1]),
            lambda: call_add_hashed_rows(E, np.zeros(2, "u8"), 1, E[:1]),
            lambda: call_add_hashed_rows(E[:0], np.zeros(0, "u8"), 1, E[:0]),
            lambda: call_add_hashed_rows(E[:, 1:], np.zeros(2, "u8"), 1, E[:2, 1:]),
            lambda: call_transform(E, packed),
            lambda: pack(arrays | {"G": np.zeros(4, "f")}),
            lambda: call_fill_terms(packed, E, terms[:2]),
            lambda: call_fill_terms(packed, E, terms[:, :2]),
            lambda: call_fill_terms(packed, E[:, :5], terms),
            lambda: call_encode(np.array([3]), [1], E, terms, blocks, 1),
            lambda: call_encode(np.array([-1]), [1], E, terms, blocks, 1),
            lambda: call_encode(one, [2], E, terms, blocks, 1),
            lambda: call_encode(one, [2, -1], E, terms, blocks, 1),
            lambda: call_encode(one, [1], E, terms, blocks, 2),
            lambda: call_encode(one, [1], E[:, :4], None, blocks, 1),
            lambda: call_encode(one, [1], E, terms[:2], blocks, 1),
            lambda: call_encode(one, [1], E, terms.astype("d"), blocks, 1),
            lambda: pack_blocks([arrays | {"G": np.zeros(4, "f")}], 1),
            lambda: pack_blocks([arrays], 2),
        ]
        for call in calls:
            with pytest.raises(ValueError, match="shapes and types of its arrays"):
                call()
        assert call_encode(one, [1], E, terms, blocks, 1).shape == (1, 8)
