"""Compare layers that read a table of vectors with spaCy's, on spaCy's weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoo
from tests.layers.builders import Table
from tests.peer.spacy_models import (
    CNN,
    EMBED,
    ONE_TABLE,
    TAGGER,
    TOK2VEC,
    assert_same_gradients,
    parameter_pairs,
    randomize,
    resolve,
)
from zoo.interop.spacy import load_weights, spacy_tree
from zoo.layers import set_vectors
from zoo.vectors import similarity

from .both_models import KNOWN, NLP, TABLE, as_spacy, build_both, go_both_ways

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

STATIC = """
@layers = "spacy.StaticVectors.v2"
nO = 6
dropout = 0.0
key_attr = "ORTH"
"""


def with_vectors(block):
    return block.replace("vectors = false", "vectors = true").replace("null", "true")


#: Layers that give a Ragged here, by name.
EMBEDDINGS = {
    "static vectors": STATIC,
    "embed": with_vectors(EMBED),
    "one table": with_vectors(ONE_TABLE),
}
MODELS = {
    "cnn": with_vectors(CNN),
    "tok2vec": with_vectors(TOK2VEC),
    "tagger": with_vectors(TAGGER),
}
known = st.lists(st.sampled_from(KNOWN), max_size=6)
mixed = st.lists(st.sampled_from([*KNOWN, "unknown", "THE"]), max_size=6)
batches_of_known = st.lists(known, max_size=4).filter(any)
batches = st.lists(mixed, max_size=4).filter(any)
few = settings(max_examples=10)


@pytest.mark.parametrize("block", [*EMBEDDINGS.values(), *MODELS.values()])
@few
@given(batch=batches_of_known)
def test_models_agree_on_words_with_vectors(block, batch):
    assert_same_gradients(*go_both_ways(block, batch))


@pytest.mark.parametrize("block", [*EMBEDDINGS.values(), *MODELS.values()])
@few
@given(batch=batches)
def test_all_but_the_projection_agrees_on_words_without_vectors(block, batch):
    ours, theirs = go_both_ways(block, batch)
    for (node, name), (their_node, their_name) in parameter_pairs(ours, theirs).items():
        if node.name != "static_vectors":
            found, expected = node.get_grad(name), their_node.get_grad(their_name)
            scale = 1e-3 * max(np.abs(expected).max(), 1e-2)
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=scale)


def test_spacy_trains_on_the_last_vector_for_unknown_words_and_zoo_does_not():
    ours, theirs = go_both_ways(STATIC, [["unknown", "words"]])
    assert not ours.get_grad("W").any()
    last = TABLE.data[-1]
    their_dW = theirs.get_grad("W")
    # All of it lies along the last row of the table, which neither word has.
    along = np.outer(their_dW @ last, last) / (last @ last)
    assert np.abs(their_dW).max() > 0.1
    np.testing.assert_allclose(their_dW, along, atol=1e-5)


def test_spacy_cannot_do_without_words_and_zoo_can():
    ours, theirs = build_both(EMBEDDINGS["embed"])
    with pytest.raises(ValueError):
        theirs.predict(as_spacy([[], []]))
    assert ours.predict([[], []]).lengths.tolist() == [0, 0]


@pytest.mark.parametrize("block", [*EMBEDDINGS.values(), *MODELS.values()])
def test_the_tree_is_spacys(block):
    ours, theirs = build_both(block)
    for node, their_node in zip(spacy_tree(ours).walk(), theirs.walk(), strict=True):
        assert set(node.params) == set(their_node.param_names)
        if node.params:
            assert node.name == their_node.name


def test_a_table_of_another_width_than_the_file_has_is_refused():
    ours = resolve(zoo.registry, MODELS["cnn"])
    load_weights(ours, build_both(MODELS["cnn"])[1].to_bytes())
    with pytest.raises(ValueError, match="table must be 5 wide"):
        set_vectors(ours, Table(width=6))
    ours = resolve(zoo.registry, MODELS["cnn"])
    set_vectors(ours, Table(width=6))
    with pytest.raises(ValueError, match=r"embed\.vectors\.W +8 x 5 +8 x 6"):
        load_weights(ours, build_both(MODELS["cnn"])[1].to_bytes())


def test_weights_with_vectors_do_not_fit_a_model_without():
    for block, other in ((CNN, MODELS["cnn"]), (MODELS["cnn"], CNN)):
        theirs = randomize(resolve(spacy.registry, other), X=as_spacy([["the"]]))
        model = resolve(zoo.registry, block)
        with pytest.raises(ValueError, match="the weights do not fit the model"):
            load_weights(model, theirs.to_bytes())


def test_settings_of_static_vectors_are_spacys():
    model = resolve(zoo.registry, STATIC.replace("dropout = 0.0", "nM = 5"))
    assert model.get_dim("nM") == 5 and model.attrs["dropout_rate"] == 0.0
    dropped = resolve(zoo.registry, STATIC.replace("= 0.0", "= 0.3"))
    assert dropped.attrs["dropout_rate"] == 0.3
    with pytest.raises(ValueError, match=r"key_attr must be ORTH.*got 'NORM'"):
        resolve(zoo.registry, STATIC.replace("ORTH", "NORM"))


WORDS = st.lists(st.sampled_from([*KNOWN, "no", "other"]), min_size=1, max_size=5)


@given(WORDS, WORDS)
def test_similarity_of_documents_and_spans_is_spacys(left, right):
    ours = [zoo.Doc(left), zoo.Doc(right)]
    theirs = [spacy.tokens.Doc(NLP.vocab, words=words) for words in (left, right)]
    for part in (slice(None), slice(0, 1)):
        a, b = (doc[part] for doc in theirs)
        is_known = a.vector_norm and b.vector_norm  # Else spaCy warns, and gives 0.
        expected = pytest.approx(a.similarity(b) if is_known else 0, abs=1e-5)
        assert similarity(TABLE, *(doc[part] for doc in ours)) == expected
        assert similarity(TABLE, a, b) == expected
