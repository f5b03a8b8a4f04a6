"""Score states in training: with dropout, and with what the gradient needs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._random_masks import MaskSource
from .._types import Array
from .score_gradient import ScoredStates, ScoreGradient
from .scorer import StateScorer

#: States for which masks are drawn at a time.
N_MASKS = 1024


class Learned(NamedTuple):
    """What a batch has to teach.

    Attributes:
        loss: Summed over the states, in nats.
        n_states: How many there were.
        gradient: Of their scores.
    """

    loss: float
    n_states: int
    gradient: ScoreGradient


class TrainingSteps:
    """Score states step by step, and collect the gradients of their scores.

    Args:
        scorer: Of all documents.
        order: The number of each feature of the states among those of the model.
    """

    def __init__(self, scorer: StateScorer, order: Sequence[int]) -> None:
        self._scorer = scorer
        table = scorer.table()
        n_features, n_rows, width = table.shape
        self.n_features = n_features
        self._flat = table.reshape(-1, width)
        self._order = order
        self._offsets = np.array(order, np.intp)[:, None] * n_rows
        self._ones = np.ones(n_features, table.dtype)
        self._source = MaskSource() if 0 < scorer.dropout < 1 else None
        self._masks = np.empty((0, 0), table.dtype)
        self._steps: list[tuple[ScoredStates, Array]] = []

    def score(self, features: Array) -> tuple[Array, ScoredStates]:
        """Return the scores of states, (n_states, nO), and what their gradient needs.

        Args:
            features: Rows of tokens, (n_features, n_states), in the order of `order`.
        """
        (n_features, n), width = features.shape, self._flat.shape[1]
        values = self._flat.take((features + self._offsets).reshape(-1), 0)
        sums = self._ones.dot(values.reshape(n_features, n * width)).reshape(n, width)
        hidden, winners = self._activate(sums)
        weights = self._scorer.weights
        mask = self._draw_mask(n, hidden.shape[1]) if self._scorer.dropout else None
        if mask is not None:
            hidden *= mask
        scores = hidden
        if weights.U is not None and weights.c is not None:
            scores = hidden @ weights.U.T
            scores += weights.c
        return scores, ScoredStates(features, hidden, winners, mask)

    def add(self, states: ScoredStates, d_scores: Array) -> None:
        """Keep the gradient of the scores of states, (n_states, nO)."""
        self._steps.append((states, d_scores))

    @property
    def gradient(self) -> ScoreGradient:
        """What has been kept."""
        return ScoreGradient(self._steps, self._order)

    def _activate(self, sums: Array) -> tuple[Array, Array]:
        """Return hidden vectors, and which piece each number of them is from."""
        weights = self._scorer.weights
        nP = weights.nP
        nH = sums.shape[1] // nP
        pieces = [sums[:, start : start + nH] for start in range(0, nP * nH, nH)]
        if nP == 1:
            winners = np.where(sums > 0, 0, -1) if weights.is_rectified else sums * 0
            return self._scorer.activate(sums), winners.astype("i1")
        hidden, winners = pieces[0], np.zeros(pieces[0].shape, "i1")
        for number, piece in enumerate(pieces[1:], start=1):
            winners[piece > hidden] = number  # Of equal pieces, the first wins.
            hidden = np.maximum(hidden, piece)
        return hidden, winners

    def _draw_mask(self, n: int, width: int) -> Array:
        """Return a mask of dropout for n states, of those that were drawn at once."""
        if len(self._masks) < n:
            self._masks = self._draw_masks(max(n, N_MASKS), width)
        mask, self._masks = self._masks[:n], self._masks[n:]
        return mask

    def _draw_masks(self, n: int, width: int) -> Array:
        if self._source is None:
            return np.zeros((n, width), self._flat.dtype)
        masks = self._source.draw((n, width), self._scorer.dropout)
        return masks.astype(self._flat.dtype, copy=False)


def draw_cut(size: int) -> int:
    """Draw how many moves in a row are learned from: half to twice the size.

    0 stays 0. The number is of NumPy's random state.
    """
    return int(np.random.uniform(size // 2, size * 2)) if size else 0
