"""Compute embeddings once per distinct word of a batch."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

import numpy as np
from thinc.api import Model, Ops
from thinc.types import Ragged

from .._arrays import as_array, as_thinc, grad_of, on_device, param_of, rows_of
from .._kernel_choice import kernels_name
from .._lexical.attributes import feature_keys, first_places
from .._types import Array, Docs
from ..doc import words_and_norms
from ._call_kernels import are_plain, call_add_hashed_rows, call_sum_hashed_rows
from ._dropout import draw_mask
from ._ragged import SpreadRagged, with_data
from .maxout_norm import transform
from .scatter import scatter_add


class DistinctWords:
    """The distinct words of a batch, and the word of each token.

    If NORM is among the features, a word with several norms counts as several.

    Attributes:
        keys: Keys of the features, (n_features, n_distinct) uint64.
        index: The distinct word of each token, (n_tokens,).
        lengths: Tokens of each document, (n_docs,).
    """

    def __init__(self, ops: Ops, docs: Docs, features: Sequence[str]) -> None:
        distinct, rows = feature_keys(docs, features)
        self._ops = ops
        self._docs = docs
        self._rows: Array = rows
        self.keys = on_device(ops, distinct.T.copy())
        self.index = on_device(ops, rows)
        self._sizes = [len(doc) for doc in docs]
        self.lengths = ops.asarray1i(self._sizes)

    def __len__(self) -> int:
        return int(self.keys.shape[1])

    @cached_property
    def strings(self) -> list[str]:
        """The distinct words as strings."""
        parts = (words_and_norms(doc)[0] for doc in self._docs)
        tokens = list(chain.from_iterable(parts))
        return [tokens[i] for i in first_places(self._rows, len(self)).tolist()]

    def spread(self, rows: Array) -> Ragged:
        """Repeat the row of each word for its tokens, (n_tokens, width)."""
        return SpreadRagged(rows, self.index, self.lengths, self._sizes)

    def gather(self, dY: Array) -> Array:
        """Sum the gradients of the tokens of each word, (n_distinct, width)."""
        d_rows: Array = self._ops.xp.zeros((len(self), dY.shape[1]), dtype=dY.dtype)
        scatter_add(self._ops, d_rows, self.index, self._ops.xp.ascontiguousarray(dY))
        return d_rows


def look_up(
    table: Model[Any, Any], keys: Array, is_train: bool
) -> tuple[Array, Callable[[Array], None]]:
    """Look up keys in a HashEmbed, and drop some dimensions of the whole batch.

    The vector of a key is the sum of its four rows.

    Args:
        table: A HashEmbed. If it has no dropout rate, nothing is dropped.
        keys: (n_keys,) uint64.
    """
    ops, seed = table.ops, table.attrs["seed"]
    E = param_of(table, "E")
    n_rows, width = E.shape
    rows: Array | None = None
    if _by_kernels(E):
        Y = call_sum_hashed_rows([E], keys[:, None], [seed])
    else:
        rows = _hashed_rows(ops, keys, seed, n_rows)
        Y = E.take(rows, axis=0).sum(axis=0)
    mask = draw_width_mask(table, width, is_train)
    if mask is not None:
        Y *= mask

    def backprop(dY: Array) -> None:
        dY = ops.xp.ascontiguousarray(dY if mask is None else dY * mask)
        if not table.has_grad("E"):
            table.set_grad("E", ops.xp.zeros_like(E))
        dE = grad_of(table, "E")
        if rows is None and _by_kernels(dE):
            call_add_hashed_rows(dE, keys, seed, dY)
            return
        known = _hashed_rows(ops, keys, seed, n_rows) if rows is None else rows
        for hashed in ops.xp.ascontiguousarray(known.astype("int32")):
            scatter_add(ops, dE, hashed, dY)

    return Y, backprop


def _by_kernels(E: Array) -> bool:
    """Check whether kernels read and write a table."""
    return type(E) is np.ndarray and are_plain(E) and kernels_name() == "numba"


def _hashed_rows(ops: Ops, keys: Array, seed: int, n_rows: int) -> Array:
    """Return the four rows that each key is hashed to, (4, n_keys)."""
    return (as_array(ops.hash(as_thinc(keys), seed)) % n_rows).T


def draw_width_mask(model: Model[Any, Any], width: int, is_train: bool) -> Array | None:
    """Draw a dropout mask for the dimensions of a whole batch; None if all are kept."""
    rate = model.attrs.get("dropout_rate", 0.0)
    if not (is_train and rate):
        return None
    return as_array(model.ops.get_dropout_mask((width,), rate))


#: Vectors of the distinct words, (n_distinct, width), and their backprop callback.
Part = tuple[Array, Callable[[Array], None]]


def mix_parts(
    mix: Model[Any, Any], words: DistinctWords, parts: Sequence[Part], is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    """Concatenate parts, mix them with a MaxoutNorm, and repeat them for the tokens.

    All is computed once per distinct word, except for the dropout of the output, which
    is drawn for each token.
    """
    vectors, callbacks = zip(*parts, strict=True)
    mixed, backprop_mix = transform(mix, mix.ops.xp.hstack(vectors), is_train)
    tokens = words.spread(mixed)
    mask = draw_mask(mix, tokens.dataXd.shape) if is_train else None
    if mask is not None:
        tokens = with_data(tokens, rows_of(tokens) * mask)

    def backprop(dY: Ragged) -> Docs:
        if len(words) == 0:  # An empty list has lost its width.
            return []
        # A word's gradient is the sum over its occurrences in the batch.
        d_tokens = rows_of(dY) if mask is None else rows_of(dY) * mask
        d_mixed = backprop_mix(words.gather(d_tokens))
        ends = accumulate(part.shape[1] for part in vectors)
        for part, callback, end in zip(vectors, callbacks, ends, strict=True):
            callback(d_mixed[:, end - part.shape[1] : end])
        return []

    return tokens, backprop
