"""Score states in training: with dropout, and with what the gradient needs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._random_masks import MaskSource
from .._types import Array
from .score_gradient import ScoredStates, ScoreGradient
from .scorer import ScorerWeights, StateScorer

#: States for which masks are drawn at a time: a multiple of 4, so that a state has the
#: same mask however many are drawn.
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
        #: What each token adds as each feature, and the first row of each feature.
        self.flat = table.reshape(-1, width)
        self.offsets: Array = np.array(order, np.intp) * n_rows
        self._order = order
        self._ones = np.ones(n_features, table.dtype)
        self._source = MaskSource() if 0 < scorer.dropout < 1 else None
        self._masks = np.empty((0, 0), table.dtype)
        self._steps: list[tuple[ScoredStates, Array]] = []

    @property
    def weights(self) -> ScorerWeights:
        """What states are scored with."""
        return self._scorer.weights

    def score(self, features: Array) -> tuple[Array, ScoredStates]:
        """Return the scores of states, (n_states, nO), and what their gradient needs.

        Args:
            features: Rows of tokens, (n_features, n_states), in the order of `order`.
        """
        (n_features, n), width = features.shape, self.flat.shape[1]
        values = self.flat.take((features + self.offsets[:, None]).reshape(-1), 0)
        sums = self._ones.dot(values.reshape(n_features, n * width)).reshape(n, width)
        hidden, winners = self._activate(sums)
        weights = self.weights
        mask = self.masks(n)
        if mask is not None:
            hidden *= mask
            self.use_masks(n)
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
        weights = self.weights
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

    def masks(self, n: int) -> Array | None:
        """Return masks of dropout for the next n states, or None for no dropout."""
        if not self._scorer.dropout:
            return None
        width = self.flat.shape[1] // self.weights.nP
        if len(self._masks) < n:
            missing = -(-(n - len(self._masks)) // N_MASKS) * N_MASKS
            drawn = self._draw_masks(missing, width)
            kept = self._masks
            self._masks = np.concatenate([kept, drawn]) if len(kept) else drawn
        return self._masks[:n]

    def use_masks(self, n: int) -> None:
        """Go on to the states behind the next n."""
        self._masks = self._masks[n:]

    def _draw_masks(self, n: int, width: int) -> Array:
        if self._source is None:
            return np.zeros((n, width), self.flat.dtype)
        masks = self._source.draw((n, width), self._scorer.dropout)
        return masks.astype(self.flat.dtype, copy=False)


def draw_cut(size: int) -> int:
    """Draw how many moves in a row are learned from: half to twice the size.

    0 stays 0. The number is of NumPy's random state.
    """
    return int(np.random.uniform(size // 2, size * 2)) if size else 0
