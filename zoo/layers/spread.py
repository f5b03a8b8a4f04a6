"""Say of token vectors that many of them are the same."""

from thinc.types import Ints1d

from ..types import Array
from .sized_ragged import SizedRagged


class SpreadRagged(SizedRagged):
    """A SizedRagged whose rows are repeats of fewer ones, ``distinct[index]``.

    A layer that knows of it can compute on each distinct row once.

    distinct: (n_distinct, width).
    index: The distinct row of each token, (n_tokens,).
    lengths, sizes: Tokens of each document, (n_docs,), the latter on the host.
    """

    def __init__(
        self, distinct: Array, index: Array, lengths: Ints1d, sizes: list[int]
    ) -> None:
        super().__init__(distinct.take(index, axis=0), lengths, sizes)
        self.distinct = distinct
        self.index = index

    @property
    def repeats(self) -> bool:
        """Whether so many rows are the same that it pays to add up what they share."""
        return len(self.distinct) < 0.75 * len(self.index)
