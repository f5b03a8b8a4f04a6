"""Compare the text classifiers over words with spaCy's, on spaCy's weights."""

import itertools
from functools import cache

import numpy as np
import pytest
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st

import zoo
from tests.peer.spacy_models import (
    CNN,
    TEXTCAT,
    as_spacy,
    assert_same,
    assert_same_gradients,
    random_like,
    resolve,
)
from zoo.interop.spacy import load_weights, spacy_tree
from zoo.testing._samples import clear_gradients, move_parameters

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

BOW = """
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = {}
ngram_size = {}
no_output_layer = {}
length = 100
"""
ENSEMBLE = """
@architectures = "spacy.TextCatEnsemble.v2"

[model.linear_model]
{}
[model.tok2vec]
{}
"""
flags = ("true", "false")
CHOICES = list(itertools.product(flags, (1, 2, 3), flags))
NO = 3
ATTENTION = (
    """
@architectures = "spacy.TextCatParametricAttention.v1"
exclusive_classes = {}

[model.tok2vec]
"""
    + CNN
)
words = st.sampled_from(["the", "The", "cat", "I", "3.5", "ǅ", "日本語"])
filled = st.lists(words, min_size=1, max_size=6)
batches = st.lists(st.lists(words, max_size=6), max_size=4).filter(any)
batches_of_filled = st.lists(filled, min_size=1, max_size=4)
few = settings(max_examples=6)


def ensemble(is_exclusive, size=2, no_output="false"):
    return ENSEMBLE.format(BOW.format(is_exclusive, size, no_output), CNN)


@cache
def build_both(block):
    """Build spaCy's, which takes its labels from a sample, and ours on its weights."""
    theirs = resolve(spacy.registry, block)
    docs = as_spacy([["a", "b"], ["c", "d", "e"]])
    theirs.initialize(X=docs, Y=np.zeros((2, NO), dtype="f"))
    move_parameters(theirs, np.random.default_rng(0))
    ours = resolve(zoo.registry, block)
    load_weights(ours, theirs.to_bytes())
    assert ours.get_dim("nO") == NO
    return ours, theirs


def assert_models_agree(block, batch):
    ours, theirs = build_both(block)
    docs = as_spacy(batch)
    assert_same([ours.predict(batch)], [theirs.predict(docs)])
    clear_gradients(ours)
    clear_gradients(theirs)
    Y, backprop = ours(batch, is_train=True)
    their_Y, their_backprop = theirs(docs, is_train=True)
    assert_same([Y], [their_Y])
    dY = random_like(Y, seed=len(batch))
    backprop(dY)
    their_backprop(dY.copy())
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("is_exclusive, size, no_output", CHOICES)
@few
@given(batch=batches_of_filled)
def test_linear_models_agree(is_exclusive, size, no_output, batch):
    assert_models_agree(BOW.format(is_exclusive, size, no_output), batch)


@few
@given(batch=batches)
def test_linear_models_agree_on_documents_without_words(batch):
    assert_models_agree(BOW.format("true", 1, "false"), batch)


@pytest.mark.parametrize("is_exclusive", flags)
@few
@given(batch=batches_of_filled)
def test_ensembles_agree(is_exclusive, batch):
    assert_models_agree(ensemble(is_exclusive), batch)


@pytest.mark.parametrize("no_output", flags)
@few
@given(batch=batches)
def test_ensembles_agree_on_documents_without_words(no_output, batch):
    assert_models_agree(ensemble("true", 1, no_output), batch)


@pytest.mark.parametrize("is_exclusive", flags)
@few
@given(batch=batches)
def test_classifiers_by_attention_agree(is_exclusive, batch):
    assert_models_agree(ATTENTION.format(is_exclusive), batch)


@pytest.mark.parametrize("attr", ["ORTH", "LOWER"])
@pytest.mark.parametrize("size", [1, 2, 3])
@few
@given(batch=batches_of_filled)
def test_counts_of_ngrams_agree(size, attr, batch):
    block = f'@layers = "spacy.extract_ngrams.v1"\nngram_size = {size}\n'
    ours = resolve(zoo.registry, f'{block}attr = "{attr}"')
    number = getattr(spacy.attrs, attr)
    theirs = resolve(spacy.registry, f"{block}attr = {number}")
    found, expected = ours.predict(batch), theirs.predict(as_spacy(batch))
    for array, their_array in zip(found, expected, strict=True):
        np.testing.assert_array_equal(array, their_array)
        assert array.dtype == their_array.dtype
    by_number = resolve(zoo.registry, f"{block}attr = {number}")
    np.testing.assert_array_equal(by_number.predict(batch).keys, found.keys)


LOW_DATA = '@architectures = "spacy.TextCatLowData.v1"\nwidth = 6\ndropout = null'


VECTORS = np.random.default_rng(0).normal(size=(3, 5)).astype("f")


def with_vectors(batch):
    """Make documents of spaCy's whose vocabulary has vectors of three words."""
    nlp = spacy.blank("en")
    for word, row in zip(("the", "cat", "I"), VECTORS, strict=True):
        nlp.vocab.set_vector(word, row)
    return [spacy.tokens.Doc(nlp.vocab, words=words) for words in batch]


@few
@given(batch=batches)
def test_classifiers_for_little_data_are_what_spacys_was_meant_to_be(batch):
    docs = with_vectors(batch)
    ours = resolve(zoo.registry, LOW_DATA)
    zoo.layers.set_vectors(ours, zoo.Vectors(["the", "cat", "I"], VECTORS))
    ours.initialize(X=batch, Y=np.zeros((len(batch), NO), dtype="f"))
    move_parameters(ours, np.random.default_rng(0))
    theirs = resolve(spacy.registry, LOW_DATA)
    # In spaCy, a layer for lists stands behind one that returns no list.
    (broken,) = (
        m for m in theirs.walk() if [c.name for c in m.layers][1:] == ["list2ragged"]
    )
    broken.layers.pop()
    theirs.initialize(X=docs, Y=np.zeros((len(batch), NO), dtype="f"))
    pairs = [
        [node for node in model.walk(order="dfs_post") if node.param_names]
        for model in (ours, theirs)
    ]
    for node, their_node in zip(*pairs, strict=True):
        for name in node.param_names:
            their_node.set_param(name, node.get_param(name))
    Y, backprop = ours(batch, is_train=True)
    their_Y, their_backprop = theirs(docs, is_train=True)
    assert_same([Y], [their_Y])
    dY = random_like(Y, seed=len(batch))
    backprop(dY)
    their_backprop(dY.copy())
    for node, their_node in zip(*pairs, strict=True):
        for name in node.param_names:
            assert_same([node.get_grad(name)], [their_node.get_grad(name)])


def test_spacys_classifier_for_little_data_cannot_be_initialized():
    model = resolve(spacy.registry, LOW_DATA)
    with pytest.raises(ValueError, match=r"found <class 'thinc.types.Ragged'>"):
        model.initialize(X=with_vectors([["a"]]), Y=np.zeros((1, NO), dtype="f"))


def test_spacy_cannot_pair_words_of_an_empty_document_and_zoo_can():
    ours, theirs = build_both(BOW.format("true", 2, "false"))
    with pytest.raises(IndexError):
        theirs.predict(as_spacy([["a"], []]))
    expected = theirs.predict(as_spacy([["a"]]))
    assert_same([ours.predict([["a"], []])[:1]], [expected])


@pytest.mark.parametrize(
    "block",
    [
        *(BOW.format(*choice) for choice in CHOICES),
        *(
            block.format(flag)
            for flag in flags
            for block in (ensemble("{}"), ATTENTION)
        ),
    ],
)
def test_the_tree_is_spacys(block):
    ours, theirs = build_both(block)
    for node, their_node in zip(spacy_tree(ours).walk(), theirs.walk(), strict=True):
        assert set(node.params) == set(their_node.param_names)
        if node.params:
            assert node.name == their_node.name


def test_weights_of_another_classifier_are_refused():
    bow, both = BOW.format("true", 2, "false"), ensemble("true")
    for block, other in ((bow, both), (both, bow), (both, ensemble("false"))):
        model, (_, theirs) = resolve(zoo.registry, block), build_both(other)
        with pytest.raises(ValueError, match="the weights do not fit the model"):
            load_weights(model, theirs.to_bytes())


def test_a_table_of_another_length_is_refused():
    block = BOW.format("true", 2, "false")
    model = resolve(zoo.registry, block + "nO = 3\n")
    other = build_both(block.replace("length = 100", "length = 200"))[1]
    with pytest.raises(ValueError, match=r"output_layer\.W +768 +384"):
        load_weights(model, other.to_bytes())


def test_n_grams_of_another_size_are_refused():
    model = resolve(zoo.registry, BOW.format("true", 3, "false"))
    theirs = build_both(BOW.format("true", 2, "false"))[1]
    with pytest.raises(
        ValueError, match=r"an ngram_size of \[2\], the model has \[3\]"
    ):
        load_weights(model, theirs.to_bytes())


def test_an_ngram_size_that_cannot_be_read_is_refused():
    block = BOW.format("true", 2, "false")
    stored = srsly.msgpack_loads(build_both(block)[1].to_bytes())
    for attrs in stored["attrs"]:
        if "ngram_size" in attrs:
            attrs["ngram_size"] = b"\x93"
    with pytest.raises(
        ValueError, match=r"not a model file.*cannot read its ngram_size"
    ):
        load_weights(resolve(zoo.registry, block), srsly.msgpack_dumps(stored))


def test_another_activation_or_pooling_is_refused():
    pairs = [
        (BOW.format("true", 2, "false"), BOW.format("false", 2, "false")),
        (
            TEXTCAT.format("true", "true", "false", "false", "false"),
            TEXTCAT.format("true", "false", "true", "false", "false"),
        ),
    ]
    for block, other in pairs:
        theirs = build_both(other)[1]
        model = resolve(zoo.registry, block)
        match = r"made for a model with the layer '\w+' where this one has '\w+'"
        with pytest.raises(ValueError, match=match):
            load_weights(model, theirs.to_bytes())
