"""Check that frozen parameters keep their bits and cost nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Adam, Linear, Model, Relu, chain, concatenate, residual

from tests.layers.builders import DOCS, make_tok2vec, randomize
from zoo._freeze import freeze, is_frozen
from zoo._parameters import named_parameters
from zoo.layers import Tagger
from zoo.testing._samples import is_same

PATHS = list(named_parameters(make_tok2vec()))


def values_of(model):
    return {n: p.value.copy() for n, p in named_parameters(model).items()}


def grads_of(model):
    return {n for n, p in named_parameters(model).items() if p.node.has_grad(p.name)}


def train(model, X, optimizer, steps=3):
    for _ in range(steps):
        Y, backprop = model(X, is_train=True)
        backprop(Y)
        model.finish_update(optimizer)


@given(st.sets(st.sampled_from(PATHS)))
def test_frozen_parameters_keep_their_bits_and_others_do_not(paths):
    model, optimizer = randomize(make_tok2vec()), Adam(0.1, L2=0.1)
    assert freeze(model, *paths) == sorted(paths)
    before = values_of(model)
    train(model, DOCS, optimizer)
    after = values_of(model)
    changed = {n for n in before if before[n].tobytes() != after[n].tobytes()}
    assert changed == set(PATHS) - paths
    assert grads_of(model) == changed
    by_key = {(p.node.id, p.name): n for n, p in named_parameters(model).items()}
    for state in (optimizer.mom1, optimizer.mom2, optimizer.averages):
        assert {by_key[key] for key in state} == changed


@pytest.mark.parametrize(
    ("paths", "fitting"),
    [
        (["embed"], "embed."),
        (["embed.*"], "embed."),
        (["embed.norm"], "embed.norm."),
        (["e*.norm.E"], "embed.norm.E"),
        (["*"], ""),
        ([], "-"),
    ],
)
def test_a_path_stands_for_all_below_it(paths, fitting):
    found = freeze(make_tok2vec(), *paths)
    assert found == sorted(path for path in PATHS if path.startswith(fitting))


def test_freezing_again_replaces_what_was_frozen():
    model = randomize(make_tok2vec())
    expected = randomize(make_tok2vec())
    freeze(model, "embed")
    assert freeze(model, "encode.*")
    assert not is_frozen(model.get_ref("embed"))
    assert is_frozen(model.get_ref("encode"))
    assert freeze(model) == []
    for each in (model, expected):
        train(each, DOCS, Adam(0.1))
    assert is_same(values_of(model), values_of(expected))


def test_gradients_from_before_are_dropped():
    model = randomize(make_tok2vec())
    Y, backprop = model(DOCS, is_train=True)
    backprop(Y)
    freeze(model, "embed")
    assert grads_of(model) == {path for path in PATHS if path.startswith("encode")}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("embd.*", r"got 'embd\.\*', which fits none\. Did you mean 'embed'"),
        ("embed.nrm.E", r"got 'embed\.nrm\.E', .* Did you mean 'embed\.norm\.E'"),
        ("", r"the path of a parameter or of a node above some, .* got ''"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_and_changes_nothing(path, message):
    model = make_tok2vec()
    freeze(model, "encode")
    with pytest.raises(ValueError, match=message):
        freeze(model, "embed", path)
    assert is_frozen(model.get_ref("encode"))
    assert not is_frozen(model.get_ref("embed"))


def watched(model, calls, name):
    """Wrap a layer, to note how it runs."""

    def forward(wrapper, X, is_train):
        calls.append(f"{name} {'trains' if is_train else 'predicts'}")
        Y, callback = model(X, is_train)

        def backprop(dY):
            calls.append(f"{name} goes back")
            return callback(dY)

        return Y, backprop

    def init(wrapper, X=None, Y=None):
        model.initialize(X, Y)

    return Model("watched", forward, init=init, layers=[model])


def runs(build, *frozen):
    """Run a forward and a backward pass of three layers, some of which are frozen."""
    calls = []
    layers = [watched(Linear(2, 2), calls, name) for name in "abc"]
    model = build(*layers)
    X = np.ones((3, 2), dtype="f")
    model.initialize(X=X)
    nodes = [layers["abc".index(name)].layers[0] for name in frozen]
    freeze(model, *[n for n, p in named_parameters(model).items() if p.node in nodes])
    calls.clear()
    Y, backprop = model(X, is_train=True)
    dX = backprop(Y)
    assert dX.shape == X.shape
    return calls


def test_no_backward_pass_below_the_lowest_layer_that_learns():
    assert runs(chain, "a") == [
        *("a predicts", "b trains", "c trains"),
        *("c goes back", "b goes back"),
    ]
    assert runs(chain, "a", "b") == [
        *("a predicts", "b predicts", "c trains", "c goes back")
    ]
    assert runs(chain, "a", "c") == [
        *("a predicts", "b trains", "c trains"),
        *("c goes back", "b goes back"),
    ]
    assert runs(chain, "b")[-3:] == ["c goes back", "b goes back", "a goes back"]
    assert runs(chain, "a", "b", "c") == ["a predicts", "b predicts", "c predicts"]


def test_containers_of_thinc_go_back_to_what_learns():
    nested = runs(lambda a, b, c: chain(chain(a, b), c), "a")
    assert nested[-2:] == ["c goes back", "b goes back"]
    side_by_side = runs(lambda a, b, c: chain(concatenate(a, b), Relu(2, 4), c), "a")
    assert "a goes back" not in side_by_side
    assert "b goes back" in side_by_side
    around = runs(lambda a, b, c: chain(residual(a), b, c), "a")
    assert "a goes back" not in around


def test_a_node_in_two_places_still_passes_gradients_on():
    shared, middle = Linear(2, 2), Linear(2, 2)
    model = chain(shared, middle, shared)
    X = np.ones((3, 2), dtype="f")
    model.initialize(X=X)
    freeze(model, "0")
    Y, backprop = model(X, is_train=True)
    backprop(Y)
    assert middle.has_grad("W")
    assert not shared.has_grad("W")


def test_what_only_predicts_has_no_dropout():
    head = randomize(Tagger(make_tok2vec(), 3))
    for node in head.walk():
        if "dropout_rate" in node.attrs:
            node.attrs["dropout_rate"] = 0.5
    freeze(head, "tok2vec")
    first, second = (head(DOCS, is_train=True)[0] for _ in range(2))
    assert is_same(first, second)


def test_a_frozen_model_is_saved_and_copied_as_any():
    model = randomize(make_tok2vec())
    before = model.to_bytes()
    freeze(model, "embed")
    assert model.to_bytes() == before
    assert is_same(make_tok2vec().from_bytes(before).predict(DOCS), model.predict(DOCS))
    assert is_same(model.copy().predict(DOCS), model.predict(DOCS))
