"""Make a vector for each token of those of its pieces."""

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from .._arrays import as_array, as_thinc, on_device, rows_of
from .._registry import layer
from .._types import Array
from ..layers._ragged import from_sizes
from ..layers.containers import split
from ..layers.reduce import reduce
from ..layers.scatter import scatter_add
from ._align import ranges
from .batch import LayerGradients, TransformerBatch, layer_gradients


@layer("zoo.PoolPieces.v1")
def PoolPieces(
    pooling: Model[Ragged, Floats2d] | None = None, *, share_pieces: bool = False
) -> Model[TransformerBatch, list[Floats2d]]:
    """Pool the pieces of each token into one vector.

    A token without pieces has a vector of zeros, and gives no gradient: `pooling`
    sees only the others, so that any layer will do.

    Input:
        TransformerBatch.

    Output:
        list of Floats2d, (n_tokens, nO) per document. The gradient of the input is a
        LayerGradients, of the last layer alone.

    Layers:
        pooling.

    Args:
        pooling: From the pieces of tokens, (n_pieces, width), to a vector for each. If
            None, their mean.
        share_pieces: Whether a piece of several tokens is shared out among them, and
            one of none among all tokens of its document. Summed up, the tokens then
            have what the pieces have: with ``reduce(["sum"])`` no information is lost.

    Source:
        for share_pieces, the alignment of the first spacy-transformers (2019).
    """
    return Model(
        "pool_pieces",
        forward,
        init=init,
        dims={"nO": None},
        layers=[pooling or reduce(["mean"])],
        attrs={"share_pieces": share_pieces},
    )


def forward(
    model: Model[TransformerBatch, list[Floats2d]], X: TransformerBatch, is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], LayerGradients]]:
    ops, xp = model.ops, model.ops.xp
    rows, lengths, weights = _parts(model, X)
    # Known on the host: asking a GPU would be to wait for all that it has to do.
    filled: Array = np.flatnonzero(lengths)
    is_all = len(filled) == len(lengths)
    where: Any = slice(None) if is_all else on_device(ops, filled)
    vectors = as_array(X.vectors)
    parts = vectors[rows] if weights is None else vectors[rows] * weights
    width = model.maybe_get_dim("nO") or vectors.shape[1]
    Y = xp.zeros((len(lengths), width), dtype=vectors.dtype)
    callback: Any = None
    if len(filled):
        sequences = from_sizes(ops, parts, lengths[filled])
        Y[where], callback = model.layers[0](sequences, is_train)

    def backprop(dY: list[Floats2d]) -> LayerGradients:
        d_vectors = xp.zeros_like(vectors)
        if callback is not None:
            d_parts = callback(xp.concatenate(dY)[where]).dataXd
            if weights is not None:
                d_parts *= weights
            scatter_add(ops, d_vectors, rows, d_parts)
        return layer_gradients(X, d_vectors)

    return split(Ragged(Y, as_thinc(X.n_tokens))), backprop


def init(
    model: Model[TransformerBatch, list[Floats2d]],
    X: TransformerBatch | None = None,
    Y: list[Floats2d] | None = None,
) -> None:
    pooling = model.layers[0]
    if X is None:
        pooling.initialize()
        return
    sample = Ragged(model.ops.alloc2f(1, X.vectors.shape[1]), model.ops.asarray1i([1]))
    pooling.initialize(X=sample)
    model.set_dim("nO", pooling.predict(sample).shape[1])


def _parts(
    model: Model[Any, Any], X: TransformerBatch
) -> tuple[Array, Array, Array | None]:
    """Return the rows of each token, how many each has, and how much of each row.

    How many each has is on the host.
    """
    ops = model.ops
    rows, lengths = rows_of(X.alignment), as_array(X.alignment.lengths)
    if not model.attrs["share_pieces"]:
        return as_array(ops.asarray1i(as_thinc(rows))), lengths, None
    rows, lengths, shares = share_out(X, rows, lengths)
    weights = ops.asarray2f(as_thinc(shares[:, None]))
    return as_array(ops.asarray1i(as_thinc(rows))), lengths, as_array(weights)


def share_out(
    batch: TransformerBatch, rows: Array, lengths: Array
) -> tuple[Array, Array, Array]:
    """Return every piece to tokens: its own, or else all tokens of its document.

    Returns:
        Rows, the number of them per token, and what share of each row the token has;
        those of a row add up to 1.
    """
    n_rows = int(batch.n_rows.sum())
    tokens = np.repeat(np.arange(len(lengths)), lengths)
    is_lost = np.bincount(rows, minlength=n_rows)[batch.piece_rows] == 0
    lost = batch.piece_rows[is_lost]
    doc_of_row = np.repeat(batch.window_docs, batch.n_rows)
    docs = doc_of_row[lost]
    counts = batch.n_tokens[docs]
    firsts = np.cumsum(batch.n_tokens) - batch.n_tokens
    tokens = np.concatenate([tokens, ranges(firsts[docs], counts)])
    rows = np.concatenate([rows, np.repeat(lost, counts)])
    order = np.argsort(tokens, kind="stable")
    shares = 1 / np.bincount(rows, minlength=n_rows)[rows]
    return rows[order], np.bincount(tokens, minlength=len(lengths)), shares[order]
