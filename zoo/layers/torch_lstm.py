"""Run the LSTMs of PyTorch, which is imported only when it is used."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..packages import require
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
    with torch.set_grad_enabled(is_train), _quiet(tokens.is_cuda):
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


@contextmanager
def _quiet(is_on_gpu: bool) -> Iterator[None]:
    """Let cuDNN copy the parameters into one block at each pass without a warning.

    They lie apart, each in an array that Thinc's optimizers may replace.
    """
    if not is_on_gpu:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "RNN module weights are not part of single")
        yield


def as_tensor(array: Array, *, requires_grad: bool = False) -> Any:
    """Make a tensor that shares the memory of an array, on the device where it is.

    (Thinc's `xp2torch` moves it to the device of the thread's ops, which may be
    another.) What may not be written into is copied, as PyTorch refuses it.
    """
    is_fixed = isinstance(array, np.ndarray) and not array.flags.writeable
    tensor = import_torch().from_dlpack(array.copy() if is_fixed else array)
    return tensor.requires_grad_(requires_grad)


def import_torch(user: str = "TorchBiLSTMEncoder") -> Any:
    """Import PyTorch for what is named; ImportError that says how to install it."""
    return require("torch", user, "torch")
