"""Order the tokens of a batch step by step: all first ones, then all second ones."""

import numpy as np

from ..types import Array


def pack(lengths: Array) -> tuple[Array, Array]:
    """Order tokens as PyTorch packs them: all first ones, all second ones, and so on.

    Within these the longest document comes first, so that the documents that have a
    next token are always the first ones of a step. Also gives how many tokens each
    step has.
    """
    starts = np.cumsum(lengths) - lengths
    steps = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    order = np.lexsort((-np.repeat(lengths, lengths), steps))
    return order, np.bincount(steps)
