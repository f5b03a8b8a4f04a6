"""Parse all documents of a batch together, a move of each at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._types import Array
from .arc_eager import BREAK, REDUCE, ArcEager
from .few_lanes import FewLanes, MoveChooser
from .lanes import Lanes
from .parser_rows import ORDERS, ParserRows
from .scorer import StateScorer, StepBuffers


@dataclass(frozen=True)
class Effort:
    """How the work is split up; the result does not depend on it.

    Attributes:
        width: Lanes that move together, at most.
        few: Lanes that are left to plain Python, at most. It is faster with few of
            them.
        interval: Steps after which lanes that are over make room for others.
    """

    width: int = 256
    few: int = 32
    interval: int = 4


DEFAULT_EFFORT = Effort()


def parse(
    scorer: StateScorer,
    moves: ArcEager,
    *,
    presets: Array | None = None,
    guesses: Sequence[int] | Array = (),
    effort: Effort = DEFAULT_EFFORT,
) -> tuple[Array, Array]:
    """Parse documents by the best valid move of each state; of equal ones, the first.

    Args:
        scorer: Scores the states of all documents.
        moves: What its scores are of.
        presets: What is known of sentence starts, as in `ParserRows`.
        guesses: Rows inside documents to start at too, as `guess_starts` returns
            them. The result does not depend on them.
        effort: How the work is split up.

    Returns:
        For each row, (n_tokens + 1,), the row of its head, 0 for a root, and the move
        that made the arc.
    """
    rows = ParserRows(scorer.lengths, presets)
    lanes = Lanes(rows, guesses)
    if 0 < len(lanes) <= effort.few:
        finish(scorer, moves, rows, lanes, scorer.table())
    elif len(lanes):
        Lockstep(scorer, moves, rows, lanes, effort).run()
    return rows.head, rows.move


def finish(
    scorer: StateScorer,
    moves: ArcEager,
    rows: ParserRows,
    lanes: Lanes,
    table: Array,
    states: tuple[Array, Array, Array, Array] | None = None,
) -> None:
    """Parse the last few lanes in plain Python.

    Args:
        scorer: Scores the states of all documents.
        moves: What its scores are of.
        rows: What the lanes have written.
        lanes: All lanes.
        table: As `StateScorer.table` returns it.
        states: The front, the top, the next lane and the name of each lane that is
            left. None: no lane has begun.
    """
    if states is None:
        states = lanes.fronts, np.zeros_like(lanes.fronts), lanes.nexts, lanes.starts
    offsets = row_offsets(scorer, table)
    few = FewLanes(rows, lanes, MoveChooser(scorer, moves, table, offsets))
    few.run(*(column.tolist() for column in states))


def row_offsets(scorer: StateScorer, table: Array) -> Array:
    """Return the first row of each feature in the flattened table, in their order."""
    firsts: Array = np.array(ORDERS[scorer.n_features], np.intp) * table.shape[1]
    return firsts


class Lockstep:
    """Lanes that move together: for each, the front of its buffer and its stack's top.

    A lane is over when both are 0, and its further moves do nothing then.
    """

    def __init__(
        self,
        scorer: StateScorer,
        moves: ArcEager,
        rows: ParserRows,
        lanes: Lanes,
        effort: Effort,
    ) -> None:
        self._scorer, self._moves, self._rows = scorer, moves, rows
        self._lanes, self._effort = lanes, effort
        self._table = scorer.table()
        offsets = row_offsets(scorer, self._table)
        self._penalties = moves.penalties(scorer.weights.c)
        self._n_begun = n = min(effort.width, len(lanes))
        self._buffers = StepBuffers(scorer, self._table, offsets, n)
        self._names, self._nexts = lanes.starts[:n], lanes.nexts[:n].copy()
        #: Lanes that stand at the start of the next one with words on their stacks.
        self._contested: Array | None = None
        self._load(lanes.fronts[:n], np.zeros(n, np.intp))

    def run(self) -> None:
        """Parse until all lanes are over."""
        step, interval = 0, self._effort.interval
        while True:
            if step % interval == 0:
                if step:
                    self._refill()
                n = len(self._nexts)
                all_begun = self._n_begun == len(self._lanes)
                if n == 0 or (n <= self._effort.few and all_begun):
                    break
            step += 1
            self._step()
        if n:
            self._finish()

    def _load(self, fronts: Array, tops: Array) -> None:
        """Continue with lanes of these fronts and tops."""
        self._buffers.fit(len(fronts))
        features = self._features = self._buffers.rows
        features[0], features[1] = fronts, tops

    def _refill(self) -> None:
        """Drop the lanes that are over, and begin others."""
        features, lanes = self._features, self._lanes
        kept = (features[0] | features[1]).nonzero()[0]
        n_new = min(self._effort.width - len(kept), len(lanes) - self._n_begun)
        new = slice(self._n_begun, self._n_begun + n_new)
        self._n_begun += n_new
        none = np.zeros(n_new, np.intp)
        fronts = np.concatenate([features[0].take(kept), lanes.fronts[new]])
        tops = np.concatenate([features[1].take(kept), none])
        self._nexts = np.concatenate([self._nexts.take(kept), lanes.nexts[new]])
        self._names = np.concatenate([self._names.take(kept), lanes.starts[new]])
        if self._contested is not None:
            still = self._contested.take(kept)
            self._contested = np.concatenate([still, none.astype(bool)])
        self._load(fronts, tops)

    def _step(self) -> None:
        """Build the best move of each lane."""
        features, rows = self._features, self._rows
        rows.features(features)
        scores = self._buffers.score()
        keys = rows.keys(features)
        if self._contested is not None:
            # The next lane may have marked its second word, which is not to be seen.
            few = self._contested.nonzero()[0]
            keys[few] = rows.preset_keys(features[:, few])
        scores += self._penalties.take(keys, 0)
        moves = scores.argmax(1)
        kinds = self._moves.kinds.take(moves)
        if self._contested is not None:
            self._settle(few, kinds)
        rows.apply(features, kinds, moves)
        if self._lanes.are_cut:
            self._join()

    def _join(self) -> None:
        """End the lanes that come by the start of the next with an empty stack."""
        fronts, tops = self._features[0], self._features[1]
        at_next = fronts == self._nexts
        self._contested = None
        if at_next.any():
            over = (at_next & (tops == 0)).nonzero()[0]
            fronts[over] = 0
            at_next[over] = False
            if at_next.any():
                self._contested = at_next

    def _settle(self, contested: Array, kinds: Array) -> None:
        """Cancel lanes that others run into with words on their stacks.

        Args:
            contested: The lanes that stand at the start of the next one.
            kinds: The kind of each lane's move, which changes for cancelled lanes.
        """
        features, lanes = self._features, self._lanes
        for lane in contested[kinds[contested] != REDUCE].tolist():
            wrong = int(self._nexts[lane])
            if wrong < 0:  # This lane was cancelled itself in this step.
                continue
            behind = lanes.cancel(self._rows, wrong, int(self._names[lane]))
            stopped = (self._names == wrong).nonzero()[0]
            features[:, stopped] = 0
            kinds[stopped] = BREAK  # Of row 0, which does nothing.
            self._nexts[stopped] = -1
            waiting = lanes.fronts[self._n_begun :]
            waiting[lanes.starts[self._n_begun :] == wrong] = 0
            self._nexts[lane] = behind

    def _finish(self) -> None:
        fronts, tops = self._features[:2]
        states = fronts, tops, self._nexts, self._names
        finish(self._scorer, self._moves, self._rows, self._lanes, self._table, states)
