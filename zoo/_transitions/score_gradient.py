"""Carry the gradient of the scores of states back to weights and token vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from thinc.api import NumpyOps

from .._arrays import as_thinc
from .._types import Array
from .scorer import ScorerWeights

OPS = NumpyOps()


class ScoredStates(NamedTuple):
    """What is left of the forward pass of some states, for the backward pass.

    Attributes:
        rows: The features of each state, rows of the table, (n_features, n_states), in
            the order in which the states list them.
        hidden: Their hidden vectors, after dropout, (n_states, nH).
        winners: The piece of maxout that each number is from, -1 if ReLU made it zero,
            (n_states, nH).
        mask: What dropout multiplied by, (n_states, nH), or None for no dropout.
    """

    rows: Array
    hidden: Array
    winners: Array
    mask: Array | None

    def take(self, chosen: Array) -> "ScoredStates":
        """Return some of the states, (n_chosen,)."""
        mask = None if self.mask is None else self.mask[chosen]
        rows = self.rows[:, chosen]
        return ScoredStates(rows, self.hidden[chosen], self.winners[chosen], mask)


@dataclass(frozen=True)
class ScoreGradient:
    """The gradient of the scores of states: what a `TransitionModel` takes back.

    Attributes:
        steps: Some states at a time, with the gradient of their scores, (n_states, nO).
        order: The number of each feature of the states among those of the model.
    """

    steps: Sequence[tuple[ScoredStates, Array]]
    order: Sequence[int] = ()


class WeightGradients(NamedTuple):
    """The gradients of `ScorerWeights`, in the same shapes, and of the vectors."""

    W: Array
    b: Array
    pad: Array
    U: Array | None
    c: Array | None
    vectors: Array


def backprop_scores(
    weights: ScorerWeights,
    vectors: Array,
    gradient: ScoreGradient,
    *,
    last_for_missing: bool = False,
) -> WeightGradients:
    """Return the gradients of weights and token vectors, summed over all states.

    Args:
        weights: With which the states were scored.
        vectors: Of the tokens, (n_tokens, nI).
        gradient: Of the scores.
        last_for_missing: Whether the last token of the batch stands for features that
            have none, in the gradient of W alone. spaCy has it so, and it is wrong.
    """
    if not gradient.steps:
        return _no_gradients(weights, vectors)
    parts, scores = zip(*gradient.steps, strict=True)
    states, d_scores = join_states(parts), np.concatenate(scores)
    d_hidden, dU, dc = d_scores, None, None
    if weights.U is not None:
        dU, dc = d_scores.T @ states.hidden, d_scores.sum(axis=0)
        d_hidden = d_scores @ weights.U
    if states.mask is not None:
        d_hidden = d_hidden * states.mask
    d_sums = _backprop_pieces(d_hidden, states.winners, weights.nP)
    dW, d_pad = np.zeros_like(weights.W), np.zeros_like(weights.pad)
    d_vectors = np.zeros_like(vectors)
    # The fast way to add is for such rows alone.
    features = states.rows.astype("i4", order="C")
    for f, rows in zip(gradient.order, features, strict=True):
        d_table = np.zeros((len(vectors) + 1, d_sums.shape[1]), d_sums.dtype)
        OPS.scatter_add(as_thinc(d_table), as_thinc(rows), as_thinc(d_sums))
        d_pad[f] = d_table[0]
        # Some features have a token in few states alone.
        used = np.bincount(rows, minlength=len(d_table))[1:].nonzero()[0]
        d_used = d_table[used + 1]
        np.matmul(vectors[used].T, d_used, out=dW[f])
        d_vectors[used] += d_used @ weights.W[f].T
    if last_for_missing:
        dW += vectors[-1][:, None] * d_pad[:, None]
    return WeightGradients(dW, d_sums.sum(axis=0), d_pad, dU, dc, d_vectors)


def _no_gradients(weights: ScorerWeights, vectors: Array) -> WeightGradients:
    W, b, pad = (np.zeros_like(a) for a in (weights.W, weights.b, weights.pad))
    dU, dc = (None if a is None else np.zeros_like(a) for a in (weights.U, weights.c))
    return WeightGradients(W, b, pad, dU, dc, np.zeros_like(vectors))


def join_states(parts: Sequence[ScoredStates]) -> ScoredStates:
    """Join some states, of which there is one part or more."""
    if len(parts) == 1:
        return parts[0]
    rows, hidden, winners, masks = zip(*parts, strict=True)
    return ScoredStates(
        np.concatenate(rows, axis=1),
        np.concatenate(hidden),
        np.concatenate(winners),
        None if masks[0] is None else np.concatenate(masks),
    )


def _backprop_pieces(d_hidden: Array, winners: Array, nP: int) -> Array:
    """Return the gradient of the pieces, (n_states, nP * nH)."""
    n_states, nH = d_hidden.shape
    d_sums = np.empty((n_states, nP, nH), d_hidden.dtype)
    for p in range(nP):
        np.multiply(d_hidden, winners == p, out=d_sums[:, p])
    return d_sums.reshape(n_states, nP * nH)
