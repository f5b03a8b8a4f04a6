"""Check the scaling of gradients in half precision."""

import numpy as np
import pytest

from tests.transformers.builders import DOCS, make_transformer, torch
from zoo.transformers import LayerGradients, TransformerWrapper
from zoo.transformers._grad_scaler import GradScaler
from zoo.transformers.wrapper import state_of


def make_gradients(*values):
    return [torch.full((3,), float(value)) for value in values]


def test_gradients_are_divided_by_the_scale():
    scaler, gradients = GradScaler(init_scale=4), make_gradients(8, 2)
    assert scaler.unscale(torch, gradients)
    assert [gradient[0].item() for gradient in gradients] == [2.0, 0.5]


def test_an_overflow_is_dropped_and_halves_the_scale():
    scaler, gradients = GradScaler(init_scale=4, growth_interval=2), make_gradients(1)
    assert scaler.unscale(torch, make_gradients(1))
    for bad in ("inf", "nan"):
        assert not scaler.unscale(torch, make_gradients(1, bad))
    assert scaler.scale == 1.0
    assert gradients[0][0] == 1.0
    for expected in (1.0, 2.0, 2.0, 4.0):
        assert scaler.unscale(torch, make_gradients(1))
        assert scaler.scale == expected


def test_without_half_precision_nothing_is_scaled():
    scaler, gradients = GradScaler(enabled=False), make_gradients(8, "inf")
    assert scaler.scale == 1.0
    assert scaler.unscale(torch, gradients)
    assert gradients[0][0] == 8.0


def test_the_documented_setting_trains_in_float16():
    model = TransformerWrapper(
        make_transformer(),
        precision="float16",
        grad_scaler_config={"init_scale": 32768},
    ).initialize()
    exact = TransformerWrapper(make_transformer()).initialize()
    for m in (model, exact):
        batch, backprop = m(DOCS, is_train=True)
        backprop(LayerGradients({0: np.full_like(batch.vectors, 1e-6)}))
    assert state_of(model).scaler.scale == 32768.0
    for name in exact.grad_names:
        expected, found = exact.get_grad(name), model.get_grad(name)
        np.testing.assert_allclose(found, expected, rtol=0.05, atol=1e-6)


def test_a_gradient_that_overflows_changes_nothing():
    model = TransformerWrapper(
        make_transformer(), precision="float16", grad_scaler_config={"init_scale": 4}
    ).initialize()
    batch, backprop = model(DOCS, is_train=True)
    backprop(LayerGradients({0: np.full_like(batch.vectors, 1e38)}))
    assert not model.grad_names
    assert state_of(model).scaler.scale == 2.0


@pytest.mark.parametrize(
    "settings",
    [
        {"init_scale": 0},
        {"backoff_factor": 1},
        {"growth_factor": 1.0},
        {"growth_interval": 0},
    ],
)
def test_settings_out_of_range_are_refused(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"grad_scaler_config: {name} must be above"):
        TransformerWrapper(make_transformer(), grad_scaler_config=settings)
