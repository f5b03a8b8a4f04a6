"""Run the LSTMs of PyTorch, which is imported only when it is used."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..types import Array


def run_lstms(
    inputs: Sequence[Any], counts: Array, depth: int, dropout: float, is_train: bool
) -> Any:
    """Run LSTMs both ways on packed tokens, by PyTorch's kernel, and give its output.

    inputs: The tokens and all parameters, in PyTorch's order, as its tensors.
    counts: How many documents have a first token, a second one, and so on.
    """
    torch = import_torch()
    tokens, *parameters = inputs
    width = tokens.shape[1]
    start = tokens.new_zeros((2 * depth, int(counts[0]), width // 2))
    has_biases = is_bidirectional = True
    with torch.set_grad_enabled(is_train):
        outputs, _, _ = torch.lstm(
            tokens,
            torch.from_numpy(counts),
            (start, start),
            parameters,
            has_biases,
            depth,
            dropout,
            is_train,
            is_bidirectional,
        )
    return outputs


def pack(lengths: Array) -> tuple[Array, Array]:
    """Order tokens as PyTorch packs them: all first ones, all second ones, and so on.

    Within these the longest document comes first. Also gives how many of each there
    are.
    """
    starts = np.cumsum(lengths) - lengths
    steps = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    order = np.lexsort((-np.repeat(lengths, lengths), steps))
    return order, np.bincount(steps)


def writable(array: Array) -> Array:
    """Copy what may not be written into, as PyTorch refuses it."""
    is_fixed = isinstance(array, np.ndarray) and not array.flags.writeable
    return array.copy() if is_fixed else array


def import_torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "TorchBiLSTMEncoder: needs PyTorch, which is not installed. Install it "
            "with `pip install thinc-zoo[torch]`."
        ) from error
    return torch
