"""Find the distinct words of a batch, to compute on each once."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

from thinc.api import Model, Ops
from thinc.types import Ragged

from .._lexical.attributes import feature_keys, first_places
from .._types import Array, Docs
from ..doc import words_and_norms
from ._dropout import draw_mask
from ._ragged import SpreadRagged, with_data
from .maxout_norm import transform
from .scatter import scatter_add


class DistinctWords:
    """Hold the distinct words of a batch, and where its tokens have them.

    If NORM is among the features, a word to which documents give several norms
    counts as several.

    keys: Keys of the features, (n_features, n_distinct) uint64.
    index: The row of each token among the distinct words, (n_tokens,).
    lengths: Tokens of each document, (n_docs,).
    """

    def __init__(self, ops: Ops, docs: Docs, features: Sequence[str]) -> None:
        distinct, rows = feature_keys(docs, features)
        self._ops = ops
        self._docs = docs
        self._rows: Array = rows
        self.keys: Array = ops.asarray(distinct.T.copy())  # type: ignore[arg-type]
        self.index: Array = ops.asarray(rows)  # type: ignore[arg-type]
        self._sizes = [len(doc) for doc in docs]
        self.lengths = ops.asarray1i(self._sizes)

    def __len__(self) -> int:
        return int(self.keys.shape[1])

    @cached_property
    def strings(self) -> list[str]:
        """The words themselves."""
        parts = (words_and_norms(doc)[0] for doc in self._docs)
        tokens = list(chain.from_iterable(parts))
        return [tokens[i] for i in first_places(self._rows, len(self)).tolist()]

    def spread(self, rows: Array) -> Ragged:
        """Give each token the row of its word, (n_tokens, width)."""
        return SpreadRagged(rows, self.index, self.lengths, self._sizes)

    def gather(self, dY: Array) -> Array:
        """Sum the gradients of the tokens of each word, (n_distinct, width)."""
        d_rows = self._ops.xp.zeros((len(self), dY.shape[1]), dtype=dY.dtype)
        scatter_add(self._ops, d_rows, self.index, self._ops.xp.ascontiguousarray(dY))
        return d_rows


def look_up(
    table: Model[Any, Any], keys: Array, is_train: bool
) -> tuple[Array, Callable[[Array], None]]:
    """Sum the four rows of each key, and drop some dimensions of the whole batch.

    table: A HashEmbed. Without a dropout rate, it drops none.
    keys: (n_keys,) uint64.
    """
    ops = table.ops
    E: Array = table.get_param("E")
    n_rows, width = E.shape
    rows = (ops.hash(keys, table.attrs["seed"]) % n_rows).T
    Y: Array = E.take(rows, axis=0).sum(axis=0)
    mask = draw_width_mask(table, width, is_train)
    if mask is not None:
        Y *= mask

    def backprop(dY: Array) -> None:
        dY = ops.xp.ascontiguousarray(dY if mask is None else dY * mask)
        if not table.has_grad("E"):
            table.set_grad("E", ops.xp.zeros_like(E))
        for hashed in ops.xp.ascontiguousarray(rows.astype("int32")):
            scatter_add(ops, table.get_grad("E"), hashed, dY)

    return Y, backprop


def draw_width_mask(model: Model[Any, Any], width: int, is_train: bool) -> Array | None:
    """Draw which dimensions of the whole batch to keep; None if all are kept."""
    rate = model.attrs.get("dropout_rate", 0.0)
    return model.ops.get_dropout_mask((width,), rate) if is_train and rate else None


#: Vectors of the distinct words, (n_distinct, width), and where their gradient goes.
Part = tuple[Array, Callable[[Array], None]]


def mix_parts(
    mix: Model[Any, Any], words: DistinctWords, parts: Sequence[Part], is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    """Lay parts side by side, mix them with a MaxoutNorm, and spread them to tokens.

    All is computed once per distinct word, but for the dropout of the output, which
    is drawn for each token.
    """
    vectors, callbacks = zip(*parts, strict=True)
    mixed, backprop_mix = transform(mix, mix.ops.xp.hstack(vectors), is_train)
    tokens = words.spread(mixed)
    mask = draw_mask(mix, tokens.dataXd.shape) if is_train else None
    if mask is not None:
        tokens = with_data(tokens, tokens.dataXd * mask)

    def backprop(dY: Ragged) -> Docs:
        if len(words) == 0:  # What came through an empty list has lost its width.
            return []
        # A word's gradient is the sum over its occurrences in the batch.
        d_mixed = backprop_mix(
            words.gather(dY.dataXd if mask is None else dY.dataXd * mask)
        )
        ends = accumulate(part.shape[1] for part in vectors)
        for part, callback, end in zip(vectors, callbacks, ends, strict=True):
            callback(d_mixed[:, end - part.shape[1] : end])
        return []

    return tokens, backprop
