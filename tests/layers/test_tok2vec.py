"""Check Tok2Vec, an embedding and an encoder in a chain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import (
    Linear,
    chain,
    list2ragged,
    ragged2list,
    set_dropout_rate,
    with_array,
)
from thinc.types import Ragged

from tests.layers.builders import (
    DOCS,
    TOK2VEC,
    WIDTH,
    FakeGPU,
    OnDevice,
    assert_config_builds,
    make_embed,
    make_ragged,
    make_tok2vec,
    randomize,
)
from tests.layers.references import embed_slowly, encode_slowly
from zoo.layers import MaxoutWindowEncoder, Tok2Vec
from zoo.layers.containers import split
from zoo.testing import assert_gradients_match, check_layer, docs

quick = settings(max_examples=15)


@quick
@given(docs())
def test_all_that_holds_for_every_layer(batch):
    check_layer(make_tok2vec().initialize(), batch)


@quick
@given(docs(), st.integers(0, 2))
def test_the_way_of_a_gpu_gives_the_same_numbers(batch, depth):
    model = randomize(make_tok2vec(depth=depth))
    other = model.copy()
    other._to_ops(FakeGPU())
    predicted = [m.predict(batch) for m in (model, other)]
    (Y, backprop), (other_Y, other_backprop) = (m(batch, True) for m in (model, other))
    backprop(Y)
    other_backprop(Y)
    pairs = [*zip(*predicted, strict=True), *zip(Y, other_Y, strict=True)]
    for node, twin in zip(model.walk(), other.walk(), strict=True):
        assert node.grad_names == twin.grad_names
        pairs += [(node.get_grad(n), twin.get_grad(n)) for n in node.grad_names]
    for expected, found in pairs:
        np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)


def test_nobody_asks_a_gpu_for_the_lengths(monkeypatch):
    def put_there(self, sizes, **_):
        return np.array(sizes, dtype="i").view(OnDevice)

    monkeypatch.setattr(FakeGPU, "asarray1i", put_there)
    model = randomize(make_tok2vec(depth=2))
    model._to_ops(FakeGPU())
    Y, backprop = model(DOCS, is_train=True)
    backprop(Y)
    for vectors in (Y, model.predict(DOCS)):
        assert [len(part) for part in vectors] == [len(doc) for doc in DOCS]
    with pytest.raises(AssertionError, match="waits"):
        split(Ragged(np.zeros((3, 2)), put_there(None, [2, 1])))


@given(docs(), st.integers(0, 99))
def test_output_matches_a_loop_over_documents(batch, seed):
    model = randomize(make_tok2vec(depth=2), seed)
    embed, encode = model.get_ref("embed"), model.get_ref("encode")
    for found, doc in zip(model.predict(batch), batch, strict=True):
        expected = encode_slowly(encode, embed_slowly(embed, [doc]))
        assert found.shape == (len(doc), WIDTH)
        np.testing.assert_allclose(found, expected, atol=1e-3, rtol=1e-3)


@quick
@given(docs(max_docs=3), st.integers(0, 99))
def test_gradients_match_numerical_differentiation(batch, seed):
    assert_gradients_match(make_tok2vec().initialize(), batch, seed=seed)


def test_set_dropout_rate_reaches_every_part():
    model = randomize(make_tok2vec())
    whole = model.predict(DOCS)
    set_dropout_rate(model, 1.0)
    assert not any(y.any() for y in model(DOCS, is_train=True)[0])
    for found, expected in zip(model.predict(DOCS), whole, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_parts_may_give_and_take_lists():
    embed = chain(make_embed(), ragged2list())
    encode = chain(MaxoutWindowEncoder(WIDTH, depth=1), ragged2list())
    check_layer(Tok2Vec(embed, encode).initialize(X=DOCS), [["a", "b"], ["c"]])


def test_other_layers_of_thinc_can_embed_and_encode():
    embed = chain(make_embed(), with_array(Linear(3, WIDTH)))
    encode = with_array(Linear(5, 3))
    model = Tok2Vec(embed, encode).initialize(X=DOCS)
    assert [y.shape for y in model.predict(DOCS)] == [(len(d), 5) for d in DOCS]
    check_layer(model, DOCS)


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(TOK2VEC, randomize(make_tok2vec()), DOCS)


def test_widths_are_known_from_the_start():
    assert make_tok2vec(width=6).get_dim("nO") == 6


def test_parts_of_different_widths_are_refused():
    match = r"width 4 and an encoder of width 5\."
    with pytest.raises(ValueError, match=match):
        Tok2Vec(make_embed(4), MaxoutWindowEncoder(5))


def test_it_stands_in_thincs_chains():
    model = chain(make_tok2vec(), list2ragged(), with_array(Linear(2)), ragged2list())
    model.initialize(X=DOCS)
    filled = [doc for doc in DOCS if len(doc)]
    assert_gradients_match(model, filled)
    assert make_ragged([2]).dataXd.shape == (2, WIDTH)
