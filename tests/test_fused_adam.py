"""Check that updates by PyTorch and by a kernel are those of Thinc."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from thinc.api import SGD, Adam, Linear, Optimizer, RAdam, chain

import zoo.fused_adam
from tests.both_kernels import PATHS, kernels, needs_numba, using  # noqa: F401
from zoo._call_adam import call_adam, sum_squares
from zoo.fused_adam import finish_update, finish_updates, squares_known

torch = pytest.importorskip("torch")

SETTINGS = st.fixed_dictionaries(
    {
        "learn_rate": st.sampled_from([0.0, 0.001, 0.5]),
        "L2": st.sampled_from([0.0, 0.01]),
        "L2_is_weight_decay": st.booleans(),
        "grad_clip": st.sampled_from([0.0, 1.0]),
        "use_averages": st.booleans(),
        "eps": st.sampled_from([1e-8, 1e-3]),
    }
)


def make_model():
    layers = [Linear(4, 4), Linear(4, 4)]
    model = chain(*layers).initialize()
    rng = np.random.default_rng(0)
    for layer in layers:
        layer.set_param("W", rng.normal(size=(4, 4)).astype("f"))
    return model


def draw_gradients(model, seed, layers):
    rng = np.random.default_rng(seed)
    for layer in layers:
        for name in ("W", "b"):
            gradient = rng.normal(size=model.layers[layer].get_param(name).shape)
            model.layers[layer].set_grad(name, gradient.astype("f"))


def state_of(model, optimizer):
    """Return the weights, the gradients, and the state of the optimizer."""
    found = {}
    for i, layer in enumerate(model.layers):
        for name in ("W", "b"):
            key = (layer.id, name)
            found[i, name] = layer.get_param(name)
            if layer.has_grad(name):
                found[i, name, "gradient"] = layer.get_grad(name)
            found[i, name, "updates"] = np.array(optimizer.nr_update[key])
            for kind in ("mom1", "mom2", "averages"):
                values = getattr(optimizer, kind) or {}
                if key in values:
                    found[i, name, kind] = values[key]
    return found


@pytest.mark.parametrize("path", PATHS)
@given(SETTINGS, st.lists(st.sets(st.integers(0, 1)), min_size=1, max_size=4))
def test_updates_are_thincs(path, settings, steps):
    """Layers that learn at some steps only have counts of their own."""
    models, optimizers = [make_model(), make_model()], [Adam(**settings) for _ in "12"]
    for seed, layers in enumerate(steps):
        for model in models:
            draw_gradients(model, seed, layers)
        models[0].finish_update(optimizers[0])
        with using(path):
            finish_update(models[1], optimizers[1])
    expected, found = map(state_of, models, optimizers)
    assert expected.keys() == found.keys()
    # PyTorch rounds 1 - beta2 to float32, so that a step differs in its fifth digit.
    tolerance = 1e-6 + 1e-4 * settings["learn_rate"]
    for key, values in expected.items():
        assert values.shape == found[key].shape
        np.testing.assert_allclose(found[key], values, rtol=1e-4, atol=tolerance)


def test_adam_goes_through_pytorch(monkeypatch):
    calls = []
    monkeypatch.setattr(zoo.fused_adam, "_step", lambda *args: calls.append(args))
    model = make_model()
    draw_gradients(model, 0, [0, 1])
    finish_update(model, Adam(0.1))
    ((_, steps, changes),) = calls
    assert (steps.n_updates, len(changes)) == (1, 4)


class Doubled(Optimizer):
    """An optimizer of someone's own, which PyTorch knows nothing of."""

    def __call__(self, key, weights, gradient, *, lr_scale=1.0):
        return super().__call__(key, weights, gradient, lr_scale=2 * lr_scale)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(0.1),
        lambda: RAdam(0.1),
        lambda: Doubled(0.1),
        lambda: Adam(0.1, L2=0.1, L2_is_weight_decay=False),
    ],
)
@pytest.mark.usefixtures("kernels")
def test_all_else_is_left_to_thinc(make):
    models, optimizers = [make_model(), make_model()], [make(), make()]
    for model in models:
        draw_gradients(model, 0, [0, 1])
    models[0].finish_update(optimizers[0])
    finish_update(models[1], optimizers[1])
    expected, found = map(state_of, models, optimizers)
    assert all((found[key] == values).all() for key, values in expected.items())


def test_without_pytorch_all_is_left_to_thinc(monkeypatch):
    monkeypatch.setattr(zoo.fused_adam, "torch_version", Version("0.0.0"))
    test_all_else_is_left_to_thinc(lambda: Adam(0.1))


def test_arrays_that_are_not_contiguous_are_left_to_thinc():
    models, optimizers = [make_model(), make_model()], [Adam(0.1), Adam(0.1)]
    for model in models:
        draw_gradients(model, 0, [0])
        layer = model.layers[0]
        layer.set_param("W", np.asfortranarray(layer.get_param("W")))
    models[0].finish_update(optimizers[0])
    finish_update(models[1], optimizers[1])
    expected, found = (model.layers[0].get_param("W") for model in models)
    assert (expected == found).all()


@needs_numba
@given(st.integers(0, 2**32 - 1))
def test_gradients_clipped_in_the_kernel_have_the_bits_of_those_clipped_before(seed):
    rng = np.random.default_rng(seed)
    arrays = rng.normal(size=(4, 37)).astype("f")
    arrays[3] **= 2
    clip, numbers = float(rng.random()), [0.9, 0.999, 0.001, 0.99, 1e-8, 0.0]
    before, within = arrays.copy(), arrays.copy()
    before[1] *= clip
    call_adam(*before, np.zeros(0, dtype="f"), [1.0, *numbers])
    call_adam(*within, np.zeros(0, dtype="f"), [clip, *numbers])
    assert before.tobytes() == within.tobytes()


@needs_numba
@pytest.mark.parametrize("has_torch", [True, False])
def test_adam_goes_through_a_kernel_where_kernels_are_in_use(monkeypatch, has_torch):
    calls = []
    monkeypatch.setattr(zoo.fused_adam, "call_adam", lambda *args: calls.append(args))
    if not has_torch:
        monkeypatch.setattr(zoo.fused_adam, "torch_version", Version("0.0.0"))
    model = make_model()
    draw_gradients(model, 0, [0, 1])
    with using("numba"):
        finish_update(model, Adam(0.1))
    assert len(calls) == 4


@needs_numba
@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 1025, 5000])
def test_every_number_is_updated_once(n):
    rng = np.random.default_rng(0)
    w, g, mean, average = (rng.normal(size=n).astype("f") for _ in range(4))
    square = rng.random(n).astype("f")
    old = [array.astype("d") for array in (w, g, mean, square, average)]
    call_adam(w, g, mean, square, average, [0.5, 0.9, 0.99, 0.1, 0.7, 1e-3, 0.25])
    m = 0.9 * old[2] + 0.1 * 0.5 * old[1]
    s = 0.99 * old[3] + 0.01 * (0.5 * old[1]) ** 2
    x = 0.7 * old[0] - 0.1 * m / (np.sqrt(s) + 1e-3)
    y = old[4] + 0.25 * (x - old[4])
    assert not g.any()
    for found, expected in zip((w, mean, square, average), (x, m, s, y), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6, rtol=1e-5)


@needs_numba
def test_arrays_that_do_not_fit_never_reach_the_kernel():
    a, numbers = np.ones(4, "f"), [1.0] * 7
    for arrays in (
        [a, a, a, a[:3], a],
        [a, a, a, a, a[:2]],
        [a, a, a, a, a.astype("d")],
        [a[::2], a[::2], a[::2], a[::2], a[::2]],
    ):
        with pytest.raises(ValueError, match="must be contiguous, of float32 and of"):
            call_adam(*arrays, numbers)


def squares_of(model):
    """Return the gradients of a model, and the sums of their squares."""
    found = {}
    for node in model.layers:
        for name in ("W", "b"):
            gradient = node.get_grad(name)
            found[node.id, name] = gradient, (gradient**2).sum()
    return found


def means_after_step(change=lambda gradient, square: (gradient, square)):
    """Return the first moments after a step on clipped gradients."""
    model, optimizer = make_model(), Adam(0.1, grad_clip=0.5)
    draw_gradients(model, 0, [0, 1])
    squares = {key: change(*pair) for key, pair in squares_of(model).items()}
    with squares_known(squares):
        finish_update(model, optimizer)
    return np.concatenate([*optimizer.mom1.values()])


@pytest.mark.usefixtures("kernels")
def test_sums_of_squares_that_are_known_are_not_computed_again():
    model, optimizer = make_model(), Adam(0.1, grad_clip=0.5)
    draw_gradients(model, 0, [0, 1])
    finish_update(model, optimizer)
    expected = np.concatenate([*optimizer.mom1.values()])
    np.testing.assert_allclose(means_after_step(), expected, rtol=1e-5)
    larger = means_after_step(lambda gradient, square: (gradient, 100 * square))
    np.testing.assert_allclose(10 * larger, expected, rtol=1e-5)
    # Those of other arrays say nothing.
    others = means_after_step(lambda gradient, square: (gradient.copy(), 100 * square))
    np.testing.assert_allclose(others, expected, rtol=1e-5)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("order", [[0, 1], [0, 0], [0, 1, 0]])
def test_several_models_are_updated_as_one_after_another(order):
    results = []
    for is_together in (True, False):
        models, optimizer = [make_model(), make_model()], Adam(0.1, L2=0.1)
        for model in models:
            draw_gradients(model, 0, [0, 1])
        chosen = [models[i] for i in order]
        if is_together:
            finish_updates(chosen, optimizer)
        else:
            for model in chosen:
                finish_update(model, optimizer)
        results.append([state_of(model, optimizer) for model in models])
    for together, apart in zip(*results, strict=True):
        assert together.keys() == apart.keys()
        assert all((together[key] == value).all() for key, value in apart.items())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("size", [0, 1, 3, 4, 7, 1003])
def test_squares_are_summed(path, size):
    array = np.random.default_rng(0).normal(size=size).astype("f")
    expected = float(array.astype("d") @ array.astype("d"))
    with using(path):
        for same in (array, np.repeat(array, 2)[::2], array.astype("d")):
            assert sum_squares(same) == pytest.approx(expected, rel=1e-5)
        for i, number in product(range(min(size, 9)), (np.nan, np.inf)):
            wrong = array.copy()
            wrong[i] = number
            assert not np.isfinite(sum_squares(wrong))
