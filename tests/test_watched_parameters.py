"""Change weights in every way that there is: a prediction never uses old ones."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from thinc.api import SGD, Adam, Model

import zoo
from tests.both_kernels import kernels  # noqa: F401
from zoo._parameters import named_parameters, set_parameters, use_params
from zoo._thinc_internals import server_of
from zoo._watched_parameters import weights_of
from zoo.fused_adam import finish_update
from zoo.layers import (
    CharacterEmbed,
    MaxoutWindowEncoder,
    MultiHashEmbed,
    Tok2Vec,
)

pytestmark = pytest.mark.usefixtures("kernels")
DOCS = [["Snow", "fell", "on", "the", "snow"], [], ["the", "ducks", "fell"]]


def make_model(seed=0):
    embed = MultiHashEmbed(8, features=["NORM", "SHAPE"], rows=[30, 20])
    model = Tok2Vec(embed, MaxoutWindowEncoder(8, depth=2)).initialize()
    rng = np.random.default_rng(seed)
    for node in model.walk():
        for name in node.param_names:
            shape = node.get_param(name).shape
            node.set_param(name, rng.normal(size=shape).astype("f"))
    return model


def predict(model):
    return np.concatenate(model.predict(DOCS))


def predict_anew(model):
    """Predict by a copy, which has computed nothing before."""
    return predict(model.copy())


def warm_up(model):
    for _ in range(3):
        predict(model)
    assert any(weights_of(node).token for node in model.walk() if node.param_names)


def all_parameters(model):
    return [(node, name) for node in model.walk() for name in node.param_names]


def ramp(node, name):
    """Return a change of a parameter; the same bias everywhere would change nothing."""
    shape = node.get_param(name).shape
    return np.linspace(0, 2, num=int(np.prod(shape)), dtype="f").reshape(shape)


def set_one(node, name):
    node.set_param(name, node.get_param(name) + ramp(node, name))


def write_into_one(node, name):
    node.get_param(name)[...] += ramp(node, name)


def write_through_a_view(node, name):
    node.get_param(name).reshape(-1)[:3] += 1


@pytest.mark.parametrize("change", [set_one, write_into_one, write_through_a_view])
def test_each_parameter_can_change_by_itself(change):
    model = make_model()
    for node, name in all_parameters(model):
        warm_up(model)
        before = predict(model)
        change(node, name)
        after = predict(model)
        assert not np.array_equal(before, after), (node.name, name)
        np.testing.assert_array_equal(after, predict_anew(model))


@pytest.mark.parametrize("take", [np.asarray, np.ravel, memoryview])
def test_array_that_somebody_kept_can_change_at_any_time(take):
    """Each is taken before the model predicts, and written to long afterwards."""
    for i in range(len(all_parameters(make_model()))):
        model = make_model()
        node, name = all_parameters(model)[i]
        held = np.asarray(take(node.get_param(name)))
        for step in range(3):
            predict(model)
            predict(model)
            held[...] += step
            np.testing.assert_array_equal(predict(model), predict_anew(model))


def test_array_whose_memory_belongs_to_another_can_change_at_any_time():
    model = make_model()
    node = model.get_ref("encode").layers[1]
    memory = bytearray(node.get_param("b").tobytes())
    shape = node.get_param("b").shape
    node.set_param("b", np.frombuffer(memory, dtype="f").reshape(shape))
    whole = np.zeros((3, *node.get_param("G").shape), dtype="f")
    node.set_param("G", whole[1])
    predict(model)
    for i in range(3):
        memory[3:4] = bytes([i])
        whole[1] += 1
        predict(model)
        np.testing.assert_array_equal(predict(model), predict_anew(model))
    del whole
    assert weights_of(node).token is None


def test_weights_are_kept_until_they_are_read_or_set():
    model = make_model()
    node = model.get_ref("encode").layers[0]
    weights_of(node)  # From the next call on, the parameters are watched.
    kept = weights_of(node)
    assert kept.token is not None
    predict(model)
    assert weights_of(node) is kept
    held = node.get_param("W")
    assert weights_of(node) is not kept
    assert weights_of(node).token is None
    np.testing.assert_array_equal(weights_of(node).arrays["W"], held)
    del held, kept
    assert weights_of(node).token is not None


def test_memory_of_immutable_bytes_is_kept():
    model = make_model()
    node = model.get_ref("encode").layers[0]
    for name in node.param_names:
        value = node.get_param(name)
        array = np.frombuffer(value.tobytes(), dtype="f").reshape(value.shape)
        node.set_param(name, array)
        del value, array
    weights_of(node)
    assert weights_of(node).token is not None


def test_bytes_of_another_model_change_all():
    model, other = make_model(), make_model(seed=1)
    warm_up(model)
    model.from_bytes(other.to_bytes())
    np.testing.assert_array_equal(predict(model), predict(other))


def test_loaded_parameters_change_all():
    model, other = make_model(), make_model(seed=1)
    warm_up(model)
    arrays = {name: p.value for name, p in named_parameters(other).items()}
    set_parameters(model, arrays, "a file")
    np.testing.assert_array_equal(predict(model), predict(other))
    del arrays
    predict(model)
    np.testing.assert_array_equal(predict(model), predict(other))


def test_averages_count_inside_the_block_only():
    model = make_model()
    warm_up(model)
    before = predict(model)
    averages = {(n.id, p): n.get_param(p) + 1 for n, p in all_parameters(model)}
    for use in (use_params, lambda m, values: m.use_params(values)):
        warm_up_again = predict(model)
        np.testing.assert_array_equal(warm_up_again, before)
        with use(model, averages):
            inside = predict(model)
            np.testing.assert_array_equal(inside, predict_anew(model))
            np.testing.assert_array_equal(inside, predict(model))
            assert not np.array_equal(inside, before)
        np.testing.assert_array_equal(predict(model), before)


@pytest.mark.parametrize("finish", [finish_update, Model.finish_update])
@pytest.mark.parametrize("make", [Adam, SGD])
def test_updates_count_at_once(finish, make):
    model, optimizer = make_model(), make(0.01)
    for _ in range(3):
        warm_up(model)
        before = predict(model)
        Y, backprop = model(DOCS, is_train=True)
        backprop(Y)
        finish(model, optimizer)
        del Y, backprop  # The callback holds the weights.
        after = predict(model)
        assert not np.array_equal(before, after)
        np.testing.assert_array_equal(after, predict_anew(model))


def test_frozen_parameters_can_be_set_and_released():
    model = make_model()
    warm_up(model)
    zoo.freeze(model, "embed")
    warm_up(model)
    node = model.get_ref("embed").layers[0]
    write_into_one(node, "E")
    np.testing.assert_array_equal(predict(model), predict_anew(model))
    warm_up(model)
    zoo.freeze(model)
    write_into_one(node, "E")
    np.testing.assert_array_equal(predict(model), predict_anew(model))


def test_settings_of_the_embedding_count():
    model = make_model()
    warm_up(model)
    model.get_ref("embed").layers[0].attrs["seed"] = 99
    np.testing.assert_array_equal(predict(model), predict_anew(model))
    warm_up(model)
    model.get_ref("embed").attrs["features"] = ["PREFIX", "SUFFIX"]
    np.testing.assert_array_equal(predict(model), predict_anew(model))


def test_layer_that_is_exchanged_counts():
    model, other = make_model(), make_model(seed=1)
    warm_up(model)
    blocks = model.get_ref("encode").layers
    blocks[0] = other.get_ref("encode").layers[0]
    np.testing.assert_array_equal(predict(model), predict_anew(model))
    blocks[:] = [blocks[1]]
    np.testing.assert_array_equal(predict(model), predict_anew(model))


def test_encoder_meets_other_embeddings():
    """What a first block keeps of one table is of no use for another."""
    encode = make_model().get_ref("encode")
    embeds = [make_model(seed).get_ref("embed") for seed in (1, 2)]
    chars = CharacterEmbed(8, 20, 2, 3).initialize()
    for embed in (*embeds, chars, *embeds, embeds[1]):
        Y = encode.predict(embed.predict(DOCS)).dataXd
        copy = encode.copy().predict(embed.copy().predict(DOCS)).dataXd
        np.testing.assert_array_equal(Y, copy)


def test_parameters_of_a_proxy_are_not_kept():
    class Proxy:
        def __init__(self, server):
            self.values = {k: server.get_param(*k).copy() for k in server.param_keys}

        def get_param(self, model_id, name):
            return self.values[model_id, name]

        def set_param(self, model_id, name, value):
            self.values[model_id, name] = value

    model = make_model()
    warm_up(model)
    for node in model.walk():
        if node.param_names:
            server = server_of(node)
            server.proxy = Proxy(server)
    for value in server.proxy.values.values():
        predict(model)
        value += 1
        found = predict(model)
        copied = predict_anew(model)
        np.testing.assert_array_equal(found, copied)


def test_thread_that_updates_leaves_no_old_number():
    """Threads predict while one changes weights; afterwards only the new ones count."""
    model = make_model()
    stop = threading.Event()

    def predict_on():
        while not stop.is_set():
            assert len(model.predict(DOCS)) == 3

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(3) as pool:
            jobs = [pool.submit(predict_on) for _ in range(3)]
            for step in range(30):
                for node, name in all_parameters(model):
                    (set_one if step % 2 else write_into_one)(node, name)
                found = predict(model)
                np.testing.assert_array_equal(found, predict_anew(model))
            stop.set()
            for job in jobs:
                job.result()
    finally:
        stop.set()
        sys.setswitchinterval(interval)
