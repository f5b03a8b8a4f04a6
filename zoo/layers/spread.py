"""Say of token vectors that many of them are the same."""

from thinc.types import Ints1d, Ragged

from ..types import Array


class SpreadRagged(Ragged):
    """A Ragged whose rows are repeats of fewer ones, ``distinct[index]``.

    A layer that knows of it can compute on each distinct row once.

    distinct: (n_distinct, width).
    index: The distinct row of each token, (n_tokens,).
    lengths: Tokens of each document, (n_docs,).
    """

    def __init__(self, distinct: Array, index: Array, lengths: Ints1d) -> None:
        super().__init__(distinct.take(index, axis=0), lengths)
        self.distinct = distinct
        self.index = index

    @property
    def repeats(self) -> bool:
        """Whether so many rows are the same that it pays to add up what they share."""
        return len(self.distinct) < 0.75 * len(self.index)
