"""Find entities without a step for each word.

Outside of entities, the scores of a word do not depend on what came before. So all
words are scored as if no entity was open, in one product, and only the entities that
would begin are followed word by word, all at once. Those that begin inside of another
are dropped. What is very long is followed only if it is not inside of another.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .._types import Array
from .entity_moves import BEGIN, IN, LAST, UNIT, EntityMoves
from .entity_path import FIRST_WORDS, choose_path
from .scorer import StateScorer


@dataclass(frozen=True)
class EntityLimits:
    """What is known of the words beforehand; all are bool arrays, (n_tokens,).

    Attributes:
        is_space: Whether a word is white space, which begins no entity.
        is_cut: Whether no entity goes on behind a word: its sentence or document ends
            there, or the next word begins an entity that is known.
        is_known: Whether a word is in an entity that is known, and gets no move.
    """

    is_space: Array
    is_cut: Array
    is_known: Array


class FoundEntities(NamedTuple):
    """Entities by tokens of the batch, in order: all are (n_entities,)."""

    starts: Array
    ends: Array  # Behind the last token.
    labels: Array  # Numbers of `EntityMoves.types`.


def find_entities(
    scorer: StateScorer, moves: EntityMoves, limits: EntityLimits
) -> FoundEntities:
    """Find entities by the best valid move at each word; of equal ones, the first.

    Args:
        scorer: Scores the states of all documents.
        moves: What its scores are of.
        limits: What is known of the words.

    Returns:
        The entities that are found, without those that are known.
    """
    if not len(scorer.vectors):
        none = np.zeros(0, np.intp)
        return FoundEntities(none, none, none)
    first = scorer.feature(0, slice(None))
    best = _choose_outside(scorer, moves, limits, first)
    kinds, labels = moves.kinds[best], moves.type_of[best]
    ends = np.zeros(len(best), np.intp)
    units = (kinds == UNIT).nonzero()[0]
    ends[units] = units + 1

    def follow(starts: Array, n_words: int) -> None:
        entities = OpenEntities(scorer, moves, first, starts, labels[starts])
        _follow(entities, limits.is_cut, ends, n_words)

    begins = (kinds == BEGIN).nonzero()[0]
    follow(begins, FIRST_WORDS)
    candidates = ((kinds == BEGIN) | (kinds == UNIT)).nonzero()[0]
    owners = np.searchsorted(np.cumsum(scorer.lengths), candidates, side="right")
    places, documents = candidates.tolist(), owners.tolist()
    while True:
        path = choose_path(places, ends[candidates].tolist(), documents)
        if not path.open:
            break
        follow(candidates[path.open], len(best))
    starts = candidates[path.kept]
    return FoundEntities(starts, ends[starts], labels[starts])


def _choose_outside(
    scorer: StateScorer, moves: EntityMoves, limits: EntityLimits, first: Array
) -> Array:
    """Return the best move of each word while no entity is open: (n_tokens,)."""
    weights, outer = scorer.weights, moves.outer
    hidden = scorer.activate(first + weights.rest[1])
    output = weights.derive(("outer", moves), lambda: _outer_layer(scorer, moves))
    if output is None:
        scores = hidden[:, outer]
    else:
        scores = hidden @ output[0]
        scores += output[1]
    none = np.float32(-np.inf)
    cut = (limits.is_cut | limits.is_space).nonzero()[0]
    scores[cut[:, None], moves.outer_begins] = none
    spaces = limits.is_space.nonzero()[0]
    if len(spaces):
        scores[spaces[:, None], moves.outer_units] = none
    best: Array = outer[scores.argmax(1)]
    best[limits.is_known] = moves.out
    return best


def _outer_layer(scorer: StateScorer, moves: EntityMoves) -> tuple[Array, Array] | None:
    """Return the weights and the bias of the moves that are possible outside."""
    U, c = scorer.weights.U, scorer.weights.c
    if U is None or c is None:
        return None
    return np.ascontiguousarray(U[moves.outer].T), c[moves.outer]


class OpenEntities:
    """The scores of going on with entities that are open, or of ending them.

    Args:
        first: What tokens add as the first feature, (n_tokens, D).
        starts: Their first tokens, (n_open,).
        labels: Their labels, numbers of `EntityMoves.types`, (n_open,).
    """

    def __init__(
        self,
        scorer: StateScorer,
        moves: EntityMoves,
        first: Array,
        starts: Array,
        labels: Array,
    ) -> None:
        self._scorer, self._first = scorer, first
        self._is_long = scorer.n_features > 3
        weights = scorer.weights
        goes_on, ends = moves.by_label[labels, IN], moves.by_label[labels, LAST]
        self.starts, self.here = starts, starts + 1
        # Of equal scores, that of the move which comes first counts.
        self._on_wins = goes_on < ends
        self._moves = goes_on, ends
        self._n_seen = 1
        # The features of the entity so far, and what stands for those to come.
        self._fixed = scorer.feature(1, starts)
        self._rest = weights.rest[2]

    def __len__(self) -> int:
        return len(self.starts)

    def hidden(self) -> Array:
        """Return the hidden vectors of the states, (n_open, nH)."""
        sums = self._first[self.here] + self._fixed
        if self._is_long:
            sums += self._rest
        else:
            sums += self._scorer.feature(2, self.here - 1)
            sums += self._scorer.weights.b
        return self._scorer.activate(sums)

    def goes_on(self) -> Array:
        """Return whether each would rather go on than end at its word: (n_open,)."""
        hidden, weights = self.hidden(), self._scorer.weights
        on, end = self._moves
        if weights.U is None or weights.c is None:
            rows = np.arange(len(hidden))
            score_on, score_end = hidden[rows, on], hidden[rows, end]
        else:
            score_on = np.einsum("ij,ij->i", hidden, weights.U[on]) + weights.c[on]
            score_end = np.einsum("ij,ij->i", hidden, weights.U[end]) + weights.c[end]
        is_tied = (score_on == score_end) & self._on_wins
        is_better: Array = (score_on > score_end) | is_tied
        return is_better

    def advance(self, kept: Array) -> None:
        """Go to the next word with some of them: (n_open,) bool."""
        weights = self._scorer.weights
        self.starts, self.here = self.starts[kept], self.here[kept] + 1
        self._fixed, self._on_wins = self._fixed[kept], self._on_wins[kept]
        self._moves = self._moves[0][kept], self._moves[1][kept]
        self._n_seen += 1
        if self._is_long and self._n_seen < self._scorer.n_features:
            seen = self._n_seen
            self._fixed += self._scorer.feature(seen, self.starts + seen - 1)
            self._rest = weights.rest[seen + 1]


def _follow(entities: OpenEntities, is_cut: Array, ends: Array, n_words: int) -> None:
    """Write where entities end, of at most so many words, to their first tokens."""
    for _ in range(n_words):
        if not len(entities):
            break
        here = entities.here
        stays = entities.goes_on() & ~is_cut[here]
        over = ~stays
        ends[entities.starts[over]] = here[over] + 1
        entities.advance(stays)
