"""Encode each token together with its neighbours, by stacked convolutions."""

import functools
import operator
from collections.abc import Callable
from typing import Any, cast

from thinc.api import Model
from thinc.types import Ragged

from .._checks import check_sizes
from .._registry import layer
from .._types import Array
from ..threads import map_chunks, threads
from ._dropout import draw_mask
from ._maxout import Params, backprop_norm, pick_and_norm, project, read_params
from ._ragged import SpreadRagged, lengths_of, with_data
from ._windows import Part, Rows, add_back, cut_parts, lay_out, shift, token_rows
from .maxout_norm import MaxoutNorm, add_to_gradients
from .precision import project_to_predict


@layer("zoo.MaxoutWindowEncoder.v1")
def MaxoutWindowEncoder(
    width: int = 96,
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

    Raises ValueError if a size is too small, or at initialization if the sample is
    not `width` wide.

    Source: the trigram CNN of spaCy's tok2vec, Honnibal (2016),
    https://explosion.ai/blog/deep-learning-formula-nlp.
    """
    sizes = {"width": width, "maxout_pieces": maxout_pieces}
    check_sizes("MaxoutWindowEncoder", 1, **sizes)
    check_sizes("MaxoutWindowEncoder", 0, window_size=window_size, depth=depth)
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
    Y, backprop_rows = encode_chosen(model, X, slice(None), is_train)

    def backprop(dY: Ragged) -> Ragged:
        return with_data(X, backprop_rows(dY.dataXd))

    return with_data(X, Y), backprop


def encode_chosen(
    model: Model[Ragged, Ragged], X: Ragged, chosen: Any, is_train: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """Encode some of the tokens, each block computing only what these depend on.

    chosen: Places of the tokens, in order, each once, on the host; or a slice.

    Gives their vectors, (n_chosen, width), and the way back to all tokens.
    """
    ops, size, depth = model.ops, model.attrs["window_size"], len(model.layers)
    xp, data, width = ops.xp, cast(Array, X.dataXd), model.get_dim("nO")
    data = data.reshape(len(data), width)  # An empty list has lost its width.
    all_tokens = token_rows(lengths_of(X), size * depth)
    chosen_tokens = all_tokens[chosen]
    parts = cut_parts(ops, chosen_tokens, size, depth)
    n_rows = int(all_tokens[-1]) + 1 + size * depth if len(data) else 0
    tokens = ops.asarray(all_tokens)
    padded = xp.zeros((n_rows, width), dtype=data.dtype)
    padded[tokens] = data
    blocks = [Block(xp, block, size, is_train, n_rows) for block in model.layers]
    # A GPU is faster at all rows than at finding out which of them are the same.
    is_first_faster = not is_train and ops.device_type == "cpu"
    if blocks and is_first_faster and isinstance(X, SpreadRagged) and X.repeats:
        blocks[0] = FirstBlock(model.layers[0], size, X, tokens, n_rows)
    Y: Array = xp.empty((len(chosen_tokens), width), dtype=data.dtype)

    def encode_part(part: Part) -> list[Callable[[Array], Params]]:
        rows, callbacks = padded[part.rows].copy(), []
        for block, needed in zip(blocks, part.needed, strict=True):
            callbacks.append(block.add(rows, needed, part.rows.start))
        Y[part.tokens] = rows[part.own]
        return callbacks

    callbacks = threads.map(encode_part, parts)

    def backprop(dY: Array) -> Array:
        def backprop_part(i: int) -> tuple[Array, list[Params]]:
            d_rows = xp.zeros_like(padded[parts[i].rows])
            d_rows[parts[i].own] = dY[parts[i].tokens]
            grads = [callback(d_rows) for callback in reversed(callbacks[i])]
            return d_rows, grads[::-1]

        d_padded = xp.zeros_like(padded)
        # Summed in the order of the rows, so that threads do not change a bit.
        results = threads.map(backprop_part, range(len(parts)))
        for part, (d_rows, grads) in zip(parts, results, strict=True):
            d_padded[part.rows] += d_rows
            for block, grad in zip(model.layers, grads, strict=True):
                add_to_gradients(block, grad)
        return cast(Array, d_padded[tokens])

    return Y, backprop


class Block:
    """Compute one residual block on rows of a padded batch.

    xp: The module that the arrays are of.
    model: A MaxoutNorm.
    n_rows: Rows of the whole batch, for each of which a dropout mask is drawn.
    """

    def __init__(
        self, xp: Any, model: Model[Any, Any], size: int, is_train: bool, n_rows: int
    ) -> None:
        self.xp = xp
        self.size = size
        self.is_train = is_train
        self.params = read_params(model)
        shape = (n_rows, model.get_dim("nO"))
        self.mask = draw_mask(model, shape) if is_train else None

    def add(self, X: Array, needed: Rows, start: int) -> Callable[[Array], Params]:
        """Add what the block computes to some rows, and give the way back.

        X: Rows of the padded batch from `start` on, which are changed.
        needed: The rows of X to compute.
        """
        xp, params, size = self.xp, self.params, self.size
        before = X.copy() if self.is_train else X
        pieces = self.compute_pieces(X, needed, start)
        added, trace = pick_and_norm(xp, pieces, params, self.is_train)
        mask = None if self.mask is None else self.mask[shift(needed, start)]
        X[needed] += added if mask is None else added * mask

        def backprop(dX: Array) -> Params:
            """Turn the gradient of the sum into that of X before, in place."""
            assert trace is not None
            d_added = dX[needed] if mask is None else dX[needed] * mask
            windows = lay_out(xp, before, needed, size)
            d_windows, grads = backprop_norm(xp, trace, params, windows, d_added)
            add_back(dX, d_windows, needed, size)
            return grads

        return backprop

    def compute_pieces(self, X: Array, needed: Rows, start: int) -> Array:
        windows = lay_out(self.xp, X, needed, self.size)
        multiply = project if self.is_train else project_to_predict
        return multiply(windows, self.params.W)


class FirstBlock(Block):
    """Compute the first block, in prediction, from the distinct rows of a batch.

    A piece is a sum over the places of the window. What a row adds to it in a place
    is computed once, however many tokens have that row.

    X: The input of the encoder.
    tokens: Rows of its tokens in the padded batch of `n_rows`.
    """

    def __init__(
        self,
        model: Model[Any, Any],
        size: int,
        X: SpreadRagged,
        tokens: Array,
        n_rows: int,
    ) -> None:
        ops, width, n_distinct = model.ops, X.distinct.shape[1], len(X.distinct)
        super().__init__(ops.xp, model, size, False, n_rows)
        W = self.params.W
        n_window = 2 * size + 1
        # One more row stands for the padding, and stays zero.
        shape = (n_window, n_distinct + 1, *W.shape[:2])
        self.terms = terms = ops.xp.zeros(shape, dtype=X.distinct.dtype)

        def compute(rows: slice) -> None:
            for i in range(n_window):
                place = W[:, :, i * width : (i + 1) * width]
                terms[i, rows] = project_to_predict(X.distinct[rows], place)

        map_chunks(ops, compute, n_distinct)
        self.index = ops.xp.full(n_rows, n_distinct)
        self.index[tokens] = X.index

    def compute_pieces(self, X: Array, needed: Rows, start: int) -> Array:
        places = range(start - self.size, start + self.size + 1)
        rows = (self.index[shift(needed, place)] for place in places)
        terms = (term.take(i, axis=0) for term, i in zip(self.terms, rows, strict=True))
        return functools.reduce(operator.iadd, terms)


def init(
    model: Model[Ragged, Ragged], X: Ragged | None = None, Y: Ragged | None = None
) -> None:
    if X is not None:
        model.set_dim("nI", X.dataXd.shape[-1])
    for block in model.layers:
        block.initialize()
