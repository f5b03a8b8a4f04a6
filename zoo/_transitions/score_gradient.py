"""Carry the gradient of the scores of states back to weights and token vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .._types import Array
from .scorer import ScorerWeights


class ScoredStates(NamedTuple):
    """What is left of the forward pass of some states, for the backward pass.

    rows: The features of each state, rows of the table, (n_features, n_states).
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

    steps: Some states at a time, with the gradient of their scores, (n_states, nO).
    """

    steps: Sequence[tuple[ScoredStates, Array]]


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
    states, d_scores = _join(gradient.steps)
    d_hidden, dU, dc = d_scores, None, None
    if weights.U is not None:
        dU, dc = d_scores.T @ states.hidden, d_scores.sum(axis=0)
        d_hidden = d_scores @ weights.U
    if states.mask is not None:
        d_hidden = d_hidden * states.mask
    d_sums = _backprop_pieces(d_hidden, states.winners, weights.nP)
    dW, d_pad = np.zeros_like(weights.W), np.zeros_like(weights.pad)
    d_vectors = np.zeros_like(vectors)
    for f, rows in enumerate(states.rows):
        used, sums = _sum_by_row(rows, d_sums)
        if used[0] == 0:
            d_pad[f], used, sums = sums[0], used[1:], sums[1:]
        tokens = used - 1
        np.matmul(vectors[tokens].T, sums, out=dW[f])
        d_vectors[tokens] += sums @ weights.W[f].T
    if last_for_missing:
        dW += vectors[-1][:, None] * d_pad[:, None]
    return WeightGradients(dW, d_sums.sum(axis=0), d_pad, dU, dc, d_vectors)


def _no_gradients(weights: ScorerWeights, vectors: Array) -> WeightGradients:
    W, b, pad = (np.zeros_like(a) for a in (weights.W, weights.b, weights.pad))
    dU, dc = (None if a is None else np.zeros_like(a) for a in (weights.U, weights.c))
    return WeightGradients(W, b, pad, dU, dc, np.zeros_like(vectors))


def _join(steps: Sequence[tuple[ScoredStates, Array]]) -> tuple[ScoredStates, Array]:
    """Join the states of all steps."""
    rows, hidden, winners, masks = zip(*(states for states, _ in steps), strict=True)
    joined = ScoredStates(
        np.concatenate(rows, axis=1),
        np.concatenate(hidden),
        np.concatenate(winners),
        None if masks[0] is None else np.concatenate(masks),
    )
    return joined, np.concatenate([part for _, part in steps])


def _backprop_pieces(d_hidden: Array, winners: Array, nP: int) -> Array:
    """Return the gradient of the pieces, (n_states, nP * nH)."""
    n_states, nH = d_hidden.shape
    d_sums = np.empty((n_states, nP, nH), d_hidden.dtype)
    for p in range(nP):
        np.multiply(d_hidden, winners == p, out=d_sums[:, p])
    return d_sums.reshape(n_states, nP * nH)


def _sum_by_row(rows: Array, values: Array) -> tuple[Array, Array]:
    """Return each row once, in order, and the sum of its values."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    is_first = np.ones(len(rows), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    firsts = is_first.nonzero()[0]
    return ordered[firsts], np.add.reduceat(values.take(order, 0), firsts, axis=0)
