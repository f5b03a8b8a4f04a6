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
        weights = scorer.weights
        self._penalties, self._rows_of_penalties = weights.derive(
            ("penalties", moves), lambda: _penalties(moves, weights.c)
        )
        self._flat = table.reshape(-1, table.shape[2])
        self._width = table.shape[2]
        self.offsets: list[int] = offsets.tolist()
        self._ones = np.ones(len(self.offsets), "f")
        self._U, self._UT = weights.U, weights.UT

    def choose(self, places: list[int], keys: list[int]) -> list[int]:
        """Return the best valid move of each state.

        Args:
            places: Rows of the flattened table, the features of each state in turn.
            keys: Which moves of each state are valid, rows of `ArcEager.valid`.
        """
        values = self._flat.take(places, 0)
        if len(keys) == 1:  # Vectors are faster than matrices of one row.
            hidden = self._activate(self._ones.dot(values))
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


def _penalties(moves: ArcEager, bias: Array | None) -> tuple[Array, list[Array]]:
    """Return what `ArcEager.penalties` does, and its rows."""
    table = moves.penalties(bias)
    return table, list(table)


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
        self._preset_nexts: list[int] = lists.preset_nexts

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
            self._make(active, self._choose(active))
            active = [
                lane
                for lane in active
                if tops[lane] or (fronts[lane] and fronts[lane] != nexts[lane])
            ]
        self._arrays.head[:], self._arrays.move[:] = self._head, self._move

    def _choose(self, active: list[int]) -> list[int]:
        """Return the best move of each lane; only those with a choice are scored."""
        below, after, flags = self._below, self._after, self._flags
        fronts, tops, next_lanes = self._fronts, self._tops, self._next
        nexts, only = self._nexts, self._chooser.moves.only
        moves: list[int] = []
        keys: list[int] = []
        places: list[int] = []
        open_: list[int] = []
        for i, lane in enumerate(active):
            front, top = fronts[lane], tops[lane]
            second, behind = below[top], after[front]
            # Which moves are valid, as a row of `ArcEager.valid`.
            key = flags[front]
            if top:
                key += MORE if second else ONE
            if not behind:
                key += NO_NEXT
            elif behind == front + 1:
                # What the next lane has marked at its start is not to be seen.
                is_contested = front == next_lanes[lane]
                key += int((self._preset_nexts if is_contested else nexts)[behind])
            move = only[key]
            moves.append(move)
            if move < 0:
                open_.append(i)
                keys.append(key)
                places += self._places(front, top, second, behind)
        if keys:
            found = self._chooser.choose(places, keys)
            for i, move in zip(open_, found, strict=True):
                moves[i] = move
        return moves

    def _places(
        self, front: int, top: int, second: int, behind: int
    ) -> tuple[int, ...]:
        """Return the places of the features, in the order of `ParserRows.features`."""
        left, right = self._left, self._right
        o = self._chooser.offsets
        places = (
            front + o[0],
            top + o[1],
            left[front] + o[2],
            left[top] + o[3],
            behind + o[4],
            second + o[5],
            self._below[second] + o[6],
            right[top] + o[7],
        )
        if len(o) == 8:
            return places
        rest = [right[top], right[second], left[second]]
        rest = [right[second], left[second], *(self._older[row] for row in rest)]
        more = (row + first for row, first in zip(rest, o[8:], strict=True))
        return *places, *more

    def _make(self, active: list[int], moves: list[int]) -> None:
        """Build the move of each lane."""
        below, after, flags, kinds = self._below, self._after, self._flags, self._kinds
        older, heads, labels = self._older, self._head, self._move
        fronts, tops, next_lanes = self._fronts, self._tops, self._next
        for lane, move in zip(active, moves, strict=True):
            kind, front, top = kinds[move], fronts[lane], tops[lane]
            second = below[top]
            if front == next_lanes[lane] and top and kind != REDUCE:
                self._cancel_next(lane)
            if not (front or top):  # Another lane has cancelled this one.
                continue
            if kind == LEFT:
                self._right[second] = older[top]
                heads[top], labels[top] = front, move
                older[top] = self._left[front]
                self._left[front] = top
                flags[front] &= ~PUT_BACK
                tops[lane] = second
            elif kind == REDUCE:
                tops[lane] = second
                if second and not heads[top]:
                    flags[top] |= PUT_BACK
                    after[top] = front
                    fronts[lane] = top
            elif kind == BREAK:
                behind = after[front]
                flags[behind] |= START
                self._nexts[behind] = 0
            else:
                older[front] = self._right[top]
                if kind == RIGHT:
                    heads[front], labels[front] = top, move
                    self._right[top] = front
                below[front] = top
                tops[lane] = front
                fronts[lane] = after[front]

    def _cancel_next(self, lane: int) -> None:
        """Undo the next lane, at whose start this one stands with a stack."""
        wrong = self._next[lane]
        name = self._names[lane]
        self._next[lane] = self._lanes.cancel(self._rows, wrong, name)
        if wrong in self._names:
            other = self._names.index(wrong)
            self._fronts[other] = self._tops[other] = 0
            self._next[other] = -1
