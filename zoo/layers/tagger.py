"""Score tags for each token."""

from collections.abc import Callable
from typing import cast

from thinc.api import Model, Softmax_v2
from thinc.types import Floats2d

from .._registry import layer
from .._types import Array, Docs
from ._linear import predict_linear, train_linear
from ._predict_words import no_backprop
from .containers import join_rows, split_rows

TokenScores = list[Floats2d]


@layer("zoo.Tagger.v1", task="tagging")
def Tagger(
    tok2vec: Model[Docs, list[Floats2d]],
    nO: int | None = None,
    *,
    normalize: bool = False,
) -> Model[Docs, TokenScores]:
    """Score each token for each of nO tags, from its vector.

    Computes ``softmax(W x + b)`` in training. In prediction the softmax is left out
    unless `normalize` is set, because it does not change which tag is best.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        List of Floats2d, (n_tokens, nO) per document. Its gradient must be that of the
        cross-entropy with respect to W x + b: scores minus truth.
    Layers:
        tok2vec, and softmax with W, (nO, width), and b, (nO,). Both are references.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        nO: Number of tags. If None, the sample output sets it at initialization.
        normalize: Whether predictions are probabilities.
    """
    width = tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") else None
    softmax = Softmax_v2(nO, width, normalize_outputs=normalize)
    return Model(
        "tagger",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[tok2vec, softmax],
        refs={"tok2vec": tok2vec, "softmax": softmax, "output_layer": softmax},
    )


def forward(
    model: Model[Docs, TokenScores], docs: Docs, is_train: bool
) -> tuple[TokenScores, Callable[[TokenScores], Docs]]:
    attrs = model.layers[1].attrs
    temperature = attrs["softmax_temperature"]
    rows, sizes, backprop_scores = score_tokens(model, docs, is_train)
    if rows.size and (is_train or attrs["softmax_normalize"]):
        rows /= temperature
        rows -= rows.max(axis=1, keepdims=True)
        model.ops.xp.exp(rows, out=rows)
        rows /= rows.sum(axis=1, keepdims=True)

    def backprop(dY: TokenScores) -> Docs:
        return backprop_scores(join_rows(model.ops, dY, rows.shape[1]) / temperature)

    return split_rows(rows, sizes), backprop


def score_tokens(
    model: Model[Docs, TokenScores], docs: Docs, is_train: bool
) -> tuple[Array, list[int], Callable[[Array], Docs]]:
    """Apply a linear layer to the vectors of tokens.

    Args:
        model: Its layers are an encoder and the linear layer.
        docs: The documents.
        is_train: Whether there is a gradient; otherwise the callback raises an error.

    Returns:
        Scores of all tokens, (n_tokens, nO), the tokens of each document, and the
        backprop callback, from the gradient of the scores.
    """
    tok2vec, output = model.layers
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    X = join_rows(model.ops, vectors, output.get_dim("nI"))
    sizes = [*map(len, vectors)]
    if not is_train:
        return predict_linear(output, X), sizes, no_backprop
    Y, backprop_linear = train_linear(output, X)

    def backprop(dY: Array) -> Docs:
        return cast(Docs, backprop_tok2vec(split_rows(backprop_linear(dY), sizes)))

    return Y, sizes, backprop


def init(
    model: Model[Docs, TokenScores], X: Docs | None = None, Y: TokenScores | None = None
) -> None:
    tok2vec, softmax = model.layers
    tok2vec.initialize(X=X)
    if softmax.maybe_get_dim("nI") is None and tok2vec.has_dim("nO"):
        softmax.set_dim("nI", tok2vec.get_dim("nO"))
    if Y:
        softmax.set_dim("nO", Y[0].shape[1])
    softmax.initialize()
    model.set_dim("nO", softmax.get_dim("nO"))
