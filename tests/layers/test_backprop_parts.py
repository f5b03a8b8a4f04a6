"""Check how gradients of parts are added to those that parameters have."""

import numpy as np
import pytest
from thinc.api import fix_random_seed

from tests.both_kernels import kernels  # noqa: F401
from tests.layers.builders import make_ragged
from zoo._thinc_internals import server_of
from zoo.layers import MaxoutNorm, MaxoutWindowEncoder

X = make_ragged([5, 0, 1, 290], width=8)

pytestmark = pytest.mark.usefixtures("kernels")


def make_encoder():
    fix_random_seed(0)
    return MaxoutWindowEncoder(8, depth=2).initialize(X=X)


def train(model):
    Y, backprop = model(X, is_train=True)
    backprop(Y)


def gradients_of(model):
    nodes = [node for node in model.walk() if node.param_names]
    return [(node, name) for node in nodes for name in node.param_names]


def freeze(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "convert",
    [
        np.ascontiguousarray,
        np.asfortranarray,
        lambda array: np.stack([array, array])[1],
        lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
        lambda array: array.astype("d"),
    ],
)
def test_gradients_are_added_to_arrays_of_any_layout(convert):
    model, given = make_encoder(), make_encoder()
    train(model)
    kept = []
    for node, name in gradients_of(given):
        kept.append(convert(np.ones_like(node.get_param(name))))
        node.set_grad(name, kept[-1])
    train(given)
    pairs = zip(gradients_of(model), gradients_of(given), strict=True)
    for array, ((ours, name), (theirs, _)) in zip(kept, pairs, strict=True):
        assert theirs.get_grad(name) is array
        np.testing.assert_allclose(array, ours.get_grad(name) + 1, atol=1e-4)


def test_gradient_that_cannot_be_written_is_refused():
    model = make_encoder()
    for node, name in gradients_of(model):
        node.set_grad(name, freeze(np.zeros_like(node.get_param(name))))
    with pytest.raises(ValueError, match="read-only"):
        train(model)


def test_gradients_are_sent_to_a_proxy():
    """It keeps parameters elsewhere, as in distributed training."""

    class Proxy:
        def __init__(self, server):
            self.server = server
            self.sent = []

        def get_param(self, model_id, name):
            return self.server._params[model_id, name]

        def inc_grad(self, model_id, name, value):
            self.sent.append((name, value))

    model, expected = make_encoder(), make_encoder()
    train(expected)
    for block in model.layers:
        server = server_of(block)
        server.proxy = Proxy(server)
    train(model)
    sent = [found for block in model.layers for found in server_of(block).proxy.sent]
    for (node, name), found in zip(gradients_of(expected), sent, strict=True):
        assert found[0] == name
        np.testing.assert_array_equal(found[1], node.get_grad(name))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_first_gradient_is_added_to_zeros_whatever_the_parameter_is(value):
    model = MaxoutNorm(8, 8).initialize()
    for name in model.param_names:
        model.set_param(name, model.get_param(name).astype("d"))
    model.get_param("beta")[:] = value
    rows = X.dataXd.astype("d")
    _, backprop = model(rows, is_train=True)
    backprop(np.ones_like(rows))
    np.testing.assert_allclose(model.get_grad("beta"), len(rows))
