"""Compute the cross-entropy of labels of tokens, of which some are unknown."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from thinc.api import Ops
from thinc.types import Floats2d

from .._arrays import on_device, rows_of
from ..layers._ragged import with_data
from ..layers.containers import join, join_rows, split
from .objective import Loss

#: Stands for a label that is not known, which adds nothing.
MISSING = -1


def cross_entropy(
    ops: Ops, scores: list[Floats2d], truth: NDArray[Any], *, smoothing: float = 0.0
) -> Loss:
    """Compare probabilities with the right labels of tokens.

    The gradient is ``scores - truth``, summed over tokens as in spaCy.

    Args:
        ops: Where to compute.
        scores: (n_tokens, n_labels) per document.
        truth: The number of each token's label, or MISSING: (n_tokens,) of all.
        smoothing: Share of the truth that is spread over the other labels, 0 to 1.
    """
    flat = join(ops, scores)
    P = rows_of(flat)
    known = np.flatnonzero(truth != MISSING)
    rows, columns = on_device(ops, known), on_device(ops, truth[known])
    n_labels = P.shape[1]
    # A label that is alone has no other to share the truth with.
    smooth = smoothing / (n_labels - 1) if n_labels > 1 else 0.0
    right = 1.0 - smooth * (n_labels - 1)
    found, tiny = P[rows, columns], np.finfo("f").tiny
    if len(known) < len(P):
        gradient = ops.xp.zeros_like(P)
        P = P[rows]
        gradient[rows] = P - smooth
    else:  # Nothing needs to be left out.
        gradient = P - smooth
    gradient[rows, columns] = found - right
    total = -(right - smooth) * ops.xp.log(found + tiny).sum()
    if smooth:
        total -= smooth * ops.xp.log(P + tiny).sum()
    return Loss(total, len(known), split(with_data(flat, gradient)))


def best_labels(
    ops: Ops, scores: list[Floats2d], n_labels: int, sizes: Sequence[int]
) -> list[list[int]]:
    """Return the number of the best label of each token, per document."""
    flat = join_rows(ops, scores, n_labels)
    best = ops.to_numpy(flat.argmax(axis=1)).tolist() if flat.size else []
    if len(sizes) == 1:
        return [best]
    rest = iter(best)
    return [[*islice(rest, size)] for size in sizes]


def as_truth(parts: Sequence[Sequence[int]]) -> NDArray[Any]:
    """Lay the labels of documents end to end, (n_tokens,)."""
    return np.array([*chain.from_iterable(parts)], "i8")
