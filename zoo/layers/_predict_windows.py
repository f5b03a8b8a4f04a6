"""Encode tokens in prediction: by kernels, or with few calls of numpy."""

import numpy as np
from thinc.api import Model
from thinc.types import Ragged

from .._arrays import rows_of
from .._types import Array
from .._watched_parameters import Weights, derive_from_all
from ..threads import MIN_CHUNK_ROWS, threads
from ._call_kernels import call_encode, call_fill_terms, pack, pack_blocks, suits
from ._encode_windows import encode_windows, terms_of, weights_to_predict
from ._maxout import Arranged, arrange, pick_arranged
from ._ragged import SpreadRagged, sizes_of, with_data
from ._word_table import KnownRagged


def predict_windows(model: Model[Ragged, Ragged], X: Ragged) -> Ragged:
    """Encode all tokens of a batch.

    Args:
        model: A MaxoutWindowEncoder.
        X: The vectors of all tokens.
    """
    weights = weights_to_predict(model, X) if model.layers else None
    if weights is not None:
        if suits(weights[0].arrays["W"]):
            return with_data(X, _encode_by_kernels(model, X, weights))
        if isinstance(X, KnownRagged) and _is_short(X):
            return with_data(X, _encode_one(model, X, weights))
    Y, _ = encode_windows(model, X, slice(None), is_train=False)
    return with_data(X, Y)


def _encode_by_kernels(
    model: Model[Ragged, Ragged], X: Ragged, weights: list[Weights]
) -> Array:
    size, first = model.attrs["window_size"], weights[0]
    blocks = derive_from_all(
        weights,
        ("blocks", size),
        lambda: pack_blocks([w.arrays for w in weights], size),
    )
    if isinstance(X, KnownRagged):
        terms = terms_of(first, X, by_kernels=True)
        E, index = X.table.rows, X.index
        values: Array | None = terms.values
    elif isinstance(X, SpreadRagged):
        # Row 0 is that of padding, as in a table of words.
        E = np.concatenate([np.zeros((1, X.distinct.shape[1]), "f"), X.distinct])
        index, packed = X.index + 1, first.derive(pack)
        shape = (len(E), 2 * size + 1, packed.b.size)
        values = np.zeros(shape, dtype="f")
        call_fill_terms(packed, E[1:], values[1:])
    else:
        E, values = rows_of(X), None
        E = E.reshape(len(E), model.get_dim("nO"))  # An empty list has lost its width.
        index = np.arange(len(E))
    return call_encode(index, sizes_of(X), E, values, blocks, size)


def _is_short(X: KnownRagged) -> bool:
    """Check whether one document has all tokens, few enough for one thread."""
    n_tokens = len(X.index)
    return max(X.sizes, default=0) == n_tokens and 0 < n_tokens < 2 * MIN_CHUNK_ROWS


def _encode_one(
    model: Model[Ragged, Ragged], X: KnownRagged, weights: list[Weights]
) -> Array:
    """Encode the only document that has tokens."""
    params = [w.derive(arrange) for w in weights]
    with threads.one_blas_thread():
        terms = terms_of(weights[0], X).values
        return _encode_rows(X, params, terms, model.attrs["window_size"])


def _encode_rows(
    X: KnownRagged, params: list[Arranged], terms: Array, size: int
) -> Array:
    depth, n_tokens = len(params), len(X.index)
    reach = size * depth
    n_rows = n_tokens + 2 * reach
    index = np.zeros(n_rows, dtype=np.intp)
    index[reach : reach + n_tokens] = X.index
    rows = X.table.rows.take(index, axis=0)
    for i, block in enumerate(params):
        # Each block computes only the rows that later blocks need.
        start, stop = size * (i + 1), n_rows - size * (i + 1)
        parts = [slice(start + k, stop + k) for k in range(-size, size + 1)]
        if i == 0:
            pieces = _add_terms(index, parts, terms)
        else:
            windows = [rows[part] for part in parts]
            pieces = np.concatenate(windows, axis=1) @ block.W
        rows[start:stop] += pick_arranged(pieces, block)
    return rows[reach : reach + n_tokens]


def _add_terms(index: Array, parts: list[slice], terms: Array) -> Array:
    """Add up what the words at each position of a window contribute."""
    n_words, n_window, n_columns = terms.shape
    # Rows of a matrix are taken faster than those of one position.
    flat = terms.reshape(n_words * n_window, n_columns)
    first = index * n_window
    pieces: Array = flat.take(first[parts[0]], axis=0)
    for k, part in enumerate(parts[1:], start=1):
        pieces += flat.take(first[part] + k, axis=0)
    return pieces
