"""Check TorchBiLSTMEncoder against a loop over the tokens of one document."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from thinc.api import Adam, fix_random_seed, set_dropout_rate
from thinc.types import Ragged

from tests.blocking import BLOCK
from tests.layers.builders import (
    WIDTH,
    as_doubles,
    assert_config_builds,
    make_ragged,
    randomize,
)
from zoo._parameters import named_parameters, set_parameters
from zoo.layers import TorchBiLSTMEncoder
from zoo.layers.containers import split
from zoo.layers.torch_bilstm_encoder import _quiet
from zoo.testing import assert_gradients_match, check_layer, ragged
from zoo.testing._samples import clear_gradients

torch = pytest.importorskip("torch")

CONFIG = """
[model]
@layers = "zoo.TorchBiLSTMEncoder.v1"
width = 4
depth = 2
dropout = 0.2
"""
depths = st.integers(0, 3)


def make_model(depth=2, width=WIDTH):
    return TorchBiLSTMEncoder(width, depth=depth)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def read_slowly(p, end, tokens):
    """Run one LSTM over tokens, one at a time."""
    size = p["weight_hh" + end].shape[1]
    h, c, outputs = np.zeros(size), np.zeros(size), []
    for x in tokens:
        z = p["weight_ih" + end] @ x + p["bias_ih" + end]
        z += p["weight_hh" + end] @ h + p["bias_hh" + end]
        i, f, g, o = np.split(z, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return outputs


def encode_slowly(model, tokens):
    """Encode one document, in float64."""
    p, rows = as_doubles(model), tokens.astype("d")
    for i in range(model.attrs["depth"]):
        onward = read_slowly(p, f"_l{i}", rows)
        back = read_slowly(p, f"_l{i}_reverse", rows[::-1])[::-1]
        pairs = zip(onward, back, strict=True)
        rows = np.reshape([np.concatenate(pair) for pair in pairs], rows.shape)
    return rows


@given(ragged(WIDTH), depths)
def test_all_that_holds_for_every_layer(X, depth):
    check_layer(make_model(depth).initialize(), X)


@given(ragged(WIDTH), depths, st.integers(0, 99))
@example(make_ragged([2, 0, 3, 2, 1, 3]), 2, 0)
def test_output_matches_a_loop_over_documents(X, depth, seed):
    model = randomize(make_model(depth), seed)
    Y = model.predict(X)
    assert Y.lengths.tolist() == X.lengths.tolist()
    for found, tokens in zip(split(Y), split(X), strict=True):
        np.testing.assert_allclose(found, encode_slowly(model, tokens), atol=1e-4)


@given(ragged(WIDTH, max_items=3, max_rows=4), depths, st.integers(0, 99))
def test_gradients_match_numerical_differentiation(X, depth, seed):
    assert_gradients_match(make_model(depth).initialize(), X, seed=seed)


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("lengths", [[], [0], [0, 0]])
def test_batches_without_tokens_keep_the_width_both_ways(lengths, depth):
    model = randomize(make_model(depth))
    lost = Ragged(np.zeros((0, 0), dtype="f"), np.array(lengths, dtype="i"))
    for X in (make_ragged(lengths), lost):
        Y, backprop = model(X, is_train=True)
        assert Y.dataXd.shape == model.predict(X).dataXd.shape == (0, WIDTH)
        assert backprop(Y).lengths.tolist() == lengths


def test_a_document_is_read_to_both_its_ends():
    model, X = randomize(make_model(depth=1)), make_ragged([5, 2])
    changed = X.dataXd.copy()
    changed[2] += 1
    differs = (
        model.predict(X).dataXd != model.predict(Ragged(changed, X.lengths)).dataXd
    )
    half = WIDTH // 2
    assert (
        differs[:, :half].any(axis=1).tolist() == [False] * 2 + [True] * 3 + [False] * 2
    )
    assert differs[:, half:].any(axis=1).tolist() == [True] * 3 + [False] * 4


def test_dropout_is_for_training_only_and_between_layers():
    X = make_ragged([4, 2])
    for depth, drops in ((1, False), (2, True)):
        model = randomize(make_model(depth))
        whole = model.predict(X).dataXd
        set_dropout_rate(model, 0.5)
        once, again = (model(X, is_train=True)[0].dataXd for _ in range(2))
        assert np.allclose(once, again) == np.allclose(once, whole) == (not drops)
        np.testing.assert_array_equal(model.predict(X).dataXd, whole)


def test_one_seed_gives_the_same_dropout_each_time():
    model, X = randomize(make_model()), make_ragged([4, 2])
    set_dropout_rate(model, 0.5)
    outputs = []
    for _ in range(2):
        fix_random_seed(3)
        outputs.append(model(X, is_train=True)[0].dataXd)
    np.testing.assert_array_equal(*outputs)


def test_gradients_add_up_over_backward_passes():
    model, X = randomize(make_model()), make_ragged([3, 1])
    Y, backprop = model(X, is_train=True)
    backprop(Y)
    once = {name: model.get_grad(name).copy() for name in model.grad_names}
    backprop(Y)
    for name, gradient in once.items():
        np.testing.assert_allclose(model.get_grad(name), 2 * gradient, rtol=1e-5)
    clear_gradients(model)


def test_parameters_are_named_and_trained_like_those_of_other_layers():
    model, X = make_model(depth=2).initialize(), make_ragged([3, 2])
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ends = [f"_l{i}{way}" for i in (0, 1) for way in ("", "_reverse")]
    names = list(named_parameters(model))
    assert names == [kind + end for end in ends for kind in kinds]
    optimizer, losses = Adam(0.05), []
    target = make_ragged([3, 2], seed=1).dataXd.clip(-0.5, 0.5)
    for _ in range(60):
        Y, backprop = model(X, is_train=True)
        losses.append(float(((Y.dataXd - target) ** 2).sum()))
        backprop(Ragged(Y.dataXd - target, X.lengths))
        model.finish_update(optimizer)
    assert losses[-1] < 0.3 * losses[0]


def test_parameters_that_may_not_be_written_into_do():
    model, X = randomize(make_model()), make_ragged([3, 2])
    arrays = {n: p.value.copy() for n, p in named_parameters(model).items()}
    for array in arrays.values():
        array.flags.writeable = False
    other = make_model().initialize()
    set_parameters(other, arrays, "here")
    np.testing.assert_array_equal(other.predict(X).dataXd, model.predict(X).dataXd)


def test_initial_weights_are_within_pytorchs_bound():
    fix_random_seed(0)
    for parameter in named_parameters(make_model(width=32).initialize()).values():
        largest = np.abs(parameter.value).max()
        assert 0.8 * 16**-0.5 < largest <= 16**-0.5


def test_depth_0_gives_the_input_back():
    X = make_ragged([2, 0, 1])
    Y, backprop = make_model(depth=0)(X, is_train=True)
    np.testing.assert_array_equal(Y.dataXd, X.dataXd)
    assert backprop(Y) is Y


def test_config_builds_the_layer_and_bytes_restore_it():
    model = randomize(TorchBiLSTMEncoder(WIDTH, depth=2, dropout=0.2))
    assert_config_builds(CONFIG, model, make_ragged([3, 0, 2]))


def test_sample_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"'nI' .*_encoder' from 6 to 4"):
        TorchBiLSTMEncoder(6).initialize(X=make_ragged([2]))


def test_a_width_that_does_not_halve_is_refused():
    with pytest.raises(ValueError, match=r"width must be even, .*, got 5"):
        TorchBiLSTMEncoder(5)


def test_a_negative_depth_is_refused():
    with pytest.raises(ValueError, match="Encoder: depth must be 0 or more, got -1"):
        TorchBiLSTMEncoder(4, depth=-1)


def test_on_a_gpu_parameters_that_lie_apart_are_not_warned_of():
    """The words are PyTorch's, of the file RNN.cpp; elsewhere warnings are errors."""
    apart = "RNN module weights are not part of single contiguous chunk of memory. This"
    with _quiet(is_on_gpu=True):
        warnings.warn(apart, UserWarning, stacklevel=1)
        with pytest.raises(UserWarning, match="another"):
            warnings.warn("another", UserWarning, stacklevel=1)
    with pytest.raises(UserWarning, match="RNN"), _quiet(is_on_gpu=False):
        warnings.warn(apart, UserWarning, stacklevel=1)


def test_without_pytorch_the_layer_names_what_to_install():
    code = BLOCK + "from zoo.layers import TorchBiLSTMEncoder\nTorchBiLSTMEncoder(4)"
    command = [sys.executable, "-c", code, "torch"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert "TorchBiLSTMEncoder needs the package torch, which is" in found.stderr
    assert "pip install thinc-zoo[torch]" in found.stderr
