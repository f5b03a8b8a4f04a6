"""Store the stacks, buffers and arcs of all documents as links between rows."""

from bisect import bisect_left
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from .._types import Array
from .arc_eager import (
    BREAK,
    INSIDE,
    LEFT,
    MAY_START,
    MORE,
    NO_FRONT,
    NO_NEXT,
    ONE,
    PUT_BACK,
    REDUCE,
    RIGHT,
    START,
)

#: For each number of features, where spaCy's models have those that `features` lists.
ORDERS = {
    8: (0, 2, 5, 6, 1, 3, 4, 7),
    13: (0, 2, 7, 5, 1, 3, 4, 6, 11, 9, 8, 12, 10),
}


class ParserRows:
    """Links between the rows of the tokens of a batch; all arrays are (n_rows,).

    No word is on two stacks, nor in two places of one, so that a stack is a list
    which is linked by `below`, and a buffer one linked by `after`.

    Args:
        lengths: Tokens of each document, (n_docs,).
        presets: Of each token: 1 if a sentence is known to begin there, -1 if none
            does, 0 if nothing is known, (n_tokens,). None if nothing is known of any.
    """

    def __init__(self, lengths: Array, presets: Array | None = None) -> None:
        n_tokens = int(lengths.sum())
        n_rows = n_tokens + 1

        zeros = iter(np.zeros((8, n_rows), np.intp))
        #: The word below on the stack.
        self.below = next(zeros)
        #: The newest dependents on either side.
        self.left, self.right = next(zeros), next(zeros)
        #: The dependent that was the newest before this one.
        self.older = next(zeros)
        #: The head, and the move that made the arc.
        self.head, self.move = next(zeros), next(zeros)
        #: ONE or MORE if the top of a stack is here.
        self.depth = next(zeros)
        #: The word behind in the buffer.
        self.after: Array = np.arange(1, n_rows + 1)
        filled = lengths > 0
        self.ends: Array = np.cumsum(lengths)
        self.firsts = (self.ends - lengths + 1)[filled]
        self.after[0] = 0
        self.after[self.ends[filled]] = 0
        #: Whether any word was put back into its buffer.
        self.has_put_back = False
        #: What a word says of itself as the front, and as the next word.
        self.flags = next(zeros)
        self.nexts: Array = np.full(n_rows, MAY_START, np.intp)
        if presets is not None:
            self.flags[1:] = np.where(presets > 0, START, np.where(presets, INSIDE, 0))
            self.nexts[1:][presets != 0] = 0
        self.reset_none()
        self.preset_flags, self.preset_nexts = self.flags.copy(), self.nexts.copy()

    def reset_none(self) -> None:
        """Set what row 0 says, which lanes that are over have written to."""
        self.flags[0], self.nexts[0] = NO_FRONT, NO_NEXT

    def features(self, rows: Array) -> None:
        """Fill in the features of states whose first two are given.

        Args:
            rows: Of each state the front of the buffer and the top of the stack, and
                space for the other features, (8 or 13, n_states).
        """
        tops, front, top = rows[:2], rows[0], rows[1]
        second = rows[5]
        self.left.take(tops, out=rows[2:4], mode="clip")
        self.after.take(front, out=rows[4], mode="clip")
        self.below.take(top, out=second, mode="clip")
        self.below.take(second, out=rows[6], mode="clip")
        self.right.take(top, out=rows[7], mode="clip")
        if len(rows) > 8:
            self.right.take(second, out=rows[8], mode="clip")
            self.left.take(second, out=rows[9], mode="clip")
            self.older.take(rows[7:10], out=rows[10:13], mode="clip")

    def keys(self, rows: Array) -> Array:
        """Return which moves are valid, as rows of `ArcEager.valid`: (n_states,)."""
        front, behind = rows[0], rows[4]
        keys: Array = self.flags.take(front)
        keys += self.depth.take(rows[1])
        keys += self.nexts.take(behind)
        if self.has_put_back:  # A sentence begins only behind its neighbour.
            keys -= MAY_START * ((keys >= MAY_START) & (behind != front + 1))
        return keys

    def preset_keys(self, rows: Array) -> Array:
        """Return the same by what was known beforehand of the next word."""
        front, behind = rows[0], rows[4]
        nexts = np.where(
            (behind == 0) | (behind == front + 1), self.preset_nexts[behind], 0
        )
        keys: Array = self.flags[front] + self.depth[rows[1]] + nexts
        return keys

    def apply(self, rows: Array, kinds: Array, moves: Array) -> None:
        """Build the move of each state, and replace its front and top in `rows`.

        Args:
            rows: The features of the states, (8 or 13, n_states).
            kinds: The kind of each move, (n_states,).
            moves: Its number, (n_states,).
        """
        pushed = (kinds < LEFT).nonzero()[0]
        lefts = (kinds == LEFT).nonzero()[0]
        reduced = (kinds == REDUCE).nonzero()[0]
        broken = (kinds == BREAK).nonzero()[0]
        if len(pushed):
            self._push(rows, pushed, kinds, moves)
        if len(lefts):
            self._arc_left(rows, lefts, moves.take(lefts))
        if len(reduced):
            self._reduce(rows, reduced)
        if len(broken):
            behind = rows[4].take(broken)
            self.flags[behind] |= START
            self.nexts[behind] = 0
            self.reset_none()
        self.depth[0] = 0

    def _push(self, rows: Array, pushed: Array, kinds: Array, moves: Array) -> None:
        fronts, tops = rows[0].take(pushed), rows[1].take(pushed)
        self.below[fronts] = tops
        self.older[fronts] = rows[7].take(pushed)
        self.depth[fronts] = np.where(tops, MORE, ONE)
        headed = (kinds.take(pushed) == RIGHT).nonzero()[0]
        if len(headed):
            words, heads = fronts.take(headed), tops.take(headed)
            self.head[words] = heads
            self.move[words] = moves.take(pushed.take(headed))
            self.right[heads] = words
        rows[1][pushed] = fronts
        rows[0][pushed] = rows[4].take(pushed)

    def _arc_left(self, rows: Array, lefts: Array, moves: Array) -> None:
        """Build tops depend on fronts, in the place of any head that they have."""
        fronts, tops, seconds = (rows[i].take(lefts) for i in (0, 1, 5))
        # That can only be the word below, of which the top is the newest dependent.
        self.right[seconds] = self.older.take(tops)
        self.head[tops] = fronts
        self.move[tops] = moves
        self.older[tops] = self.left.take(fronts)
        self.left[fronts] = tops
        if self.has_put_back:
            self.flags[fronts] &= ~PUT_BACK
        rows[1][lefts] = seconds

    def _reduce(self, rows: Array, reduced: Array) -> None:
        """Pop words; those without a head go back to the buffer, if any is below."""
        tops, seconds = rows[1].take(reduced), rows[5].take(reduced)
        rows[1][reduced] = seconds
        is_back = (seconds != 0) > (self.head.take(tops) != 0)
        if is_back.any():
            self.has_put_back = True
            words, where = tops[is_back], reduced[is_back]
            self.flags[words] |= PUT_BACK
            self.after[words] = rows[0][where]
            rows[0][where] = words

    def clear(self, start: int, end: int, *, is_last: bool) -> None:
        """Undo all that was done to the rows from start to end by a lane from start.

        Only the lane that goes on can have marked `start` as the start of a sentence,
        and only the one that is undone can have marked `end`.

        Args:
            start, end: The first row of the lane, and of the one after it.
            is_last: Whether there is none after it, and end is that of the document.
        """
        none = [0] * (end - start)
        for links in (self.left, self.right, self.head, self.below, self.depth):
            links[start:end] = none
        stop = end if is_last else end + 1
        marks = slice(start + 1, stop)
        self.flags[marks] = self.preset_flags[marks]
        self.nexts[marks] = self.preset_nexts[marks]
        self.after[start:end] = range(start + 1, end + 1)
        if is_last:
            self.after[end - 1] = 0

    def to_lists(self) -> Any:
        """Return the same with lists, whose items are faster to get than of arrays."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(other, name, value.tolist())
        return other

    def end_of(self, row: int) -> int:
        """Return the row behind the document of a row."""
        return int(self.ends[bisect_left(self.ends, row)]) + 1


def read_presets(starts: Sequence[bool | None]) -> list[int]:
    """Return 1 for a known start, -1 for a known other word, else 0."""
    return [0 if known is None else 1 if known else -1 for known in starts]
