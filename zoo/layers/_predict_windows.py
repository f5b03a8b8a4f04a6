"""Encode the tokens of one document in prediction, with few calls of numpy."""

import functools
import operator

import numpy as np
from thinc.api import Model
from thinc.types import Ragged

from .._types import Array
from ..threads import MIN_CHUNK_ROWS, threads
from ._maxout import Arranged, arrange, pick_arranged
from ._ragged import with_data
from ._windows import encode_windows, terms_of, weights_to_predict
from ._word_table import KnownRagged


def predict_windows(model: Model[Ragged, Ragged], X: Ragged) -> Ragged:
    """Encode all tokens of a batch.

    Args:
        model: A MaxoutWindowEncoder.
        X: The vectors of all tokens.
    """
    if isinstance(X, KnownRagged) and model.layers:
        n_tokens = len(X.index)
        if max(X.sizes, default=0) == n_tokens and 0 < n_tokens < 2 * MIN_CHUNK_ROWS:
            weights = weights_to_predict(model, X.table.rows)
            if weights is not None:
                params = [w.derive(arrange) for w in weights]
                with threads.one_blas_thread():
                    terms = terms_of(weights[0], X).values
                    return with_data(X, _encode_one(model, X, params, terms))
    Y, _ = encode_windows(model, X, slice(None), is_train=False)
    return with_data(X, Y)


def _encode_one(
    model: Model[Ragged, Ragged],
    X: KnownRagged,
    params: list[Arranged],
    terms: Array,
) -> Array:
    """Encode the only document that has tokens."""
    size, depth, n_tokens = model.attrs["window_size"], len(params), len(X.index)
    reach = size * depth
    n_rows = n_tokens + 2 * reach
    index = np.zeros(n_rows, dtype=np.intp)
    index[reach : reach + n_tokens] = X.index
    rows = X.table.rows.take(index, axis=0)
    for i, block in enumerate(params):
        # Each block computes only the rows that later blocks need.
        start, stop = size * (i + 1), n_rows - size * (i + 1)
        around = range(-size, size + 1)
        if i == 0:
            places = (index[start + k : stop + k] for k in around)
            taken = (terms[place, k] for k, place in enumerate(places))
            pieces = functools.reduce(operator.iadd, taken)
        else:
            windows = [rows[start + k : stop + k] for k in around]
            pieces = np.concatenate(windows, axis=1) @ block.W
        rows[start:stop] += pick_arranged(pieces, block)
    return rows[reach : reach + n_tokens]
