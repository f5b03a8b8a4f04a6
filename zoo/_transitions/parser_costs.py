"""Compute the cost of each kind of move: gold arcs and sentences out of reach."""

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
#: What the costs of a state follow from: its words; which moves are valid; how many
#: gold arcs there are between front and stack, top and buffer, top and stack, stack and
#: buffer; whether the head of the front is in the buffer; and the head of the top.
FACTS = (
    *("front", "top", "second", "behind"),
    *("key", "push", "pop", "below", "between", "waits", "head"),
)


@dataclass
class Costs:
    """What the moves of some states cost.

    Attributes:
        kinds: Of each kind of move, with the right label, (n_states, 5). A move of
            another label costs one more if its arc is a gold one.
        left_move, right_move: The move that makes a gold arc, with the right label,
            where the arc is a gold one and its label is known; else -1, (n_states,).
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


def costs_of(facts: Array, windows: Windows) -> Costs:
    """Return what the moves of states cost.

    Args:
        facts: Of the states, as `CostKeeper.facts` returns them.
        windows: What is to be learned.
    """
    front, top, second, behind, keys, push, pop, below, between, waits, head = facts
    valid = VALID.take(keys, 0)
    starts = windows.sentences.take(behind)
    gold_front, gold_top = windows.heads.take(front), windows.heads.take(top)
    is_left = (gold_top == front) & (front != 0)
    is_right = (gold_front == top) & (top != 0)
    has_head = head != 0
    waits = ~is_right & (waits != 0) & ((keys & PUT_BACK) == 0)
    kinds = np.empty((facts.shape[1], 5), np.intp)
    kinds[:, SHIFT] = push + (valid[:, BREAK] & (starts > 0))
    kinds[:, REDUCE] = np.where(keys & START, 0, pop - np.where(has_head, 0, below))
    kinds[:, LEFT] = pop + np.where(has_head, gold_top == second, below) - is_left
    kinds[:, RIGHT] = kinds[:, SHIFT] - is_right + waits
    kinds[:, BREAK] = between - push + (starts < 0)
    kinds[~valid] = INVALID
    left_move = np.where(is_left, windows.lefts.take(top), -1)
    right_move = np.where(is_right, windows.rights.take(front), -1)
    return Costs(kinds, left_move, right_move)


class CostKeeper:
    """Keep what the costs of walks need from move to move.

    Args:
        rows: The states.
        windows, gold: What is to be learned.
        next_starts: For each token the first one from it on at which a sentence is
            known to begin beforehand, or the end of the document, (n_tokens + 2,).
    """

    #: What it keeps of each row.
    ROWS = ("in_stack", "was_put_back", "kids_in_stack", "kids_put_back")

    def __init__(
        self, rows: ParserRows, windows: Windows, gold: ParserGold, next_starts: Array
    ) -> None:
        self._rows, self._windows = rows, windows
        self.gold, self.next_starts = gold, next_starts
        n_rows = len(windows.tokens)
        self.in_stack = np.zeros(n_rows, bool)
        self.was_put_back = np.zeros(n_rows, bool)
        #: Gold children of each row on the stack, and among the words put back.
        self.kids_in_stack = np.zeros(n_rows, np.intp)
        self.kids_put_back = np.zeros(n_rows, np.intp)
        self.has_odd = False

    def facts(self, walks: Walks, keys: Array) -> Array:
        """Return what the costs of moves follow from, for `costs_of`.

        Args:
            walks: The states. Their counts are brought up to date.
            keys: Which moves are valid, rows of `ArcEager.valid`, (n_walks,).
        """
        self._count(walks)
        features = walks.features
        facts = np.empty((len(FACTS), len(walks)), np.intp)
        facts[0], facts[1], facts[2], facts[3] = features[[0, 1, 5, 4]]
        facts[4], facts[5], facts[6] = keys, self._push, self._pop
        facts[7], facts[8], facts[9] = self._below, walks.between, self._front_waits
        facts[10] = self._rows.head.take(features[1])
        return facts

    def _count(self, walks: Walks) -> None:
        """Count the gold arcs of the top and of the front that are still possible."""
        windows, flags, kids = self._windows, self._rows.flags, self.gold.kids
        front, top, unread = walks.features[0], walks.features[1], walks.unread
        first = windows.tokens.take(unread)
        # Sentences that the parser makes begin with one of these two words alone.
        is_start = (flags.take(unread) & START) != 0
        is_next = (flags.take(unread + 1, mode="clip") & START) != 0
        stop = np.where(is_next, first + 1, self.next_starts.take(first))
        stop = np.where(is_start, first, stop) * (unread != 0)
        # Of the front and of the top, in one array: gold parents, and what of them and
        # of their gold children is still to be reached.
        both = walks.features[:2]
        above, head = windows.parents.take(both), windows.parent_tokens.take(both)
        waits = (head >= first) & (head < stop)
        if self._rows.has_put_back:
            waits |= self.was_put_back.take(above)
        on_stack = self.kids_in_stack.take(both)
        on_stack += self.in_stack.take(above)
        self._push, self._below = on_stack
        self._front_waits = waits[0]
        base = windows.tokens.take(top) * (2 * self.gold.n_rows)
        pop = kids.searchsorted(base + stop)
        pop -= kids.searchsorted(base + first)
        pop += waits[1]
        if self._rows.has_put_back:
            pop += self.kids_put_back.take(top)
        self._pop = pop
        walks.between += walks.pushed * pop
        # Where a sentence begins in front, there is no buffer to be seen.
        if is_start.any():
            walks.between *= ~is_start | self.was_put_back.take(front)
        if self.has_odd:
            for walk in walks.is_odd.nonzero()[0].tolist():
                limits = int(first[walk]), int(stop[walk])
                self._count_one(walks, walk, limits)

    def _count_one(self, walks: Walks, walk: int, limits: tuple[int, int]) -> None:
        """Count the same word by word, where a word that was put back is a start."""
        windows, rows = self._windows, self._rows
        front, top = (int(walks.features[i, walk]) for i in (0, 1))
        visible: set[int] = set()
        row = front
        while self.was_put_back[row] and not rows.flags[row] & START:
            visible.add(row)
            row = int(rows.after[row])
        if self.was_put_back[row]:  # What is unread is behind a start.
            limits = 0, 0

        def waits(row: int) -> int:
            token = int(windows.parent_tokens[row])
            return int(
                limits[0] <= token < limits[1] or int(windows.parents[row]) in visible
            )

        def arcs(row: int) -> int:
            base = int(windows.tokens[row]) * (2 * self.gold.n_rows)
            first, last = self.gold.kids.searchsorted([base + n for n in limits])
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
            before: Their fronts, tops and next words before them, (3, n_walks).
            kinds: The kinds of the moves.
        """
        front, top, behind = before
        is_push = kinds < LEFT
        is_pop = (kinds == LEFT) | (kinds == REDUCE)
        walks.between -= is_push * self._push
        walks.between -= is_pop * self._pop
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
            is_odd = self.was_put_back[behind[broken]]
            if is_odd.any():
                walks.is_odd[broken[is_odd]] = self.has_odd = True
        self.in_stack[0] = False

    def _push_words(
        self, walks: Walks, pushed: Array, words: Array, behind: Array
    ) -> None:
        self.in_stack[words] = True
        self._add(self.kids_in_stack, words, 1)
        if self._rows.has_put_back:
            was_back = self.was_put_back.take(words)
            again = words[was_back]
            self.was_put_back[again] = False
            self._add(self.kids_put_back, again, -1)
            behind = np.where(was_back, walks.unread.take(pushed), behind)
        walks.unread[pushed] = behind

    def _put_back(self, walks: Walks, back: Array, words: Array) -> None:
        self.was_put_back[words] = True
        self._add(self.kids_put_back, words, 1)
        above = self._windows.parents.take(words)
        walks.between[back] += self.kids_in_stack[words] + self.in_stack[above]

    def _add(self, counts: Array, words: Array, number: int) -> None:
        """Count words at their gold parents, each of which is another's."""
        counts[self._windows.parents.take(words)] += number
        counts[0] = 0
