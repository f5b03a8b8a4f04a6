"""Score categories for each document, from its pooled token vectors."""

from collections.abc import Callable
from typing import Any, cast

from thinc.api import Linear, Logistic, Model, Softmax
from thinc.types import Floats2d

from .._registry import layer
from .._types import Docs
from .containers import join, split
from .reduce import reduce


@layer("zoo.TextCatReduce.v1", task="classification")
def TextCatReduce(
    tok2vec: Model[Docs, list[Floats2d]],
    exclusive_classes: bool,
    use_reduce_first: bool = False,
    use_reduce_last: bool = False,
    use_reduce_max: bool = False,
    use_reduce_mean: bool = True,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score each document for each of nO categories.

    Computes ``softmax(W x + b)`` if the classes are exclusive, otherwise
    ``logistic(W x + b)``, where x concatenates the poolings of the document's token
    vectors: first, last, max and mean, in this order. A document without tokens is
    scored by b alone.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Floats2d, (n_docs, nO), each from 0 to 1. The gradient that comes back is scores
        minus truth in both cases, as the objectives of zoo and spaCy give it. It is
        taken for that by W x + b with softmax, and for that by the scores with
        logistic.
    Layers:
        tok2vec, and output_layer with W, (nO, n_poolings * width), and b, (nO,). Both
        are references.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        exclusive_classes: Whether a document has exactly one category.
        use_reduce_first, use_reduce_last, use_reduce_max, use_reduce_mean: Which
            poolings to use; at least one.
        nO: Number of categories. If None, the sample output sets it.

    Raises:
        ValueError: No pooling is used.
    """
    chosen = {
        "first": use_reduce_first,
        "last": use_reduce_last,
        "max": use_reduce_max,
        "mean": use_reduce_mean,
    }
    poolings = [name for name, is_used in chosen.items() if is_used]
    if not poolings:
        raise ValueError(
            "TextCatReduce: at least one pooling must be used, got none. Set one of "
            "use_reduce_first, use_reduce_last, use_reduce_max and use_reduce_mean."
        )
    width = tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") else None
    nI = None if width is None else width * len(poolings)
    linear = Softmax(nO, nI) if exclusive_classes else Linear(nO, nI)
    activation = [] if exclusive_classes else [Logistic()]
    return Model(
        "textcat_reduce",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[tok2vec, reduce(poolings), linear, *activation],
        refs={"tok2vec": tok2vec, "output_layer": linear},
        attrs={"multi_label": not exclusive_classes},
    )


def forward(
    model: Model[Docs, Floats2d], docs: Docs, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    tok2vec, *rest = model.layers
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    if not docs:
        nO = model.get_ref("output_layer").get_dim("nO")
        return model.ops.alloc2f(0, nO), lambda dY: []
    callbacks = []
    Y: Any = join(model.ops, vectors)
    for step in rest:
        Y, callback = step(Y, is_train)
        callbacks.append(callback)

    def backprop(dY: Any) -> Docs:
        for callback in reversed(callbacks):
            dY = callback(dY)
        return cast(Docs, backprop_tok2vec(split(dY)))

    return Y, backprop


def init(
    model: Model[Docs, Floats2d], X: Docs | None = None, Y: Floats2d | None = None
) -> None:
    tok2vec, pool, linear = model.layers[:3]
    tok2vec.initialize(X=X)
    if linear.maybe_get_dim("nI") is None and tok2vec.has_dim("nO"):
        linear.set_dim("nI", tok2vec.get_dim("nO") * len(pool.attrs["poolings"]))
    if Y is not None:
        linear.set_dim("nO", Y.shape[1])
    linear.initialize()
    model.set_dim("nO", linear.get_dim("nO"))
