"""Pass arrays to PyTorch without a copy."""

from typing import Any

import numpy as np

from ._optional import import_torch
from ._types import Array


def as_tensor(array: Array, *, requires_grad: bool = False) -> Any:
    """Return a tensor that shares the memory of an array, on the array's device.

    (Thinc's `xp2torch` moves it to the device of the thread's ops, which may be
    another.) A read-only array is copied, as PyTorch refuses it.
    """
    is_fixed = isinstance(array, np.ndarray) and not array.flags.writeable
    torch = import_torch("A module of PyTorch")
    tensor = torch.from_dlpack(array.copy() if is_fixed else array)
    return tensor.requires_grad_(requires_grad)
