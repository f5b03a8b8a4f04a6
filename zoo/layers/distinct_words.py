"""Find the distinct words of a batch, to compute on each once."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from thinc.api import Ops
from thinc.types import Ragged

from ..docs import words_and_norms
from ..lexical.attributes import feature_keys, first_places
from ..types import Array, Docs
from .scatter import scatter_add
from .spread import SpreadRagged


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
