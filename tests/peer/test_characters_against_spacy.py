"""Compare the embeddings of bytes with spaCy's, on spaCy's weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.types import Ragged

import zoo
from tests.layers.builders import Table
from tests.peer.both_models import (
    TABLE,
    as_spacy,
    build_both,
    go_both_ways,
)
from tests.peer.spacy_models import (
    assert_same,
    assert_same_gradients,
    parameter_pairs,
    randomize,
    resolve,
)
from zoo.interop.spacy import load_weights, spacy_tree
from zoo.layers import set_vectors
from zoo.layers.char_embed import pick_bytes
from zoo.layers.containers import split
from zoo.testing._samples import clear_gradients

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

BYTES = """
@layers = "spacy.CharEmbed.v1"
nM = 2
nC = 5
"""
EMBED = """
@architectures = "spacy.CharacterEmbed.v2"
width = 6
rows = 20
nM = 2
nC = 5
include_static_vectors = {}
feature = "{}"
"""
BLOCKS = {
    "lower": EMBED.format("false", "LOWER"),
    "shape": EMBED.format("false", "SHAPE"),
    "vectors": EMBED.format("true", "LOWER"),
    "legacy": EMBED.format("false", "LOWER").replace(
        "spacy.CharacterEmbed.v2", "spacy-legacy.CharacterEmbed.v1"
    ),
}
characters = st.characters(codec="utf-8", exclude_characters="\0")
texts = st.lists(st.text(characters, min_size=1, max_size=8), max_size=6)
batches = st.lists(texts, max_size=4).filter(any)
#: Words that have no byte in common at any place, and all have a vector.
apart = st.permutations(["the", "cat", "x", "."]).map(lambda words: [words[:3]])
some = settings(max_examples=20)


@some
@given(texts.filter(bool), st.integers(1, 9))
def test_the_bytes_are_spacys(words, n_bytes):
    (doc,) = as_spacy([words])
    theirs = doc.to_utf8_array(nr_char=n_bytes)
    np.testing.assert_array_equal(pick_bytes(words, n_bytes), theirs)


@some
@given(batches)
def test_embeddings_of_bytes_agree(batch):
    theirs = randomize(resolve(spacy.registry, BYTES))
    ours = resolve(zoo.registry, BYTES)
    load_weights(ours, theirs.to_bytes())
    Y = ours.predict(batch)
    assert_same(split(Y), theirs.predict(as_spacy(batch)))


@pytest.mark.parametrize("name", BLOCKS)
@some
@given(batch=batches)
def test_outputs_and_all_other_gradients_agree(name, batch):
    ours, theirs = go_both_ways(BLOCKS[name], batch)
    for (node, name), (their_node, their_name) in parameter_pairs(ours, theirs).items():
        if node.name not in ("char_embed", "static_vectors"):
            found, expected = node.get_grad(name), their_node.get_grad(their_name)
            scale = 1e-3 * max(np.abs(expected).max(), 1e-2)
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=scale)


@pytest.mark.parametrize("name", ["lower", "vectors"])
@settings(max_examples=5)
@given(batch=apart)
def test_all_gradients_agree_on_words_without_a_byte_in_common(name, batch):
    block = BLOCKS[name].replace("nC = 5", "nC = 1")
    assert_same_gradients(*go_both_ways(block, batch))


def test_spacy_trains_a_byte_on_the_last_word_that_has_it_and_zoo_on_all():
    gradients = []
    for registry, batch in (
        (zoo.registry, [["ab", "ac"]]),
        (spacy.registry, as_spacy([["ab", "ac"]])),
    ):
        model = resolve(registry, BYTES.replace("nC = 5", "nC = 1")).initialize()
        clear_gradients(model)
        Y, backprop = model(batch, is_train=True)
        dY = np.array([[1, 1], [10, 10]], dtype="f")
        ragged = isinstance(Y, Ragged)
        backprop(Ragged(dY, Y.lengths) if ragged else [dY])
        gradients.append(model.get_grad("E")[0, ord("a"), 0])
    assert gradients == [11, 10]


def test_spacy_cannot_do_without_words_and_zoo_can():
    ours, theirs = build_both(BLOCKS["lower"])
    with pytest.raises(ValueError):
        theirs.predict(as_spacy([[], []]))
    assert ours.predict([[], []]).lengths.tolist() == [0, 0]


@pytest.mark.parametrize("name", BLOCKS)
def test_the_tree_is_spacys(name):
    ours, theirs = build_both(BLOCKS[name])
    for node, their_node in zip(spacy_tree(ours).walk(), theirs.walk(), strict=True):
        assert set(node.params) == set(their_node.param_names)
        if node.params:
            assert node.name == their_node.name


@pytest.mark.parametrize(
    "old, new, match",
    [
        ("nC = 5", "nC = 4", r"characters\.E +5 x 256 x 2 +4 x 256 x 2"),
        ("rows = 20", "rows = 21", r"lower\.E +20 x 6 +21 x 6"),
        ("LOWER", "SHAPE", r"for the features \[\['LOWER'\]\], the model has \[\['SH"),
    ],
)
def test_weights_that_do_not_fit_are_refused(old, new, match):
    theirs = build_both(BLOCKS["lower"])[1]
    model = resolve(zoo.registry, BLOCKS["lower"].replace(old, new))
    with pytest.raises(ValueError, match="(?s)" + match):
        load_weights(model, theirs.to_bytes())


def test_weights_without_vectors_do_not_fit_a_model_with_them():
    theirs = build_both(BLOCKS["lower"])[1]
    model = resolve(zoo.registry, BLOCKS["vectors"])
    set_vectors(model, Table(TABLE.rows))
    with pytest.raises(ValueError, match=r"vectors\.W +missing +6 x 5"):
        load_weights(model, theirs.to_bytes())
