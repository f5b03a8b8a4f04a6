"""Score tags for each token."""

from collections.abc import Callable
from typing import cast

from thinc.api import Model, Softmax_v2
from thinc.types import Floats2d

from .._registry import layer
from .._types import Docs
from ._predict_linear import predict_linear
from ._ragged import with_data
from .containers import join, join_rows, split, split_rows

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
    tok2vec, softmax = model.layers
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    if not is_train and not softmax.attrs.get("softmax_normalize"):
        rows = join_rows(model.ops, vectors, softmax.get_dim("nI"))
        scores = predict_linear(softmax, rows)
        return split_rows(scores, map(len, vectors)), _refuse_backprop
    X = join(model.ops, vectors, softmax.get_dim("nI"))
    if len(X.dataXd) == 0:  # Thinc's softmax needs at least one row.
        empty = [model.ops.alloc2f(0, softmax.get_dim("nO")) for _ in docs]
        return empty, lambda dY: backprop_tok2vec(vectors)
    Y, backprop_softmax = softmax(X.dataXd, is_train)

    def backprop(dY: TokenScores) -> Docs:
        dX = backprop_softmax(join(model.ops, dY).dataXd)
        return cast(Docs, backprop_tok2vec(split(with_data(X, dX))))

    return split(with_data(X, Y)), backprop


def _refuse_backprop(dY: TokenScores) -> Docs:
    raise ValueError(
        "Tagger: predictions without a softmax have no gradient. Call the model with "
        "is_train=True."
    )


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
