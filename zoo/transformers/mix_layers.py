"""Mix the layers of a transformer by learned weights."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from thinc.api import Model

from .._arrays import as_array, as_thinc, param_of
from .._registry import layer
from .._types import Array
from .batch import LayerGradients, TransformerBatch


@layer("zoo.MixLayers.v1")
def MixLayers() -> Model[TransformerBatch, TransformerBatch]:
    """Weigh the layers of a transformer against each other.

    Computes ``scale * sum(softmax(w)[i] * layers[i])``, at first their mean. The
    transformer must give all its layers: set ``output_hidden_states`` to true in its
    transformer_config.

    Input:
        TransformerBatch with any number of layers, (n_rows, width) each.

    Output:
        TransformerBatch with one. The gradient of the input is that of all layers.

    Parameters:
        w, (n_layers,), and scale, (1,).

    Source:
        the scalar mix of Peters et al. (2018), https://arxiv.org/abs/1802.05365.
    """
    return Model(
        "mix_layers",
        forward,
        init=init,
        dims={"nL": None, "nO": None},
        params={"w": None, "scale": None},
    )


def forward(
    model: Model[TransformerBatch, TransformerBatch],
    X: TransformerBatch,
    is_train: bool,
) -> tuple[TransformerBatch, Callable[[LayerGradients], LayerGradients]]:
    xp = model.ops.xp
    w, scale = param_of(model, "w"), param_of(model, "scale")
    if len(w) != len(X.layers):
        raise ValueError(
            f"MixLayers: expected a transformer of {len(w)} layers, got "
            f"{len(X.layers)}."
        )
    shares = xp.exp(w - w.max())
    shares /= shares.sum()
    layers = [as_array(layer) for layer in X.layers]
    mixed: Array = sum(shares[i] * layer for i, layer in enumerate(layers))

    def backprop(dY: LayerGradients) -> LayerGradients:
        d_mixed = dY.arrays[0] * scale
        slopes = xp.asarray(
            [(layer * d_mixed).sum() for layer in layers], dtype=w.dtype
        )
        model.inc_grad("w", shares * (slopes - (shares * slopes).sum()))
        model.inc_grad("scale", (mixed * dY.arrays[0]).sum(keepdims=True).reshape(1))
        return LayerGradients({i: share * d_mixed for i, share in enumerate(shares)})

    return replace(X, layers=[as_thinc(mixed * scale)]), backprop


def init(
    model: Model[TransformerBatch, TransformerBatch],
    X: TransformerBatch | None = None,
    Y: Any = None,
) -> None:
    if X is not None:
        model.set_dim("nL", len(X.layers))
        model.set_dim("nO", X.vectors.shape[1])
    model.set_param("w", model.ops.alloc1f(model.get_dim("nL")))
    model.set_param("scale", model.ops.alloc1f(1) + 1)
