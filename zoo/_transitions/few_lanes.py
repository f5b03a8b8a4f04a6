"""Parse the last few lanes in plain Python, which is faster than arrays of a few."""

import numpy as np

from .._types import Array
from .arc_eager import (
    BREAK,
    LEFT,
    MORE,
    NO_NEXT,
    ONE,
    PUT_BACK,
    REDUCE,
    RIGHT,
    START,
    ArcEager,
)
from .lanes import Lanes
from .parser_rows import ParserRows
from .scorer import StateScorer


class MoveChooser:
    """Choose the best moves of a few states.

    Args:
        table, offsets: As of `StepBuffers`.
    """

    def __init__(
        self, scorer: StateScorer, moves: ArcEager, table: Array, offsets: Array
    ) -> None:
        self._activate = scorer.activate
        self.moves = moves
        self._penalties = moves.penalties(scorer.weights.c)
        self._rows_of_penalties = list(self._penalties)
        self._flat = table.reshape(-1, table.shape[2])
        self._width = table.shape[2]
        self.offsets: list[int] = offsets.tolist()
        self._ones = np.ones(len(self.offsets), "f")
        U = scorer.weights.U
        self._U = U
        self._UT = None if U is None else np.ascontiguousarray(U.T)

    def choose(self, places: list[int], keys: list[int]) -> list[int]:
        """Return the best valid move of each state.

        Args:
            places: Rows of the flattened table, the features of each state in turn.
            keys: Which moves of each state are valid, rows of `ArcEager.valid`.
        """
        values = self._flat.take(places, 0)
        if len(keys) == 1:  # Vectors are faster than matrices of one row.
            hidden = self._activate(self._ones.dot(values)[None])[0]
            scores = hidden if self._U is None else self._U.dot(hidden)
            scores += self._rows_of_penalties[keys[0]]
            return [int(scores.argmax())]
        n, n_features = len(keys), len(self.offsets)
        sums = np.matmul(self._ones, values.reshape(n, n_features, self._width))
        hidden = self._activate(sums)
        scores = hidden if self._UT is None else hidden.dot(self._UT)
        scores += self._penalties.take(keys, 0)
        best: list[int] = scores.argmax(1).tolist()
        return best


class FewLanes:
    """Lanes that move together in plain Python, as `Lockstep` does with arrays.

    Args:
        rows, lanes: As far as they have come. The arcs of `rows` are filled in at the
            end.
    """

    def __init__(self, rows: ParserRows, lanes: Lanes, chooser: MoveChooser) -> None:
        self._arrays, self._lanes, self._chooser = rows, lanes, chooser
        self._kinds = chooser.moves.kind_list
        self._rows = lists = rows.to_lists()
        # Bound to names of their own, as that is faster.
        self._below: list[int] = lists.below
        self._after: list[int] = lists.after
        self._left: list[int] = lists.left
        self._right: list[int] = lists.right
        self._older: list[int] = lists.older
        self._head: list[int] = lists.head
        self._move: list[int] = lists.move
        self._flags: list[int] = lists.flags
        self._nexts: list[int] = lists.nexts

    def run(
        self, fronts: list[int], tops: list[int], nexts: list[int], names: list[int]
    ) -> None:
        """Parse until all lanes are over, and write the arcs.

        Args:
            fronts, tops: Of each lane, the front of its buffer and its stack's top.
            nexts, names: The start of the next lane, -1 for none, and its own.
        """
        self._fronts, self._tops, self._next, self._names = fronts, tops, nexts, names
        active = list(range(len(fronts)))
        while active:
            for lane, move in zip(active, self._choose(active), strict=True):
                kind, front, top = self._kinds[move], fronts[lane], tops[lane]
                if front == nexts[lane] and top and kind != REDUCE:
                    self._cancel_next(lane)
                if front or top:
                    self._make(kind, move, lane)
            active = [
                lane
                for lane in active
                if tops[lane] or (fronts[lane] and fronts[lane] != nexts[lane])
            ]
        self._arrays.head[:], self._arrays.move[:] = self._head, self._move

    def _choose(self, active: list[int]) -> list[int]:
        """Return the best move of each lane; only those with a choice are scored."""
        only, place = self._chooser.moves.only, self._places
        moves, keys, places, open_ = [], [], [], []
        for i, lane in enumerate(active):
            front, top = self._fronts[lane], self._tops[lane]
            key = self._key(front, top, lane)
            moves.append(only[key])
            if moves[-1] < 0:
                open_.append(i)
                keys.append(key)
                places += place(front, top)
        if keys:
            found = self._chooser.choose(places, keys)
            for i, move in zip(open_, found, strict=True):
                moves[i] = move
        return moves

    def _key(self, front: int, top: int, lane: int) -> int:
        """Return which moves are valid, as a row of `ArcEager.valid`."""
        key = self._flags[front]
        if top:
            key += MORE if self._below[top] else ONE
        behind = self._after[front]
        if not behind:
            return key + NO_NEXT
        if behind != front + 1:
            return key
        # At the start of the next lane, what that lane has marked is not to be seen.
        is_contested = front == self._next[lane]
        nexts = self._rows.preset_nexts if is_contested else self._nexts
        return key + int(nexts[behind])

    def _places(self, front: int, top: int) -> list[int]:
        """Return the places of the features, in the order of `ParserRows.features`."""
        below, right, left = self._below, self._right, self._left
        o = self._chooser.offsets
        second = below[top]
        places = [
            front + o[0],
            top + o[1],
            left[front] + o[2],
            left[top] + o[3],
            self._after[front] + o[4],
            second + o[5],
            below[second] + o[6],
            right[top] + o[7],
        ]
        if len(o) > 8:
            rest = [right[top], right[second], left[second]]
            rest = [right[second], left[second], *(self._older[row] for row in rest)]
            places += [row + first for row, first in zip(rest, o[8:], strict=True)]
        return places

    def _make(self, kind: int, move: int, lane: int) -> None:
        front, top = self._fronts[lane], self._tops[lane]
        second = self._below[top]
        if kind == LEFT:
            self._right[second] = self._older[top]
            self._head[top], self._move[top] = front, move
            self._older[top] = self._left[front]
            self._left[front] = top
            self._flags[front] &= ~PUT_BACK
            self._tops[lane] = second
        elif kind == REDUCE:
            self._tops[lane] = second
            if second and not self._head[top]:
                self._flags[top] |= PUT_BACK
                self._after[top] = front
                self._fronts[lane] = top
        elif kind == BREAK:
            behind = self._after[front]
            self._flags[behind] |= START
            self._nexts[behind] = 0
        else:
            self._older[front] = self._right[top]
            if kind == RIGHT:
                self._head[front], self._move[front] = top, move
                self._right[top] = front
            self._below[front] = top
            self._tops[lane] = front
            self._fronts[lane] = self._after[front]

    def _cancel_next(self, lane: int) -> None:
        """Undo the next lane, at whose start this one stands with a stack."""
        wrong = self._next[lane]
        name = self._names[lane]
        self._next[lane] = self._lanes.cancel(self._rows, wrong, name)
        if wrong in self._names:
            other = self._names.index(wrong)
            self._fronts[other] = self._tops[other] = 0
            self._next[other] = -1
