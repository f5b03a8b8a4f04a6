"""Compare TorchBiLSTMEncoder with spaCy's, on spaCy's weights."""

import io
from functools import cache

import numpy as np
import pytest
import srsly
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
    random_like,
    randomize,
    resolve,
)
from zoo.interop.spacy import load_weights, spacy_tree
from zoo.layers.containers import join, split
from zoo.testing._samples import clear_gradients

spacy = pytest.importorskip("spacy")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peer

ENCODE = """
@architectures = "spacy.TorchBiLSTMEncoder.v1"
width = 6
depth = {}
dropout = 0.0
"""
TOK2VEC = """
@architectures = "spacy.Tok2Vec.v2"

[model.embed]
{}
[model.encode]
{}
"""
depths = pytest.mark.parametrize("depth", [1, 2])


@cache
def build_both(depth):
    theirs = resolve(spacy.registry, ENCODE.format(depth)).initialize()
    ours = resolve(zoo.registry, ENCODE.format(depth))
    load_weights(ours, theirs.to_bytes())
    return ours, theirs


def module_of(theirs):
    return next(shim for node in theirs.walk() for shim in node.shims)._model


@depths
@settings(max_examples=15)
@given(n_docs=st.integers(1, 3), n_tokens=st.integers(1, 5), seed=st.integers(0, 99))
def test_encoders_agree_both_ways_on_documents_of_one_length(
    depth, n_docs, n_tokens, seed
):
    X = split(make_ragged([n_tokens] * n_docs, seed, width=6))
    ours, theirs = build_both(depth)
    clear_gradients(ours)
    module = module_of(theirs)
    module.zero_grad()
    assert_same(split(ours.predict(join(ours.ops, X))), theirs.predict(X))
    Y, backprop = ours(join(ours.ops, X), is_train=True)
    their_Y, their_backprop = theirs(X, is_train=True)
    assert_same(split(Y), their_Y)
    dY = random_like(their_Y, seed=1)
    dX = backprop(Ragged(np.concatenate(dY), Y.lengths))
    assert_same(split(dX), their_backprop(dY))
    for name, parameter in module.named_parameters():
        expected = parameter.grad.numpy()
        np.testing.assert_allclose(ours.get_grad(name), expected, atol=1e-4)


def test_a_whole_encoder_agrees():
    block = TOK2VEC.format(EMBED, ENCODE.format(2))
    theirs = randomize(resolve(spacy.registry, block), X=as_spacy([["a", "b"]]))
    ours = resolve(zoo.registry, block)
    load_weights(ours, theirs.to_bytes())
    for words in (["The", "cat", "sees", "3.5", "cats"], ["I"]):
        assert_same(ours.predict([words]), theirs.predict(as_spacy([words])))


@depths
def test_a_short_document_of_spacys_sees_how_long_others_are_and_zoos_does_not(depth):
    ours, theirs = build_both(depth)
    X = make_ragged([4, 1, 0, 2], width=6)
    alone = [theirs.predict([x])[0] if len(x) else x for x in split(X)]
    assert_same(split(ours.predict(X)), alone)
    together = theirs.predict(split(X))
    np.testing.assert_allclose(together[0], alone[0], atol=1e-5)
    for i in (1, 3):
        assert np.abs(together[i] - alone[i])[:, 3:].max() > 0.01


def test_spacy_cannot_do_without_tokens_and_zoo_can():
    ours, theirs = build_both(1)
    X = [np.zeros((0, 6), dtype="f")] * 2
    with pytest.raises(RuntimeError):
        theirs.predict(X)
    assert ours.predict(join(ours.ops, X)).dataXd.shape == (0, 6)


def test_spacy_gives_one_column_less_for_an_odd_width_and_zoo_refuses_it():
    block = ENCODE.format(1).replace("width = 6", "width = 5")
    theirs = resolve(spacy.registry, block).initialize()
    assert theirs.predict([np.zeros((2, 5), dtype="f")])[0].shape == (2, 4)
    with pytest.raises(ValueError, match="width must be even"):
        resolve(zoo.registry, block)


@depths
def test_the_tree_is_spacys(depth):
    ours, theirs = build_both(depth)
    tree, nodes = list(spacy_tree(ours).walk()), list(theirs.walk())
    assert len(tree) == len(nodes)
    assert tree[-1].name == nodes[-1].name
    names = [name for name, _ in module_of(theirs).named_parameters()]
    assert list(tree[-1].params) == names


def stored_with(state):
    """Return the file of an encoder, with another state of its module."""
    stored = srsly.msgpack_loads(build_both(1)[1].to_bytes())
    stored["shims"][2] = [srsly.msgpack_dumps({"config": {}, "state": state})]
    return srsly.msgpack_dumps(stored)


class Malicious:
    def __reduce__(self):
        return (open, ("written_by_a_file", "w"))


def pickled(value):
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def assert_refused(data, match, depth=1):
    model = resolve(zoo.registry, ENCODE.format(depth)).initialize()
    before = model.to_bytes()
    with pytest.raises(ValueError, match="(?s)" + match):
        load_weights(model, data)
    assert model.to_bytes() == before


@pytest.mark.parametrize(
    "state", [b"", b"garbage", pickled([1, 2]), pickled({"weight_ih_l0": Malicious()})]
)
def test_broken_states_are_refused_and_run_no_code(state, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(stored_with(state), "the bytes is not a model file.*of PyTorch")
    assert not list(tmp_path.iterdir())


def test_files_without_shims_are_refused():
    stored = srsly.msgpack_loads(build_both(1)[1].to_bytes())
    for shims in ([], [[], [], []], [5, 5, 5]):
        data = srsly.msgpack_dumps({**stored, "shims": shims})
        assert_refused(data, "is not a model file.*weights of a module of PyTorch")


def test_weights_that_do_not_fit_are_refused():
    theirs = build_both(2)[1].to_bytes()
    assert_refused(theirs, r"do not fit the model.*weight_ih_l1.*missing")
    assert_refused(build_both(1)[1].to_bytes(), r"weight_ih_l1 +missing +12 x 6", 2)
    state = {**module_of(build_both(1)[1]).state_dict()}
    state["weight_hh_l0"] = torch.zeros(12, 4)
    assert_refused(stored_with(pickled(state)), r"weight_hh_l0 +12 x 4 +12 x 3")
    cnn = randomize(resolve(spacy.registry, CNN)).to_bytes()
    assert_refused(cnn, "do not fit the model")
