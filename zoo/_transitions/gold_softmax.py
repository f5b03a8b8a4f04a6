"""Compare the scores of moves with those that are right, of which there may be some."""

import numpy as np

from .._types import Array

#: A sum of exponentials that is smaller has lost its digits.
TINY = 1e-20


def gold_softmax(scores: Array, is_gold: Array) -> tuple[float, Array]:
    """Return the loss of states and the gradient of their scores.

    The loss of a state is ``-log(sum(P[gold]))``, where P is the softmax of its scores.
    Its gradient is P minus the softmax of the gold scores alone.

    Args:
        scores: Of all moves, valid or not, (n_states, n_moves).
        is_gold: Whether a move is right, (n_states, n_moves); some of each state are.

    Returns:
        The sum of the losses, and the gradient, (n_states, n_moves).
    """
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    sums = exps.sum(axis=1, keepdims=True)
    golds = exps * is_gold
    gold_sums = golds.sum(axis=1, keepdims=True)
    loss = float(np.log(sums).sum(dtype="d"))
    lost = (gold_sums[:, 0] < TINY).nonzero()[0]
    if len(lost):  # All gold scores are far below the best one.
        best = scores[lost].max(axis=1, keepdims=True)
        kept = np.where(is_gold[lost], scores[lost], -np.inf)
        best_gold = kept.max(axis=1, keepdims=True)
        golds[lost] = np.exp(kept - best_gold)
        gold_sums[lost] = golds[lost].sum(axis=1, keepdims=True)
        loss -= float((best_gold - best).sum(dtype="d"))
    loss -= float(np.log(gold_sums).sum(dtype="d"))
    gradient: Array = exps / sums
    gradient -= golds / gold_sums
    return loss, gradient
