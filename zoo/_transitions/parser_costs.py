"""Say what each kind of move would cost: gold arcs and sentences out of reach."""

from dataclasses import dataclass

import numpy as np

from .._types import Array
from .arc_eager import (
    BREAK,
    LEFT,
    PUT_BACK,
    REDUCE,
    RIGHT,
    SHIFT,
    START,
    VALID,
    ArcEager,
)
from .parser_gold import ParserGold
from .parser_rows import ParserRows
from .walks import Walks, Windows

#: What a move that is not valid costs.
INVALID = 9000


@dataclass
class Costs:
    """What the moves of some states cost.

    kinds: Of each kind of move, with the right label, (n_states, 5). A move of another
        label costs one more if its arc is a gold one.
    left_move, right_move: The move that makes a gold arc, with the right label, where
        the arc is a gold one and its label is known; else -1, (n_states,).
    """

    kinds: Array
    left_move: Array
    right_move: Array

    def classes(self, moves: ArcEager, most: Array) -> Array:
        """Return which moves cost at most so much: (n_states, n_moves) bool.

        Args:
            most: The least cost of each state; or 0, or 1, if that is no more than
                the least cost of an arc, (n_states,).
        """
        is_cheap = self.kinds <= most[:, None]
        cheap: Array = is_cheap.take(moves.kinds, 1)
        for kind, right in ((LEFT, self.left_move), (RIGHT, self.right_move)):
            rows = ((right >= 0) & is_cheap[:, kind]).nonzero()[0]
            if len(rows):
                cheap[rows[:, None], moves.of_kind[kind]] = False
                cheap[rows, right[rows]] = True
        return cheap


class CostKeeper:
    """Keep what the costs of walks need from move to move.

    rows: The states.
    windows, gold: What is to be learned.
    next_starts: For each token the first one from it on at which a sentence is known
        to begin beforehand, or the end of the document, (n_tokens + 2,).
    """

    #: What it keeps of each row.
    ROWS = ("in_stack", "was_put_back", "kids_in_stack", "kids_put_back")

    def __init__(
        self, rows: ParserRows, windows: Windows, gold: ParserGold, next_starts: Array
    ) -> None:
        self._rows, self._windows, self._gold = rows, windows, gold
        self._next_starts = next_starts
        n_rows = len(windows.tokens)
        self.in_stack = np.zeros(n_rows, bool)
        self.was_put_back = np.zeros(n_rows, bool)
        #: Gold children of each row on the stack, and among the words put back.
        self.kids_in_stack = np.zeros(n_rows, np.intp)
        self.kids_put_back = np.zeros(n_rows, np.intp)

    def costs(self, walks: Walks, keys: Array) -> Costs:
        """Return what moves cost.

        Args:
            walks: The states. Their counts are brought up to date.
            keys: Which moves are valid, rows of `ArcEager.valid`, (n_walks,).
        """
        windows, rows = self._windows, self._rows
        front, top, second, behind = (walks.features[i] for i in (0, 1, 5, 4))
        valid = VALID.take(keys, 0)
        self._count(walks)
        push, pop, below = self._push, self._pop, self._below
        starts = windows.sentences.take(behind)
        gold_front, gold_top = windows.heads.take(front), windows.heads.take(top)
        is_left = (gold_top == front) & (front != 0)
        is_right = (gold_front == top) & (top != 0)
        flags, has_head = rows.flags.take(front), rows.head.take(top) != 0
        waits = ~is_right & self._front_waits & ((flags & PUT_BACK) == 0)
        kinds = np.empty((len(walks), 5), np.intp)
        kinds[:, SHIFT] = push + (valid[:, BREAK] & (starts > 0))
        kinds[:, REDUCE] = np.where(
            flags & START, 0, pop - np.where(has_head, 0, below)
        )
        lost = np.where(has_head, gold_top == second, below)
        kinds[:, LEFT] = pop + lost - is_left
        kinds[:, RIGHT] = kinds[:, SHIFT] - is_right + waits
        kinds[:, BREAK] = walks.between - push + (starts < 0)
        kinds[~valid] = INVALID
        left_move = np.where(is_left, windows.lefts.take(top), -1)
        right_move = np.where(is_right, windows.rights.take(front), -1)
        return Costs(kinds, left_move, right_move)

    def _count(self, walks: Walks) -> None:
        """Count the gold arcs of the top and of the front that are still possible."""
        windows, unread = self._windows, walks.unread
        front, top = walks.features[0], walks.features[1]
        flags = self._rows.flags
        stop = self._visible_end(walks)
        head_of_top = windows.parent_tokens.take(top)
        head_of_front = windows.parent_tokens.take(front)
        above_top, above_front = windows.parents.take(top), windows.parents.take(front)
        # Arcs between the top and the visible buffer.
        waits = (head_of_top >= unread) & (head_of_top < stop)
        waits |= self.was_put_back.take(above_top)
        base = windows.tokens.take(top) * (2 * self._gold.n_rows)
        kids = self._gold.kids.searchsorted(base + stop)
        kids -= self._gold.kids.searchsorted(base + unread)
        self._pop = waits + kids + self.kids_put_back.take(top)
        # Arcs between the front and the stack, and between the top and the rest of it.
        self._push = self.in_stack.take(above_front) + self.kids_in_stack.take(front)
        self._below = self.in_stack.take(above_top) + self.kids_in_stack.take(top)
        self._front_waits = (head_of_front >= unread) & (head_of_front < stop)
        self._front_waits |= self.was_put_back.take(above_front)
        walks.between += walks.pushed * self._pop
        # Where a sentence begins in front, there is no buffer to be seen.
        is_start = (flags.take(windows.row_of(walks, unread)) & START) != 0
        walks.between[is_start & ~self.was_put_back.take(front)] = 0
        for walk in walks.is_odd.nonzero()[0].tolist():
            self._count_one(walks, walk, int(stop[walk]))

    def _visible_end(self, walks: Walks) -> Array:
        """Return the token behind the visible part of what is unread, (n_walks,)."""
        windows, flags, unread = self._windows, self._rows.flags, walks.unread
        following = unread + 1
        stop = np.minimum(self._next_starts.take(unread), walks.ends)
        # The parser itself lets a sentence begin at these two places alone.
        marked = flags.take(windows.row_of(walks, following)) & START != 0
        stop = np.where(marked & (following < walks.ends), following, stop)
        marked = flags.take(windows.row_of(walks, unread)) & START != 0
        stop = np.where(marked, unread, stop)
        stop[unread == 0] = 0
        return stop

    def _count_one(self, walks: Walks, walk: int, stop: int) -> None:
        """Count the same word by word, where a word that was put back is a start."""
        windows, rows, unread = self._windows, self._rows, int(walks.unread[walk])
        front, top = (int(walks.features[i, walk]) for i in (0, 1))
        visible: set[int] = set()
        row = front
        while self.was_put_back[row] and not rows.flags[row] & START:
            visible.add(row)
            row = int(rows.after[row])
        sees_unread = not self.was_put_back[row]
        limits = (unread, stop) if sees_unread else (0, 0)

        def waits(row: int) -> int:
            token = int(windows.parent_tokens[row])
            return int(
                limits[0] <= token < limits[1] or int(windows.parents[row]) in visible
            )

        def arcs(row: int) -> int:
            base = int(windows.tokens[row]) * (2 * self._gold.n_rows)
            first, last = self._gold.kids.searchsorted([base + n for n in limits])
            kids = sum(int(windows.parents[kid]) == row for kid in visible)
            return waits(row) + int(last - first) + kids

        self._pop[walk] = arcs(top) if top else 0
        self._front_waits[walk] = bool(waits(front)) if front else False
        total, row = 0, top
        while row:
            total += arcs(row)
            row = int(rows.below[row])
        walks.between[walk] = total

    def moved(self, walks: Walks, before: Array, kinds: Array) -> None:
        """Take note of moves that have been made.

        Args:
            walks: The states after the moves.
            before: Their features before them, (8 or 13, n_walks).
            kinds: The kinds of the moves.
        """
        front, top, behind = before[0], before[1], before[4]
        is_push = kinds < LEFT
        is_pop = (kinds == LEFT) | (kinds == REDUCE)
        walks.between -= np.where(is_push, self._push, 0) + np.where(
            is_pop, self._pop, 0
        )
        walks.pushed = is_push
        pushed = is_push.nonzero()[0]
        if len(pushed):
            self._push_words(walks, pushed, front.take(pushed), behind.take(pushed))
        popped = is_pop.nonzero()[0]
        if len(popped):
            words = top.take(popped)
            self.in_stack[words] = False
            self._add(self.kids_in_stack, words, -1)
            back = popped[walks.features[0].take(popped) == words]
            if len(back):
                self._put_back(walks, back, top.take(back))
        broken = (kinds == BREAK).nonzero()[0]
        if len(broken):
            walks.between[broken] = self._push[broken]
            walks.is_odd[broken] |= self.was_put_back[behind[broken]]
        self.in_stack[0] = False

    def _push_words(
        self, walks: Walks, pushed: Array, words: Array, behind: Array
    ) -> None:
        self.in_stack[words] = True
        self._add(self.kids_in_stack, words, 1)
        following = self._windows.tokens.take(behind)
        if self._rows.has_put_back:
            was_back = self.was_put_back.take(words)
            again = words[was_back]
            self.was_put_back[again] = False
            self._add(self.kids_put_back, again, -1)
            following = np.where(was_back, walks.unread.take(pushed), following)
        walks.unread[pushed] = following

    def _put_back(self, walks: Walks, back: Array, words: Array) -> None:
        self.was_put_back[words] = True
        self._add(self.kids_put_back, words, 1)
        above = self._windows.parents.take(words)
        walks.between[back] += self.kids_in_stack[words] + self.in_stack[above]

    def _add(self, counts: Array, words: Array, number: int) -> None:
        """Count words at their gold parents, each of which is another's."""
        counts[self._windows.parents.take(words)] += number
        counts[0] = 0
