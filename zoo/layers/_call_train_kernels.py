"""Check all that the kernels of training are given, and call them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arrays import as_floats, empty_aligned
from .._kernel_choice import Kernels
from .._types import Array
from ._call_kernels import MAX_PIECES, are_plain, check, suits
from ._maxout import Params

#: Rows after those of a batch that Winograd's algorithm reads.
TILE_ROWS = 4
#: Vectors of 8 numbers that a strip of columns may have: for products of two rows, and
#: for those of one. The first pair is taken whose larger number divides all columns.
STRIPS = (6, 12), (4, 4), (3, 3), (2, 2), (1, 1)
#: With fewer rows in training, two threads take as long as one.
MIN_TRAIN_ROWS = 128

_NO_MASK: Array = np.zeros((0, 0), dtype="f")


class Trace(NamedTuple):
    """Values of each row that the forward pass keeps for the backward pass."""

    normed: Array  # The output before G and beta, (n_rows, nO).
    scale: Array  # One over the standard deviation, (n_rows,).
    which: Array  # The piece that won: unit * nP + piece, (n_rows, nO), int32.


class TrainWeights(NamedTuple):
    """The parameters of a MaxoutNorm, whose shapes fit each other and the kernels."""

    W: Array  # (nO, nP, nI).
    b: Array  # (nO, nP).
    G: Array  # (nO,).
    beta: Array  # (nO,).

    @property
    def pieces(self) -> tuple[int, ...]:
        """A tuple as long as there are maxout pieces."""
        n_pieces: int = self.W.shape[1]
        return (0,) * n_pieces

    @property
    def lengths(self) -> tuple[tuple[int, ...], ...]:
        """Tuples as long as there are pieces, and as strips have vectors."""
        n_vectors = self.W.shape[2] // 8
        narrow, wide = next(pair for pair in STRIPS if n_vectors % pair[1] == 0)
        return self.pieces, (0,) * narrow, (0,) * wide


def trains(params: Params, X: Array) -> bool:
    """Check whether a MaxoutNorm is trained on rows by kernels."""
    arrays = (X, *params)
    is_plain = all(type(a) is np.ndarray and a.dtype == np.float32 for a in arrays)
    return is_plain and params.W.shape[2] % 8 == 0 and suits(params.W)


def _run_forward() -> tuple[Params, Callable[..., None], Callable[..., None]]:
    """Run the kernels for three maxout pieces and windows of three, the defaults."""
    W: Array = np.ones((32, 3, 96), dtype="f")
    b: Array = np.zeros((32, 3), dtype="f")
    G: Array = np.ones(32, dtype="f")
    params = Params(W, b, G, G)
    X: Array = np.ones((6, 96), dtype="f")
    Y: Array = np.ones((6, 32), dtype="f")
    rows = train_rows(X, Y, weights_to_train(params))
    windows = train_windows(Y, slice(1, 5), 1, None, weights_to_train(params))
    return params, rows, windows


def _run_backward() -> None:
    params, backprop_rows, backprop_windows = _run_forward()
    dY: Array = np.ones((6, 32), dtype="f")
    grads = Params(*map(np.zeros_like, params))
    backprop_rows(dY, np.zeros((6, 96), dtype="f"), grads)
    backprop_windows(dY, grads)


KERNELS = Kernels(
    "training", "forward_windows", "zoo.layers._train_kernels", _run_forward
)
#: They are run after the others.
GRADIENTS = Kernels(
    "gradients", "backprop_windows", "zoo.layers._gradient_kernels", _run_backward
)


def weights_to_train(params: Params) -> TrainWeights:
    """Return the parameters of a MaxoutNorm, which fit `trains`, for the kernels."""
    W, b, G, beta = map(as_floats, params)
    nO, nP, nI = W.shape
    check("train", nO % 8 == 0 and nI % 8 == 0 and nI > 0 and 1 <= nP <= MAX_PIECES)
    check("train", b.shape == (nO, nP) and G.shape == beta.shape == (nO,))
    return TrainWeights(W, b, G, beta)


def train_rows(
    X: Array, Y: Array, weights: TrainWeights
) -> Callable[[Array, Array, Params], None]:
    """Compute a MaxoutNorm of rows.

    Args:
        X: (n_rows, nI).
        Y: (n_rows, nO), which is written.

    Returns:
        The backprop callback. From the gradient of Y, it writes that of X to its second
        argument, which must hold zeros, and adds those of the parameters to its third.
    """
    nO, _, nI = weights.W.shape
    n = len(X)
    check("forward_rows", X.shape == (n, nI) and Y.shape == (n, nO) and are_plain(X, Y))
    trace = _make_trace(n, nO)
    KERNELS.load().forward_rows(X, Y, *weights, trace, weights.pieces)

    def backprop(dY: Array, dX: Array, grads: Params) -> None:
        check("backprop_rows", dY.shape == (n, nO) and dX.shape == (n, nI))
        check("backprop_rows", are_plain(dY, dX) and _fit(grads, weights))
        given = dY, X, dX, weights.W, weights.G, trace, tuple(grads)
        GRADIENTS.load().backprop_rows(*given, weights.lengths)

    return backprop


def train_windows(
    Y: Array, rows: Array | slice, size: int, mask: Array | None, weights: TrainWeights
) -> Callable[[Array, Params], None]:
    """Add the output of a block to some rows.

    Args:
        Y: Rows of a padded batch, (n_rows, width), which are changed.
        rows: The rows of Y to change, in ascending order, each once.
        size: Rows to either side that the block looks at.
        mask: What its output is multiplied by, (n_rows, width), or None.

    Returns:
        The backprop callback. It changes the gradient of the new Y into that of the old
        one, and adds those of the parameters to its second argument.
    """
    (n, width), name = Y.shape, "forward_windows"
    rows = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
    rows = np.ascontiguousarray(rows, dtype=np.int64)
    check(name, weights.W.shape[0] == width and are_plain(Y) and size >= 0)
    check(name, weights.W.shape[2] == width * (2 * size + 1) and rows.ndim == 1)
    check(name, mask is None or (mask.shape == Y.shape and are_plain(mask)))
    if len(rows):
        check(name, rows[0] >= size and rows[-1] < n - size)
        check(name, bool((rows[1:] > rows[:-1]).all()))
    before = empty_aligned(n + TILE_ROWS, width)
    before[:n], before[n:] = Y, 0
    trace = _make_trace(len(rows), width)
    mask = _NO_MASK if mask is None else mask
    inputs = before, Y, rows, mask, size
    KERNELS.load().forward_windows(*inputs, *weights, trace, weights.pieces)

    def backprop(dY: Array, grads: Params) -> None:
        check("backprop_windows", dY.shape == (n, width) and are_plain(dY))
        check("backprop_windows", _fit(grads, weights))
        W, _, G, _ = weights
        given = dY, rows, mask, size, before, W, G, trace, tuple(grads)
        GRADIENTS.load().backprop_windows(*given, weights.lengths)

    return backprop


def _make_trace(n: int, width: int) -> Trace:
    normed: Array = np.empty((n, width), dtype="f")
    scale: Array = np.empty(n, dtype="f")
    return Trace(normed, scale, np.empty((n, width), dtype=np.int32))


def _fit(grads: Params, weights: TrainWeights) -> bool:
    """Check whether gradients have the shapes of the weights."""
    pairs = zip(grads, weights, strict=True)
    return all([g.shape == w.shape for g, w in pairs]) and are_plain(*grads)
