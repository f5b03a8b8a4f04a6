"""Pick and order parts of arrays that hold sequences one after another."""

import numpy as np

from ..types import Array


def ranges(starts: Array, lengths: Array) -> Array:
    """Join ``range(start, start + length)`` of each pair."""
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    return np.arange(total) + np.repeat(starts - (ends - lengths), lengths)


def gather(data: Array, lengths: Array, which: Array) -> Array:
    """Join the chosen sequences of an array that holds all of them, one by one."""
    starts = np.cumsum(lengths) - lengths
    return data[ranges(starts[which], lengths[which])]
