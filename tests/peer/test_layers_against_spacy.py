"""Compare layers with spaCy's, forward and backward, on spaCy's weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.types import Ragged

import zoo
from tests.peer.spacy_models import (
    CHOICES,
    CNN,
    DOCS,
    EMBED,
    ENCODE,
    ENCODERS,
    HEADS,
    NLP,
    TEXTCAT,
    as_spacy,
    assert_same,
    assert_same_gradients,
    build_both,
    build_listening,
    build_pipeline,
    random_like,
    randomize,
    resolve,
)
from zoo.doc import Doc
from zoo.interop.spacy import load_weights, spacy_tree
from zoo.layers.containers import join, split
from zoo.testing import lists_of_arrays
from zoo.testing._samples import clear_gradients

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

characters = st.characters(codec="utf-8", exclude_characters="\0")
words = st.one_of(
    st.sampled_from(["the", "The", "THE", "cat", "I", "3.5", "€", "--------", "ǅ"]),
    st.text("abAB1.", min_size=1, max_size=6),
    st.text(characters, min_size=1, max_size=4),
)
filled = st.lists(words, min_size=1, max_size=6)
batches = st.lists(st.lists(words, max_size=6), max_size=4).filter(any)
batches_of_filled = st.lists(filled, min_size=1, max_size=4)
some = settings(max_examples=12)
few = settings(max_examples=4)


def assert_models_agree(block, batch, *, kinds=True):
    """Compare predictions, outputs in training, and gradients of all parameters."""
    ours, theirs = build_both(block)
    docs = as_spacy(batch)
    expected = theirs.predict(docs)
    for kind in (batch, [Doc(list(doc)) for doc in batch], docs) if kinds else (docs,):
        assert_same(ours.predict(kind), expected)
    clear_gradients(ours)
    clear_gradients(theirs)
    Y, backprop = ours(docs, is_train=True)
    their_Y, their_backprop = theirs(docs, is_train=True)
    assert_same(Y, their_Y)
    dY = random_like(Y, seed=len(batch))
    backprop(dY)
    # Thinc's HashEmbed scales what it is given in place.
    their_backprop([d.copy() for d in dY] if isinstance(dY, list) else dY.copy())
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("name", ENCODERS)
@some
@given(batch=batches)
def test_encoders_agree(name, batch):
    assert_models_agree(ENCODERS[name], batch)


@some
@given(batch=batches)
def test_embeddings_agree(batch):
    ours, theirs = build_both(EMBED)
    docs = as_spacy(batch)
    clear_gradients(ours)
    clear_gradients(theirs)
    Y, backprop = ours(batch, is_train=True)
    their_Y, their_backprop = theirs(docs, is_train=True)
    assert_same(split(Y), their_Y)
    assert_same(split(ours.predict(batch)), theirs.predict(docs))
    dY = random_like(their_Y, seed=1)
    backprop(Ragged(np.concatenate(dY), Y.lengths))
    their_backprop(dY)
    assert_same_gradients(ours, theirs)


@some
@given(X=lists_of_arrays(6).filter(lambda X: sum(map(len, X)) > 0))
def test_window_encoders_agree(X):
    theirs = randomize(resolve(spacy.registry, ENCODE))
    ours = resolve(zoo.registry, ENCODE)
    load_weights(ours, theirs.to_bytes())
    Y, backprop = ours(join(ours.ops, X), is_train=True)
    their_Y, their_backprop = theirs(X, is_train=True)
    assert_same(split(Y), their_Y)
    dY = random_like(their_Y, seed=1)
    dX = backprop(Ragged(np.concatenate(dY), Y.lengths))
    assert_same(split(dX), their_backprop(dY), 1e-3)
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("name", HEADS)
@some
@given(batch=batches)
def test_heads_agree(name, batch):
    assert_models_agree(HEADS[name], batch)


@pytest.mark.parametrize("choice", CHOICES)
@few
@given(batch=batches_of_filled)
def test_text_classifiers_agree_in_every_pooling(choice, batch):
    block = TEXTCAT.format(*(str(flag).lower() for flag in choice))
    assert_models_agree(block, batch, kinds=False)


@pytest.mark.parametrize("is_exclusive", ["true", "false"])
@some
@given(batch=batches)
def test_text_classifiers_agree_on_documents_without_tokens(is_exclusive, batch):
    block = TEXTCAT.format(is_exclusive, "false", "false", "false", "true")
    assert_models_agree(block, batch)


def test_spacy_cannot_pool_documents_without_tokens_and_zoo_can():
    block = TEXTCAT.format("true", "true", "true", "true", "true")
    ours, theirs = build_both(block)
    with pytest.raises(ValueError):
        theirs.predict(as_spacy([["a"], []]))
    assert_same(ours.predict([["a"], []])[:1], theirs.predict(as_spacy([["a"]])))


@given(text=st.lists(st.sampled_from(["can't", "Let's", "10am", "x", "I'm"])))
def test_norms_of_the_tokenizer_reach_the_model(text):
    ours, theirs = build_both(CNN)
    doc = NLP(" ".join(text))
    if len(doc):
        norms = [token.norm_ for token in doc]
        own = Doc([token.text for token in doc], norms=norms)
        assert_same(ours.predict([doc]), theirs.predict([doc]))
        assert_same(ours.predict([own]), theirs.predict([doc]))


@pytest.mark.parametrize(
    "block",
    [*ENCODERS.values(), *HEADS.values(), EMBED, ENCODE],
    ids=[*ENCODERS, *HEADS, "embed", "encode"],
)
def test_the_tree_is_spacys(block):
    tree = list(spacy_tree(resolve(zoo.registry, block)).walk())
    theirs = list(resolve(spacy.registry, block).walk())
    assert len(tree) == len(theirs)
    for node, their_node in zip(tree, theirs, strict=True):
        assert set(node.params) == set(their_node.param_names)
        if node.params:
            assert node.name == their_node.name


@pytest.mark.parametrize("choice", CHOICES)
def test_the_tree_of_a_text_classifier_is_spacys(choice):
    block = TEXTCAT.format(*(str(flag).lower() for flag in choice))
    test_the_tree_is_spacys(block)


@pytest.mark.parametrize("upstream_name", ["tok2vec", "*"])
def test_a_saved_pipeline_with_listeners_agrees(upstream_name, tmp_path):
    nlp, blocks = build_pipeline(upstream_name)
    nlp.to_disk(tmp_path)
    sources = {
        "tok2vec": tmp_path / "tok2vec" / "model",
        "tagger": tmp_path / "tagger",
        "textcat": str(tmp_path / "textcat" / "model"),
    }
    upstream, heads = build_listening(blocks, sources)
    docs = as_spacy(DOCS)
    encoder = nlp.get_pipe("tok2vec")
    encoder.set_annotations(docs, encoder.predict(docs))
    with upstream.run(DOCS):
        for head, name in zip(heads, ("tagger", "textcat"), strict=True):
            assert_same(head.predict(DOCS), nlp.get_pipe(name).model.predict(docs))


def test_listeners_agree_in_training():
    nlp, blocks = build_pipeline()
    sources = {name: nlp.get_pipe(name).model.to_bytes() for name in blocks}
    upstream, heads = build_listening(blocks, sources)
    docs = as_spacy(DOCS)
    theirs = [nlp.get_pipe(name).model for name in blocks]
    for model in theirs:
        clear_gradients(model)
    vectors, backprop = theirs[0](docs, is_train=True)
    gradients = []

    def accumulate(dY):
        gradients.append(dY)
        return []

    for model in theirs[1:]:
        listener = model.get_ref("tok2vec")
        listener.receive(listener.get_batch_id(docs), vectors, accumulate)
    with upstream.run(DOCS, is_train=True):
        for ours, model in zip(heads, theirs[1:], strict=True):
            Y, backprop_ours = ours(DOCS, is_train=True)
            their_Y, backprop_theirs = model(docs, is_train=True)
            assert_same(Y, their_Y)
            dY = random_like(Y, seed=2)
            backprop_ours(dY)
            backprop_theirs(dY)
    backprop([a + b for a, b in zip(*gradients, strict=True)])
    for ours, model in zip([upstream.model, *heads], theirs, strict=True):
        assert_same_gradients(ours, model)
