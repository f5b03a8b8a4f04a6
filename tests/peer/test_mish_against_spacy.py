"""Compare MishWindowEncoder with spaCy's, whose documents leak into each other."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.types import Ragged

import zoo
from tests.layers.builders import make_ragged
from tests.peer.spacy_models import (
    CNN,
    EMBED,
    as_spacy,
    assert_same,
    assert_same_gradients,
    random_like,
    randomize,
    resolve,
)
from zoo.interop.spacy import load_weights, spacy_tree
from zoo.layers.containers import split
from zoo.testing._samples import clear_gradients

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

WIDTH = 6
ENCODE = """
@architectures = "spacy.MishWindowEncoder.v2"
width = 6
window_size = {}
depth = {}
"""
TOK2VEC = """
@architectures = "spacy.Tok2Vec.v2"

[model.embed]
{}
[model.encode]
{}
"""
LEGACY = TOK2VEC.format(EMBED, ENCODE.format(1, 2)).replace(
    "spacy.Tok", "spacy-legacy.Tok"
)
LEGACY = LEGACY.replace("spacy.M", "spacy-legacy.M").replace(".v2", ".v1")
sizes = pytest.mark.parametrize("size, depth", [(1, 1), (1, 3), (2, 2), (0, 2)])


@cache
def build_both(block):
    theirs = randomize(resolve(spacy.registry, block), X=None)
    ours = resolve(zoo.registry, block)
    load_weights(ours, theirs.to_bytes())
    return ours, theirs


@sizes
@settings(max_examples=10)
@given(n_tokens=st.integers(1, 7), seed=st.integers(0, 99))
def test_a_document_alone_agrees_both_ways(size, depth, n_tokens, seed):
    ours, theirs = build_both(ENCODE.format(size, depth))
    X = make_ragged([n_tokens], seed, WIDTH)
    for model in (ours, theirs):
        clear_gradients(model)
    Y, backprop = ours(X, is_train=True)
    their_Y, their_backprop = theirs([X.dataXd], is_train=True)
    assert_same(split(Y), their_Y)
    dY = random_like(their_Y, seed)
    dX = backprop(Ragged(dY[0], X.lengths))
    assert_same(split(dX), their_backprop([d.copy() for d in dY]), 1e-3)
    assert_same_gradients(ours, theirs)


def test_documents_of_spacys_see_the_next_one_and_zoos_do_not():
    ours, theirs = build_both(ENCODE.format(1, 1))
    X = make_ragged([3, 0, 2], width=WIDTH)
    alone = [
        ours.predict(Ragged(x, X.lengths[:1] * 0 + len(x))).dataXd for x in split(X)
    ]
    assert_same(split(ours.predict(X)), alone)
    joined = theirs.predict(split(X))
    differences = [np.abs(a - b) for a, b in zip(joined, alone, strict=True)]
    # The last token of the first document, and the first of the last.
    assert (differences[0][:2] < 1e-5).all() and (differences[2][1:] < 1e-5).all()
    assert differences[0][2].max() > 0.1 and differences[2][0].max() > 0.1


def test_spacys_leak_is_that_of_one_document_after_the_other():
    ours, theirs = build_both(ENCODE.format(2, 2))
    X = make_ragged([3, 2], width=WIDTH)
    joined = Ragged(X.dataXd, X.lengths[:1] * 0 + 5)
    expected = np.concatenate(theirs.predict(split(X)))
    assert_same([ours.predict(joined).dataXd], [expected])


@pytest.mark.parametrize("block", [TOK2VEC.format(EMBED, ENCODE.format(1, 2)), LEGACY])
def test_whole_encoders_agree_on_one_document(block):
    theirs = randomize(resolve(spacy.registry, block), X=as_spacy([["a", "b"]]))
    ours = resolve(zoo.registry, block)
    load_weights(ours, theirs.to_bytes())
    batch = [["The", "cat", "sees", "3.5", "cats"]]
    assert_same(ours.predict(batch), theirs.predict(as_spacy(batch)))


@sizes
def test_the_tree_is_spacys(size, depth):
    ours, theirs = build_both(ENCODE.format(size, depth))
    for node, their_node in zip(spacy_tree(ours).walk(), theirs.walk(), strict=True):
        assert set(node.params) == set(their_node.param_names)
        if node.params:
            assert node.name == their_node.name


def test_weights_of_a_maxout_encoder_are_refused():
    block = TOK2VEC.format(EMBED, ENCODE.format(1, 2))
    model = resolve(zoo.registry, block)
    theirs = randomize(resolve(spacy.registry, CNN.replace("width = 8", "width = 6")))
    with pytest.raises(ValueError, match="the weights do not fit the model"):
        load_weights(model, theirs.to_bytes())
