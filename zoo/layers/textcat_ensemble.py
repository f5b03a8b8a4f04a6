"""Score categories by a linear model over words and a network over vectors."""

from collections.abc import Callable
from typing import Any

from thinc.api import Linear, Logistic, Model, Softmax
from thinc.types import Floats2d

from .._registry import layer
from .._types import Docs
from .attention_pool import AttentionPool
from .containers import join, split
from .maxout_norm import MaxoutNorm


@layer("zoo.TextCatEnsemble.v1", task="classification")
def TextCatEnsemble(
    tok2vec: Model[Docs, list[Floats2d]],
    linear_model: Model[Docs, Floats2d],
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score each document for each of nO categories, by two models together.

    Pools the token vectors by attention to p, then computes ``a(W [s, p + m(p)] + b)``,
    where s are the scores of the linear model, m is a maxout with a norm, and a is the
    softmax if the classes of the linear model are exclusive, otherwise the logistic
    function.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Floats2d, (n_docs, nO), each from 0 to 1. Its gradient is scores minus truth, as
        for `TextCatReduce`.
    Layers:
        tok2vec, linear_model, attention_layer, maxout_layer and output_layer with W,
        (nO, nO + width), and b, (nO,). All are references.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        linear_model: From documents to scores, (n_docs, nO), such as `TextCatBOW`.
        nO: Number of categories. If None, the sample output sets it.

    Raises:
        ValueError: At initialization, the width of tok2vec is still not known.
    """
    width = _width_of(tok2vec)
    is_exclusive = not linear_model.attrs.get("multi_label", False)
    nI = None if nO is None or width is None else nO + width
    output = Softmax(nO, nI) if is_exclusive else Linear(nO, nI)
    attention = AttentionPool(width)
    maxout = MaxoutNorm(width, width, 3)
    activation = [] if is_exclusive else [Logistic()]
    return Model(
        "textcat_ensemble",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[tok2vec, linear_model, attention, maxout, output, *activation],
        refs={
            "tok2vec": tok2vec,
            "linear_model": linear_model,
            "attention_layer": attention,
            "maxout_layer": maxout,
            "output_layer": output,
        },
        attrs={"multi_label": not is_exclusive},
    )


def forward(
    model: Model[Docs, Floats2d], docs: Docs, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    tok2vec, linear_model, attention, maxout, *output = model.layers
    xp = model.ops.xp
    if not docs:
        return model.ops.alloc2f(0, model.get_dim("nO")), lambda dY: []
    scores, backprop_linear = linear_model(docs, is_train)
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    pooled, backprop_pool = attention(join(model.ops, vectors), is_train)
    added, backprop_maxout = maxout(pooled, is_train)
    Y: Any = xp.hstack([scores, pooled + added])
    callbacks = []
    for step in output:
        Y, callback = step(Y, is_train)
        callbacks.append(callback)

    def backprop(dY: Any) -> Docs:
        for callback in reversed(callbacks):
            dY = callback(dY)
        nO = scores.shape[1]
        backprop_linear(xp.ascontiguousarray(dY[:, :nO]))
        d_pooled = xp.ascontiguousarray(dY[:, nO:])
        d_tokens = backprop_pool(d_pooled + backprop_maxout(d_pooled))
        backprop_tok2vec(split(d_tokens))
        return []

    return Y, backprop


def init(
    model: Model[Docs, Floats2d], X: Docs | None = None, Y: Floats2d | None = None
) -> None:
    tok2vec, linear_model, attention, maxout, output = model.layers[:5]
    tok2vec.initialize(X=X)
    width = _width_of(tok2vec)
    if width is None:  # A listener to a transformer knows it only now.
        raise ValueError(
            "TextCatEnsemble: tok2vec must know its width, got one that does not. "
            "Set its nO."
        )
    attention.set_dim("nO", width)
    maxout.set_dim("nO", width)
    maxout.set_dim("nI", width)
    linear_model.initialize(X=X, Y=Y)
    attention.initialize()
    maxout.initialize()
    nO = linear_model.get_dim("nO")
    output.set_dim("nO", nO)
    output.set_dim("nI", nO + width)
    output.initialize()
    model.set_dim("nO", nO)


def _width_of(tok2vec: Model[Any, Any]) -> int | None:
    return tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") is not False else None
