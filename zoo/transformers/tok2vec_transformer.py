"""Compute token vectors by a transformer that no other component shares."""

from collections.abc import Callable

from thinc.api import Model
from thinc.types import Floats2d

from .._registry import layer
from .._types import Docs
from .batch import TransformerBatch
from .pool_pieces import PoolPieces


@layer("zoo.Tok2VecTransformer.v1", task="encoding", needs={"transformers": None})
def Tok2VecTransformer(
    transformer: Model[Docs, TransformerBatch],
    pooling: Model[TransformerBatch, list[Floats2d]] | None = None,
    *,
    grad_factor: float = 1.0,
) -> Model[Docs, list[Floats2d]]:
    """Return the token vectors of a transformer of one's own, as an encoder.

    Input:
        list of documents: zoo Docs, lists of words or spaCy Docs.

    Output:
        list of Floats2d, (n_tokens, nO) per document.

    Layers:
        transformer and pooling, as references.

    Args:
        transformer: A `TransformerWrapper`.
        pooling: From its output to token vectors. If None, `PoolPieces`, by the mean.
        grad_factor: What the gradient of the transformer is multiplied by; with 0 it
            only predicts.
    """
    pooling = pooling or PoolPieces()
    return Model(
        "tok2vec_transformer",
        forward,
        init=init,
        dims={"nO": None},
        layers=[transformer, pooling],
        refs={"transformer": transformer, "pooling": pooling},
        attrs={"grad_factor": grad_factor},
    )


def forward(
    model: Model[Docs, list[Floats2d]], docs: Docs, is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Docs]]:
    transformer, pooling = model.layers
    factor: float = model.attrs["grad_factor"]
    batch, backprop_transformer = transformer(docs, is_train and factor != 0)
    vectors, backprop_pooling = pooling(batch, is_train)

    def backprop(dY: list[Floats2d]) -> Docs:
        gradients = backprop_pooling(dY)
        if factor != 0:
            backprop_transformer(gradients if factor == 1 else gradients * factor)
        return []

    return vectors, backprop


def init(
    model: Model[Docs, list[Floats2d]],
    X: Docs | None = None,
    Y: list[Floats2d] | None = None,
) -> None:
    transformer, pooling = model.layers
    transformer.initialize()
    pooling.initialize(X=transformer.predict([]))
    if pooling.has_dim("nO"):
        model.set_dim("nO", pooling.get_dim("nO"))
