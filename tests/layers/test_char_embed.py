"""Check CharEmbed against a loop over the bytes of each token."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from thinc.types import Ragged

from tests.layers.builders import DOCS, assert_config_builds, randomize
from tests.layers.references import embed_bytes_slowly, pick_slowly
from zoo import Doc
from zoo.layers import CharEmbed
from zoo.layers.char_embed import pick_bytes
from zoo.testing import assert_gradients_match, check_layer, docs

NM, NC = 3, 5
CONFIG = """
[model]
@layers = "zoo.CharEmbed.v1"
nM = 3
nC = 5
"""
sizes = st.integers(1, 9)


@pytest.mark.parametrize(
    "word, expected",
    [
        ("jumping", [*b"jgunmip", 255]),
        ("jumpings", b"jsugmnpi"),
        ("abcdefghijk", b"akbjcidh"),
        ("", [255] * 8),
        ("a", [97] + [255] * 7),
        ("é", [0xC3, 0xA9] + [255] * 6),
    ],
)
def test_bytes_are_taken_from_both_ends_in_turn(word, expected):
    assert pick_bytes([word], 8).tolist() == [list(expected)]
    assert pick_slowly(word, 8) == list(expected)


@given(st.lists(st.text(max_size=8), max_size=5), sizes)
@example(["\ud800", "", "a\ud800b"], 4)
def test_bytes_match_a_loop_over_words(words, n_bytes):
    picked = pick_bytes(words, n_bytes)
    assert picked.shape == (len(words), n_bytes)
    assert picked.tolist() == [pick_slowly(word, n_bytes) for word in words]


@given(docs(), sizes)
def test_all_that_holds_for_every_layer(batch, nC):
    check_layer(CharEmbed(NM, nC).initialize(), batch)


@given(docs(), sizes, st.integers(0, 99))
def test_output_matches_a_loop_over_tokens(batch, nC, seed):
    model = randomize(CharEmbed(NM, nC), seed)
    Y = model.predict(batch)
    assert Y.lengths.tolist() == [len(doc) for doc in batch]
    np.testing.assert_allclose(Y.dataXd, embed_bytes_slowly(model, batch), atol=1e-6)


@given(docs(max_docs=3), sizes, st.integers(0, 99))
def test_gradients_match_numerical_differentiation(batch, nC, seed):
    assert_gradients_match(CharEmbed(NM, nC).initialize(), batch, seed=seed)


def test_words_with_a_byte_in_common_all_train_it():
    model = CharEmbed(nM=1, nC=1).initialize()
    Y, backprop = model([["ab", "ac", "ab"], ["a", "b"]], is_train=True)
    dY = np.array([[1], [10], [100], [1000], [1]], dtype="f")
    backprop(Ragged(dY, Y.lengths))
    dE = model.get_grad("E")
    assert dE[0, ord("a")] == 1111 and dE[0, ord("b")] == 1
    assert dE.sum() == 1112


def test_the_table_starts_as_zeros():
    model = CharEmbed(NM, NC).initialize()
    assert model.get_param("E").shape == (NC, 256, NM)
    assert not model.predict(DOCS).dataXd.any()


def test_norms_do_not_count():
    model = randomize(CharEmbed(NM, NC))
    one, other = (model.predict([d]).dataXd for d in (Doc(["a"], norms=["b"]), ["a"]))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("batch", [[], [[]], [[], Doc([])]])
def test_batches_without_words_keep_the_width_both_ways(batch):
    model = randomize(CharEmbed(NM, NC))
    Y, backprop = model(batch, is_train=True)
    assert Y.dataXd.shape == (0, NM * NC)
    assert backprop(Y) == []


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(CharEmbed(NM, NC)), DOCS)


@pytest.mark.parametrize("name", ["nM", "nC"])
def test_sizes_below_1_are_refused(name):
    with pytest.raises(ValueError, match=f"CharEmbed: {name} must be 1 or more, got 0"):
        CharEmbed(**{"nM": 2, "nC": 2, name: 0})
