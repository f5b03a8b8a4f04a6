"""Compute stacked convolutions on the tokens of a batch, in parts for several threads.

The tokens, with padding between documents, are cut into parts that stay in a core's
cache. Each block computes only the rows that later blocks still need.
"""

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple, cast

import numpy as np
from thinc.api import Model, Ops
from thinc.types import Ragged

from .._arrays import on_device, rows_of
from .._types import Array
from .._watched_parameters import Weights, weights_of
from ..threads import cut, map_chunks, threads
from ._backprop_parts import backprop_parts
from ._call_kernels import call_fill_terms, pack
from ._call_train_kernels import (
    MIN_TRAIN_ROWS,
    TrainWeights,
    train_windows,
    trains,
    weights_to_train,
)
from ._dropout import draw_mask
from ._maxout import (
    Arranged,
    Params,
    arrange,
    backprop_norm,
    fill_terms,
    linear_pieces,
    pick_and_norm,
    pick_arranged,
    read_params,
    side_by_side,
)
from ._predict_words import no_backprop
from ._ragged import SpreadRagged, lengths_of
from ._word_table import KnownRagged, Terms
from .precision import is_exact, predict_pieces

#: Rows of an array: their positions, or a slice if they are consecutive.
Rows = Array | slice
#: Changes the gradient of a block's output into that of its input, in place, and adds
#: to those of its parameters.
BackpropBlock = Callable[[Array, Params], None]
#: How many times larger parts are in training by kernels, which use the cache well: it
#: takes less time to call them, and to add up the gradients of parts.
COMPILED_SCALE = 2


class Part(NamedTuple):
    """Some tokens of a batch, which are encoded apart from the others.

    Around them are the rows that influence them through the blocks. Those rows are
    computed again in the part that they belong to.
    """

    tokens: slice  # Of the batch, without padding.
    rows: slice  # Of the padded batch: the tokens and the rows around them.
    own: Rows  # The positions of the tokens in `rows`.
    needed: list[Rows]  # Rows of `rows` that each block must compute.


def token_rows(lengths: Array, padding: int) -> Array:
    """Return the row of each token when rows of padding surround each document.

    Documents without tokens get no padding.

    Args:
        lengths: Tokens of each document, (n_docs,), on the host.
        padding: Rows of padding before and after each document.

    Returns:
        Rows in the padded batch, (n_tokens,).
    """
    if len(lengths) == 1:
        return np.arange(padding, padding + int(lengths[0]))
    lengths = lengths[lengths > 0]
    before = padding * np.arange(1, len(lengths) + 1)
    return np.arange(lengths.sum()) + np.repeat(before, lengths)


def cut_parts(
    ops: Ops, tokens: Array, size: int, depth: int, by_kernels: bool = False
) -> list[Part]:
    """Cut tokens into parts for several threads.

    Args:
        ops: The ops of the device that encodes them.
        tokens: Their rows in the padded batch, (n_tokens,), on the host.
        size: Rows that one block looks at to either side.
        depth: Number of blocks. Each computes only those rows of padding that later
            blocks still need, and the last one none.
        by_kernels: Whether kernels of training compute the parts.
    """
    reach = size * depth
    parts = []
    sizes = (COMPILED_SCALE, MIN_TRAIN_ROWS) if by_kernels else ()
    for chunk in cut(ops, len(tokens), *sizes):
        start, stop = int(tokens[chunk][0]) - reach, int(tokens[chunk][-1]) + reach + 1
        own = tokens[chunk] - start
        if ops.device_type == "cpu":
            needed = _find_needed(stop - start, own, size, depth)
        else:  # On a GPU, leaving out rows takes longer than computing them.
            needed = [slice(size, stop - start - size)] * depth
        rows = [_as_rows(ops, positions) for positions in (own, *needed)]
        parts.append(Part(chunk, slice(start, stop), rows[0], rows[1:]))
    return parts


def shift(rows: Rows, offset: int) -> Rows:
    """Add an offset to the positions of rows."""
    if isinstance(rows, slice):
        return slice(rows.start + offset, rows.stop + offset)
    return rows + offset


def lay_out(xp: Any, X: Array, rows: Rows, size: int) -> Array:
    """Concatenate the rows of each window, (n_rows, n_window * width)."""
    offsets = range(-size, size + 1)
    if isinstance(rows, slice):
        joined: Array = xp.concatenate([X[shift(rows, i)] for i in offsets], axis=1)
        return joined
    windows: Array = X.take(rows[:, None] + xp.arange(-size, size + 1), axis=0)
    return windows.reshape(len(rows), len(offsets) * X.shape[1])


def add_back(dX: Array, d_windows: Array, rows: Rows, size: int) -> None:
    """Add the gradient of windows to the rows that the windows were made of."""
    width = dX.shape[1]
    for i in range(2 * size + 1):
        dX[shift(rows, i - size)] += d_windows[:, i * width : (i + 1) * width]


def encode_windows(
    model: Model[Ragged, Ragged], X: Ragged, chosen: Any, is_train: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """Encode some of the tokens; each block computes only what they depend on.

    Args:
        model: A MaxoutWindowEncoder.
        X: The vectors of all tokens.
        chosen: Positions of the tokens to encode, in order, each once, on the host; or
            a slice.
        is_train: Whether to drop activations and keep what backprop needs.

    Returns:
        The vectors of the chosen tokens, (n_chosen, width), and the backprop callback,
        from their gradient to that of all tokens, (n_tokens, width).
    """
    ops, size, depth = model.ops, model.attrs["window_size"], len(model.layers)
    xp, data, width = ops.xp, rows_of(X), model.get_dim("nO")
    data = data.reshape(len(data), width)  # An empty list has lost its width.
    all_tokens = token_rows(lengths_of(X), size * depth)
    chosen_tokens = all_tokens[chosen]
    n_rows = int(all_tokens[-1]) + 1 + size * depth if len(data) else 0
    tokens = on_device(ops, all_tokens)
    padded = xp.zeros((n_rows, width), dtype=data.dtype)
    padded[tokens] = data
    blocks = _build_blocks(model, X, tokens, n_rows, is_train)
    is_compiled = any(isinstance(block, TrainBlock) for block in blocks)
    parts = cut_parts(ops, chosen_tokens, size, depth, is_compiled)
    if len(parts) == 1 and not is_train:  # Needs no copies.
        (part,) = parts
        rows = padded[part.rows]
        with threads.one_blas_thread():
            for block, needed in zip(blocks, part.needed, strict=True):
                block.add(rows, needed, part.rows.start)
        return rows[part.own], no_backprop
    Y: Array = xp.empty((len(chosen_tokens), width), dtype=data.dtype)

    def encode_part(part: Part) -> list[BackpropBlock]:
        rows, callbacks = padded[part.rows].copy(), []
        for block, needed in zip(blocks, part.needed, strict=True):
            callbacks.append(block.add(rows, needed, part.rows.start))
        Y[part.tokens] = rows[part.own]
        return callbacks

    callbacks = threads.map(encode_part, parts)

    def backprop(dY: Array) -> Array:
        def backprop_part(i: int, grads: list[Params]) -> Array:
            d_rows: Array = xp.zeros_like(padded[parts[i].rows])
            d_rows[parts[i].own] = dY[parts[i].tokens]
            for callback, own in zip(callbacks[i][::-1], grads[::-1], strict=True):
                callback(d_rows, own)
            return d_rows

        d_padded = xp.zeros_like(padded)
        results = backprop_parts(model.layers, backprop_part, range(len(parts)))
        for part, d_rows in zip(parts, results, strict=True):
            d_padded[part.rows] += d_rows
        return cast(Array, d_padded[tokens])

    return Y, backprop


class Block:
    """One residual block, which computes on rows of a padded batch.

    Args:
        xp: The module of the arrays, numpy or cupy.
        model: A MaxoutNorm.
        is_train: Whether there is a gradient.
        mask: What its output is multiplied by, (n_rows, width), or None.
    """

    def __init__(
        self,
        xp: Any,
        model: Model[Any, Any],
        size: int,
        is_train: bool = False,
        mask: Array | None = None,
    ) -> None:
        self.xp = xp
        self.size = size
        self.is_train = is_train
        self.params = read_params(model)
        self.mask = mask

    def add(self, X: Array, needed: Rows, start: int) -> BackpropBlock:
        """Add the output of the block to some rows, in place.

        Args:
            X: Rows of the padded batch from `start` on, which are changed.
            needed: The rows of X to compute.
            start: The first row of X in the padded batch.

        Returns:
            The backprop callback, from the gradient of the new X to that of the old.
        """
        xp, params, size = self.xp, self.params, self.size
        windows = lay_out(xp, X, needed, size)
        multiply = linear_pieces if self.is_train else predict_pieces
        pieces = multiply(windows, params.W)
        added, trace = pick_and_norm(xp, pieces, params, self.is_train)
        mask = None if self.mask is None else self.mask[shift(needed, start)]
        X[needed] += added if mask is None else added * mask

        def backprop(dX: Array, grads: Params) -> None:
            assert trace is not None
            d_added = dX[needed] if mask is None else dX[needed] * mask
            d_windows = backprop_norm(xp, trace, params, windows, d_added, grads)
            add_back(dX, d_windows, needed, size)

        return backprop


class TrainBlock(Block):
    """A block in training on CPU, by compiled kernels.

    Args:
        mask: As of any block.
        weights: Its parameters.
    """

    def __init__(self, size: int, mask: Array | None, weights: TrainWeights) -> None:
        self.size = size
        self.mask = mask
        self.weights = weights

    def add(self, X: Array, needed: Rows, start: int) -> BackpropBlock:
        mask = None if self.mask is None else self.mask[start : start + len(X)]
        return train_windows(X, needed, self.size, mask, self.weights)


class PredictBlock(Block):
    """A block in prediction on CPU.

    Args:
        params: The parameters of its MaxoutNorm.
    """

    def __init__(self, params: Arranged, size: int) -> None:
        self.xp = np
        self.size = size
        self.arranged = params

    def add(self, X: Array, needed: Rows, start: int) -> BackpropBlock:
        pieces = self.compute_pieces(X, needed, start)
        X[needed] += pick_arranged(pieces, self.arranged)
        return no_backprop

    def compute_pieces(self, X: Array, needed: Rows, start: int) -> Array:
        pieces: Array = lay_out(np, X, needed, self.size) @ self.arranged.W
        return pieces


class FirstBlock(PredictBlock):
    """The first block in prediction, if many rows of its input are the same.

    Args:
        terms: What each distinct row contributes to the pieces at each position in the
            window, (n_distinct, n_window, nP * nO).
        index: The distinct row of each row of the padded batch, (n_rows,).
    """

    def __init__(self, params: Arranged, size: int, terms: Array, index: Array) -> None:
        super().__init__(params, size)
        self.terms = terms
        self.index = index

    def compute_pieces(self, X: Array, needed: Rows, start: int) -> Array:
        positions = range(start - self.size, start + self.size + 1)
        rows = (self.index[shift(needed, position)] for position in positions)
        terms = (self.terms[row, k] for k, row in enumerate(rows))
        return reduce(operator.iadd, terms)


def _build_blocks(
    model: Model[Ragged, Ragged], X: Ragged, tokens: Array, n_rows: int, is_train: bool
) -> list[Block]:
    size = model.attrs["window_size"]
    if is_train:
        return _build_train_blocks(model, X, n_rows)
    weights = weights_to_predict(model, X)
    if weights is None:
        return [Block(model.ops.xp, block, size) for block in model.layers]
    params = [w.derive(arrange) for w in weights]
    blocks: list[Block] = [PredictBlock(p, size) for p in params]
    if blocks and isinstance(X, KnownRagged):
        index = np.zeros(n_rows, dtype=np.intp)
        index[tokens] = X.index
        terms = terms_of(weights[0], X).values
        blocks[0] = FirstBlock(params[0], size, terms, index)
    elif blocks and isinstance(X, SpreadRagged) and X.repeats:
        n_distinct, width = X.distinct.shape
        index = np.full(n_rows, n_distinct)
        index[tokens] = X.index
        # The last row is that of the padding, and stays zero.
        W = params[0].W.reshape(2 * size + 1, width, -1)
        terms = np.zeros((n_distinct + 1, len(W), W.shape[2]), dtype="f")

        def compute(rows: slice) -> None:
            for k, position in enumerate(W):
                terms[:-1][rows, k] = X.distinct[rows] @ position

        map_chunks(model.ops, compute, n_distinct)
        blocks[0] = FirstBlock(params[0], size, terms, index)
    return blocks


def _build_train_blocks(
    model: Model[Ragged, Ragged], X: Ragged, n_rows: int
) -> list[Block]:
    size, shape = model.attrs["window_size"], (n_rows, model.get_dim("nO"))
    masks = [draw_mask(block, shape) for block in model.layers]
    params = [read_params(block) for block in model.layers]
    if all([trains(p, rows_of(X)) for p in params]):
        weights = map(weights_to_train, params)
        return [TrainBlock(size, *both) for both in zip(masks, weights, strict=True)]
    pairs = zip(model.layers, masks, strict=True)
    return [Block(model.ops.xp, block, size, True, mask) for block, mask in pairs]


def weights_to_predict(model: Model[Ragged, Ragged], X: Ragged) -> list[Weights] | None:
    """Return the weights of the blocks; None if prediction has no code of its own."""
    if model.ops.device_type != "cpu" or not is_exact():
        return None
    if not isinstance(X, KnownRagged):
        data = rows_of(X)
        if type(data) is not np.ndarray or data.dtype != np.float32:
            return None
    weights = [weights_of(block) for block in model.layers]
    return weights if all([w.is_single for w in weights]) else None


def terms_of(weights: Weights, X: KnownRagged, by_kernels: bool = False) -> Terms:
    """Return the terms of the words of X in the first block, computed once each.

    Args:
        weights: Those of the block.
        by_kernels: Whether kernels compute and read them; their columns are in another
            order then.
    """
    name = "terms of kernels" if by_kernels else "terms"
    known = weights.kept(name)
    if known is None or known.table is not X.table:
        packed: Any = weights.derive(pack if by_kernels else arrange)
        n_window = weights.arrays["W"].shape[2] // X.table.rows.shape[1]
        shape = n_window, packed.b.size
        if by_kernels:
            fill = partial(call_fill_terms, packed)
        else:
            fill = partial(fill_terms, side_by_side(packed, n_window))
        known = Terms(X.table, shape, fill)
        if weights.token is not None and X.table.is_kept:
            weights.keep(name, known)
    terms: Terms = known
    terms.complete()
    return terms


def _find_needed(n_rows: int, own: Array, size: int, depth: int) -> list[Rows]:
    """Find the rows that each block must compute for the ones after it."""
    if _is_run(own):
        reaches = [size * i for i in reversed(range(depth))]
        return [slice(int(own[0]) - n, int(own[-1]) + 1 + n) for n in reaches]
    is_needed = np.zeros(n_rows, dtype=bool)
    is_needed[own] = True
    needed: list[Rows] = []
    for _ in range(depth):
        needed.append(np.flatnonzero(is_needed))
        wider = is_needed.copy()
        for offset in range(1, size + 1):
            wider[offset:] |= is_needed[:-offset]
            wider[:-offset] |= is_needed[offset:]
        is_needed = wider
    return needed[::-1]


def _as_rows(ops: Ops, positions: Rows) -> Rows:
    """Return consecutive rows as a slice, which is faster to read and write."""
    if isinstance(positions, slice):
        return positions
    if _is_run(positions):
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return on_device(ops, positions)


def _is_run(positions: Array) -> bool:
    """Check whether positions are consecutive."""
    return int(positions[-1]) - int(positions[0]) + 1 == len(positions)
