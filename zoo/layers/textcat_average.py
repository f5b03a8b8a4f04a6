"""Score categories by a linear model over words and one over vectors, averaged."""

from collections.abc import Callable
from typing import Any

from thinc.api import Linear, Model
from thinc.initializers import zero_init
from thinc.types import Floats2d

from .._arrays import as_array, as_thinc
from .._registry import layer
from .._types import Array, Docs
from .containers import join, split
from .reduce import reduce

#: How token vectors are pooled.
POOLINGS = ("max", "mean")
#: The names of layers that turn sums into scores from 0 to 1.
OUTPUTS = ("softmax_activation", "softmax", "logistic")


@layer("zoo.TextCatAverage.v1", task="classification")
def TextCatAverage(
    tok2vec: Model[Docs, list[Floats2d]],
    linear_model: Model[Docs, Floats2d],
    nO: int | None = None,
    *,
    learn_alone: bool = True,
) -> Model[Docs, Floats2d]:
    """Score each document for each of nO categories, by the average of two models.

    Computes ``a((s + t) / 2)`` with ``t = W x + b``, where s are the sums of the linear
    model, x concatenates the maximum and the mean of the document's token vectors, and
    a is the softmax if the classes of the linear model are exclusive, otherwise the
    logistic function. W and b begin as zeros. A document without tokens has an x of
    zeros.

    If they learn alone, what is minimized is the sum of the loss of a(s) and that of
    a(t): the gradient is ``a(s) - truth`` for s and ``a(t) - truth`` for t, with the
    truth that the gradient of the output tells. With the gradient of the average, the
    linear model, which fits the training set first, leaves the encoder little to learn.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Floats2d, (n_docs, nO), each from 0 to 1. Its gradient is scores minus truth, as
        for `TextCatReduce`, and zeros where the truth is unknown.
    Layers:
        tok2vec, linear_model, and output_layer with W, (nO, 2 * width), and b, (nO,).
        All are references.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        linear_model: From documents to sums, (n_docs, nO), such as a `TextCatBOW` with
            ``no_output_layer``.
        nO: Number of categories. If None, the sample output sets it.
        learn_alone: Whether each model has a loss of its own in training.

    Raises:
        ValueError: The linear model has an output layer of its own, or, at
            initialization, the width of tok2vec is still not known.
    """
    if linear_model.layers and linear_model.layers[-1].name in OUTPUTS:
        raise ValueError(
            f"TextCatAverage: the linear model must return sums, got one that ends in "
            f"{linear_model.layers[-1].name}. Set its no_output_layer to true."
        )
    output = Linear(nO, init_W=zero_init)
    return Model(
        "textcat_average",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[tok2vec, linear_model, reduce([*POOLINGS]), output],
        refs={
            "tok2vec": tok2vec,
            "linear_model": linear_model,
            "output_layer": output,
        },
        attrs={
            "multi_label": linear_model.attrs.get("multi_label", False),
            "learn_alone": learn_alone,
        },
    )


def forward(
    model: Model[Docs, Floats2d], docs: Docs, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    tok2vec, linear_model, pool, output = model.layers
    if not docs:
        return model.ops.alloc2f(0, model.get_dim("nO")), lambda dY: []
    by_words, backprop_words = linear_model(docs, is_train)
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    pooled, backprop_pool = pool(join(model.ops, vectors), is_train)
    by_vectors, backprop_output = output(pooled, is_train)
    sums = as_array(by_words), as_array(by_vectors)
    Y = activate(model, (sums[0] + sums[1]) / 2)

    def backprop(dY: Floats2d) -> Docs:
        for Z, callback in zip(sums, (backprop_words, backprop_vectors), strict=True):
            if model.attrs["learn_alone"]:
                dZ = (activate(model, Z) - (Y - dY)) * (dY != 0)
            else:
                dZ = (dY * Y * (1 - Y) if model.attrs["multi_label"] else dY) / 2
            callback(as_thinc(model.ops.xp.ascontiguousarray(dZ)))
        return []

    def backprop_vectors(dZ: Floats2d) -> None:
        backprop_tok2vec(split(backprop_pool(backprop_output(dZ))))

    return as_thinc(Y), backprop


def activate(model: Model[Any, Any], sums: Array) -> Array:
    """Turn sums into scores from 0 to 1."""
    Z: Any = sums
    compute = model.ops.sigmoid if model.attrs["multi_label"] else model.ops.softmax
    return as_array(compute(Z))


def init(
    model: Model[Docs, Floats2d], X: Docs | None = None, Y: Floats2d | None = None
) -> None:
    tok2vec, linear_model, _, output = model.layers
    tok2vec.initialize(X=X)
    width = tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") else None
    if width is None:  # A listener to a transformer knows it only now.
        raise ValueError(
            "TextCatAverage: tok2vec must know its width, got one that does not. Set "
            "its nO."
        )
    linear_model.initialize(X=X, Y=Y)
    output.set_dim("nI", width * len(POOLINGS))
    output.set_dim("nO", linear_model.get_dim("nO"))
    output.initialize()
    model.set_dim("nO", linear_model.get_dim("nO"))
