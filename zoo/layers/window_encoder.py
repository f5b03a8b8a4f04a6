"""Encode each token together with its neighbours, by stacked convolutions."""

from collections.abc import Callable

import numpy as np
from thinc.api import Model
from thinc.types import Ragged

from ..registries import layer
from ..types import Array
from .maxout_norm import MaxoutNorm, drop, transform


@layer("zoo.MaxoutWindowEncoder.v1")
def MaxoutWindowEncoder(
    width: int,
    *,
    window_size: int = 1,
    maxout_pieces: int = 3,
    depth: int = 4,
) -> Model[Ragged, Ragged]:
    """Add context to token vectors with residual maxout convolutions.

    Each of `depth` blocks computes ``Y + norm(maxout(window(Y)))``, where window
    lays every token's vector between those of its neighbours. Documents do not see
    each other: between them lie `window_size * depth` rows of padding. As in spaCy,
    the padding starts as zeros and passes through the blocks like any row.

    Input: Ragged of Floats2d, (n_tokens, width). May hold no tokens at all.
    Output: Ragged of Floats2d, (n_tokens, width). The lengths are the input's.
    Layers: one MaxoutNorm a block, (n_tokens, n_window * width) to
        (n_tokens, width), where n_window = 2 * window_size + 1.

    width: Input and output width. They are one, as the blocks are residual.
    window_size: Tokens to take from either side. The receptive field is
        2 * window_size * depth + 1 tokens.
    maxout_pieces: Linear pieces, of which each unit takes the largest.
    depth: Blocks to stack. With 0, the input comes back unchanged.

    Raises ValueError if a size is negative, or at initialization if the sample is
    not `width` wide.

    Source: the trigram CNN of spaCy's tok2vec, Honnibal (2016),
    https://explosion.ai/blog/deep-learning-formula-nlp.
    """
    sizes = {"window_size": window_size, "depth": depth}
    for name, size in sizes.items():
        if size < 0:
            raise ValueError(
                f"MaxoutWindowEncoder: {name} must be 0 or more, got {size}."
            )
    n_window = 2 * window_size + 1
    return Model(
        "maxout_window_encoder",
        forward,
        init=init,
        layers=[
            MaxoutNorm(width, width * n_window, maxout_pieces) for _ in range(depth)
        ],
        dims={"nI": width, "nO": width},
        attrs={"window_size": window_size},
    )


def forward(
    model: Model[Ragged, Ragged], X: Ragged, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Ragged]]:
    xp, size = model.ops.xp, model.attrs["window_size"]
    data: Array = X.dataXd
    if len(data) == 0:  # What came through an empty list has lost its width.
        none = model.ops.alloc2f(0, model.get_dim("nO"))
        return Ragged(none, X.lengths), lambda dY: X
    padding = size * len(model.layers)
    tokens = token_rows(model.ops.to_numpy(X.lengths), padding)
    n_rows = int(tokens[-1]) + 1 + padding
    # A margin of `size` rows at either end stays zero: the windows of the first
    # and last rows reach into it.
    Y = xp.zeros((n_rows + 2 * size, data.shape[1]), dtype=data.dtype)
    inner = slice(size, size + n_rows)
    tokens = model.ops.asarray(tokens)
    Y[inner][tokens] = data
    callbacks = []
    for block in model.layers:
        added, backprop_block = transform(block, Y, size, is_train)
        added, backprop_dropout = drop(block, added, is_train)
        callbacks.append((backprop_block, backprop_dropout))
        added += Y[inner]
        Y = xp.zeros_like(Y)
        Y[inner] = added

    def backprop(dY: Ragged) -> Ragged:
        dX = xp.zeros_like(Y)
        dX[inner][tokens] = dY.dataXd
        for backprop_block, backprop_dropout in reversed(callbacks):
            d_block = backprop_block(backprop_dropout(dX[inner]))
            dX[inner] += d_block[inner]
        return Ragged(dX[inner][tokens], X.lengths)

    return Ragged(Y[inner][tokens], X.lengths), backprop


def init(
    model: Model[Ragged, Ragged], X: Ragged | None = None, Y: Ragged | None = None
) -> None:
    if X is not None:
        model.set_dim("nI", X.dataXd.shape[-1])
    for block in model.layers:
        block.initialize()


def token_rows(lengths: Array, padding: int) -> Array:
    """Give the row of each token, where rows of padding surround each document.

    Documents without tokens get no padding of their own.
    """
    lengths = lengths[lengths > 0]
    before = padding * np.arange(1, len(lengths) + 1)
    return np.arange(lengths.sum()) + np.repeat(before, lengths)
