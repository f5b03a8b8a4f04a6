"""Score categories for each document, from the class tokens of its windows."""

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Linear, Model
from thinc.types import Floats2d

from .._registry import layer
from .._types import Array, Docs
from ..layers._ragged import from_sizes
from ..layers.reduce import reduce
from .batch import TransformerBatch, layer_gradients

#: Stands for a score of zero where one is divided by it.
TINY = 1e-30


@layer("zoo.TextCatClassToken.v1", task="classification", needs={"transformers": None})
def TextCatClassToken(
    transformer: Model[Docs, TransformerBatch],
    exclusive_classes: bool,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score each document for each of nO categories, from its class tokens.

    Computes ``softmax(W x + b)`` if the classes exclude each other, and
    ``logistic(W x + b)`` otherwise, where x is the class token's vector of a window.
    A document of several windows has the mean of their scores, one without any those
    of b alone.

    Input:
        list of documents: zoo Docs, lists of words or spaCy Docs.

    Output:
        Floats2d, (n_docs, nO), each from 0 to 1. The gradient that comes back is scores
        minus truth. It is taken for that of the cross-entropy with exclusive classes,
        and for that by the scores otherwise.

    Layers:
        transformer and output_layer, as references: W, (nO, width), b.

    Args:
        transformer: A `TransformerWrapper`, or a `Listener` to a shared one.
        exclusive_classes: Whether a document has exactly one category.
        nO: Number of categories. If None, the sample output sets it.

    Raises:
        ValueError: The transformer's tokenizer has no class token.

    Source:
        the classifiers of the first spacy-transformers (2019).
    """
    linear = Linear(nO)
    return Model(
        "textcat_class_token",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[transformer, linear, reduce(["mean"])],
        refs={"transformer": transformer, "output_layer": linear},
        attrs={"multi_label": not exclusive_classes},
    )


def forward(
    model: Model[Docs, Floats2d], docs: Docs, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    ops, xp = model.ops, model.ops.xp
    transformer, linear, mean = model.layers
    batch, backprop_transformer = transformer(docs, is_train)
    if len(batch.class_rows) != len(batch.n_rows):
        raise ValueError(
            "TextCatClassToken: the transformer's tokenizer must add a class token, "
            "got one that adds none. Use TextCatReduce on its token vectors."
        )
    vectors, counts, rows = _take_class_vectors(ops, batch)
    scores, backprop_linear = linear(vectors, is_train)
    is_exclusive = not model.attrs["multi_label"]
    P: Array = ops.softmax(scores) if is_exclusive else ops.sigmoid(scores)
    Y, backprop_mean = mean(from_sizes(ops, P, counts), is_train)

    def backprop(dY: Any) -> Docs:
        if is_exclusive:  # From that by the inputs of a softmax to that by its output.
            dY = dY / xp.maximum(Y, TINY)
        dP = backprop_mean(dY).dataXd
        d_scores = P * dP
        if is_exclusive:
            d_scores -= P * d_scores.sum(axis=1, keepdims=True)
        else:
            d_scores *= 1 - P
        d_vectors = backprop_linear(d_scores)
        d_rows = xp.zeros_like(batch.vectors)
        d_rows[batch.class_rows] = d_vectors[rows]
        backprop_transformer(layer_gradients(batch, d_rows))
        return []

    return Y, backprop


def _take_class_vectors(ops: Any, batch: TransformerBatch) -> tuple[Any, Any, Array]:
    """Return the vectors of each document's windows; one of zeros if it has none.

    Also gives the number of vectors per document, and which stand for windows.
    """
    counts = np.bincount(batch.window_docs, minlength=len(batch))
    filled = np.maximum(counts, 1)
    rows = np.flatnonzero(np.repeat(counts > 0, filled))
    width = batch.vectors.shape[1]
    vectors = ops.xp.zeros((int(filled.sum()), width), dtype=batch.vectors.dtype)
    vectors[rows] = batch.class_vectors
    return vectors, filled, rows


def init(
    model: Model[Docs, Floats2d], X: Docs | None = None, Y: Floats2d | None = None
) -> None:
    transformer, linear, _ = model.layers
    transformer.initialize(X=X)
    linear.set_dim("nI", transformer.get_dim("nO"))
    if Y is not None:
        linear.set_dim("nO", Y.shape[1])
    linear.initialize()
    model.set_dim("nO", linear.get_dim("nO"))
