"""Represent walks of a parser through documents, or through parts of them."""

import numpy as np

from .._types import Array
from .parser_gold import ParserGold


class Walks:
    """The positions of some walks, and the features of their states.

    A walk goes over a window: some rows of a document, or all of them. Its states have
    rows of their own, so that several walks may go over one document. Tokens are rows
    of the batch.

    Attributes:
        features: Features of the states, (8 or 13, n_walks).
        unread: The row of the first word that has not been in front, 0 behind the last
            one, (n_walks,).
        between: Gold arcs between the stack and the visible buffer, (n_walks,). That is
            the buffer up to the first word that begins a sentence.
        pushed: Whether the last move pushed a word, (n_walks,).
        is_odd: Whether a word that was put back begins a sentence, so that counts are
            made word by word, (n_walks,).
        number: The window of each walk, (n_walks,).
    """

    NAMES = ("unread", "between", "pushed", "is_odd", "number")

    def __init__(self, features: Array) -> None:
        n = features.shape[1]
        self.features = features
        self.unread = features[0].copy()
        self.between = np.zeros(n, np.intp)
        self.pushed = np.zeros(n, bool)
        self.is_odd = np.zeros(n, bool)
        self.number: Array = np.arange(n)

    def __len__(self) -> int:
        return len(self.number)

    @property
    def unfinished(self) -> Array:
        """Whether each has words left, (n_walks,)."""
        is_left: Array = (self.features[0] | self.features[1]) != 0
        return is_left

    def keep(self, kept: Array) -> None:
        """Go on with some of them, (n_walks,) bool."""
        self.features = np.ascontiguousarray(self.features[:, kept])
        for name in self.NAMES:
            setattr(self, name, getattr(self, name)[kept])


class Windows:
    """Which rows of states stand for which tokens, and the gold of them.

    Args:
        gold: Of the tokens of the batch.
        starts, ends: The tokens of each window, the first and the one behind the last,
            (n_windows,).
    """

    def __init__(self, gold: ParserGold, starts: Array, ends: Array) -> None:
        lengths = ends - starts
        self.lengths = lengths
        self.starts, self.ends = starts, ends
        #: The first row of each window, and how far tokens are ahead of rows.
        self.firsts = np.cumsum(lengths) - lengths + 1
        self.shifts = starts - self.firsts
        n_rows = int(lengths.sum()) + 1
        #: The token of each row, (n_rows,).
        self.tokens: Array = np.arange(n_rows)
        self.tokens[1:] += np.repeat(self.shifts, lengths)
        self.heads = self._rows_of(gold.heads)
        self.parents = self._rows_of(gold.parents)
        #: The gold parent of each row as a token, which may lie outside the window.
        self.parent_tokens = gold.parents[self.tokens]
        self.lefts, self.rights = gold.lefts[self.tokens], gold.rights[self.tokens]
        self.sentences = gold.starts[self.tokens]

    def part(self, number: int) -> slice:
        """Return the rows of a window."""
        first = int(self.firsts[number])
        return slice(first, first + int(self.lengths[number]))

    def _rows_of(self, heads: Array) -> Array:
        """Return the row of each row's head, 0 if it is outside the window."""
        found = np.zeros(len(self.tokens), np.intp)
        tokens = heads[self.tokens[1:]]
        bounds = (self.starts, self.ends, self.shifts)
        start, end, shift = (np.repeat(part, self.lengths) for part in bounds)
        is_inside = (tokens >= start) & (tokens < end)
        found[1:] = np.where(is_inside, tokens - shift, 0)
        return found
