"""Apply a maxout layer and a layer norm to windows of rows, as one kernel."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

from thinc.api import Model
from thinc.initializers import glorot_uniform_init, zero_init
from thinc.types import Floats2d, FloatsXd
from thinc.util import partial

from ..registries import layer
from ..threads import threads
from ..types import Array

Result = TypeVar("Result")

#: Rows that are worked on at a time on CPU, so that they stay in a core's cache.
CHUNK_ROWS = 512
#: Fewer rows than this are not worth another chunk.
MIN_CHUNK_ROWS = 128
#: Added to the variance, as Thinc's LayerNorm does.
EPSILON = 1e-8


@layer("zoo.MaxoutNorm.v1")
def MaxoutNorm(
    nO: int | None = None,
    nI: int | None = None,
    nP: int = 3,
    *,
    dropout: float = 0.0,
    init_W: Callable[..., FloatsXd] = glorot_uniform_init,
    init_b: Callable[..., FloatsXd] = zero_init,
) -> Model[Floats2d, Floats2d]:
    """Transform rows with a maxout, normalize them, and drop some activations.

    Computes ``norm(max_p(W_p x + b_p)) * G + beta``, where norm subtracts the mean
    of the row and divides by its standard deviation. Gives the numbers of Thinc's
    ``Maxout(normalize=True)`` in one node, for any number of rows, zero too.

    Input: Floats2d, (n_rows, nI).
    Output: Floats2d, (n_rows, nO).
    Parameters: W, (nO, nP, nI); b, (nO, nP); G and beta, (nO,).

    nO: Output width. If None, the sample output sets it at initialization.
    nI: Input width. If None, the sample input sets it at initialization.
    nP: Linear pieces, of which each unit takes the largest.
    dropout: Chance of zeroing an activation, 0 to 1. In training only.
    init_W: Makes W, from ops and a shape.
    init_b: Makes b, from ops and a shape.

    Sources: maxout, Goodfellow et al. (2013), https://arxiv.org/abs/1302.4389;
    norm, Ba et al. (2016), https://arxiv.org/abs/1607.06450.
    """
    return Model(
        "maxout_norm",
        forward,
        init=partial(init, init_W, init_b),
        dims={"nO": nO, "nI": nI, "nP": nP},
        params={"W": None, "b": None, "G": None, "beta": None},
        attrs={"dropout_rate": dropout},
    )


def forward(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    Y, backprop_rows = transform(model, X, 0, is_train)
    Y, backprop_dropout = drop(model, Y, is_train)

    def backprop(dY: Floats2d) -> Floats2d:
        return cast(Floats2d, backprop_rows(backprop_dropout(dY)))

    return Y, backprop


def init(
    init_W: Callable[..., FloatsXd],
    init_b: Callable[..., FloatsXd],
    model: Model[Floats2d, Floats2d],
    X: Floats2d | None = None,
    Y: Floats2d | None = None,
) -> None:
    if X is not None:
        model.set_dim("nI", X.shape[1])
    if Y is not None:
        model.set_dim("nO", Y.shape[1])
    nO, nP, nI = (model.get_dim(name) for name in ("nO", "nP", "nI"))
    model.set_param("W", init_W(model.ops, (nO, nP, nI)))
    model.set_param("b", init_b(model.ops, (nO, nP)))
    model.set_param("G", model.ops.alloc1f(nO) + 1)
    model.set_param("beta", model.ops.alloc1f(nO))


def drop(
    model: Model[Any, Any], Y: Array, is_train: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """Apply dropout at the model's rate, and give the way back."""
    rate = model.attrs["dropout_rate"]
    if not (is_train and rate):
        return Y, lambda dY: dY
    mask = model.ops.get_dropout_mask(Y.shape, rate)
    return Y * mask, lambda dY: dY * mask


class Trace(NamedTuple):
    """What the forward pass keeps for the backward pass, per row."""

    which: Array  # The piece that won, (n_rows, nO), uint8.
    normed: Array  # The output before G and beta, (n_rows, nO).
    scale: Array  # One over the standard deviation, (n_rows, 1).


def transform(
    model: Model[Any, Any], X: Array, window_size: int, is_train: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """Run a MaxoutNorm, without its dropout, on each window of rows of X.

    Row i of the output is computed from rows i to i + 2 * window_size of X, laid
    side by side, so X needs window_size more rows at either end than there are
    outputs. Chunks of rows are worked on by several threads. Their windows are never
    kept: the backward pass lays them out again.
    """
    xp = model.ops.xp
    params: list[Array] = [model.get_param(name) for name in ("W", "b", "G", "beta")]
    W, b, G, beta = params
    nO, nP, _ = W.shape
    n_rows = len(X) - 2 * window_size
    Y = xp.empty((n_rows, nO), dtype=X.dtype)
    trace = _allocate_trace(xp, Y) if is_train else None

    def compute(rows: slice) -> None:
        windows = _lay_out(xp, X, rows, window_size)
        best = windows @ W[:, 0].T
        best += b[:, 0]
        for p in range(1, nP):
            piece = windows @ W[:, p].T
            piece += b[:, p]
            if trace is not None:
                xp.copyto(trace.which[rows], p, where=piece > best)
            xp.maximum(best, piece, out=best)
        best -= best.mean(axis=1, keepdims=True)
        variance = xp.einsum("ij,ij->i", best, best)[:, None] / nO
        scale = (variance + EPSILON) ** -0.5
        best *= scale
        if trace is not None:
            trace.normed[rows], trace.scale[rows] = best, scale
        best *= G
        xp.add(best, beta, out=Y[rows])

    _map_chunks(model, compute, n_rows)

    def backprop(dY: Array) -> Array:
        assert trace is not None
        return _backprop(model, X, window_size, trace, dY)

    return Y, backprop


def _backprop(
    model: Model[Any, Any], X: Array, window_size: int, trace: Trace, dY: Array
) -> Array:
    xp = model.ops.xp
    W: Array = model.get_param("W")
    G: Array = model.get_param("G")

    def compute(rows: slice) -> tuple[Array, ...]:
        normed = trace.normed[rows]
        dG, dbeta = (dY[rows] * normed).sum(axis=0), dY[rows].sum(axis=0)
        d = dY[rows] * G
        along = (d * normed).mean(axis=1, keepdims=True)
        d -= d.mean(axis=1, keepdims=True)
        d -= normed * along
        d *= trace.scale[rows]
        windows = _lay_out(xp, X, rows, window_size)
        dW, db = xp.empty_like(W), xp.empty_like(W[:, :, 0])
        d_windows = xp.zeros_like(windows)
        for p in range(W.shape[1]):
            d_piece = d * (trace.which[rows] == p)
            dW[:, p] = d_piece.T @ windows
            db[:, p] = d_piece.sum(axis=0)
            d_windows += d_piece @ W[:, p]
        return d_windows, dW, db, dG, dbeta

    dX = xp.zeros_like(X)
    # Summed in the order of the rows, so that threads do not change a bit.
    for rows, (d_windows, *grads) in _map_chunks(model, compute, len(dY)):
        _add_back(dX, d_windows, rows, window_size)
        for name, grad in zip(("W", "b", "G", "beta"), grads, strict=True):
            model.inc_grad(name, grad)
    return dX


def _allocate_trace(xp: Any, Y: Array) -> Trace:
    return Trace(
        xp.zeros(Y.shape, dtype="uint8"),
        xp.empty_like(Y),
        xp.empty((len(Y), 1), dtype=Y.dtype),
    )


def _map_chunks(
    model: Model[Any, Any], function: Callable[[slice], Result], n_rows: int
) -> list[tuple[slice, Result]]:
    """Apply a function to chunks of rows, which depend on nothing but their number."""
    if n_rows == 0:
        return []
    if model.ops.device_type != "cpu":
        whole = slice(0, n_rows)
        return [(whole, function(whole))]
    size = min(max(-(-n_rows // 4), MIN_CHUNK_ROWS), CHUNK_ROWS)
    chunks = [slice(i, min(i + size, n_rows)) for i in range(0, n_rows, size)]
    return list(zip(chunks, threads.map(function, chunks), strict=True))


def _lay_out(xp: Any, X: Array, rows: slice, window_size: int) -> Array:
    """Lay the windows of some rows side by side, (n_rows, n_window * width)."""
    if window_size == 0:
        return X[rows]
    offsets = range(2 * window_size + 1)
    return xp.hstack([X[rows.start + o : rows.stop + o] for o in offsets])


def _add_back(dX: Array, d_windows: Array, rows: slice, window_size: int) -> None:
    """Add the gradient of some windows to the rows that they were laid out from."""
    width = dX.shape[1]
    for o in range(2 * window_size + 1):
        part = d_windows[:, o * width : (o + 1) * width]
        dX[rows.start + o : rows.stop + o] += part
