"""Pass arrays to PyTorch, without a copy where that is safe."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._optional import import_torch
from ._types import Array


def as_tensor(
    array: Array, *, requires_grad: bool = False, in_place: bool = False
) -> Any:
    """Return a tensor of an array's numbers, on the array's device.

    The tensor shares the array's memory if `can_share` allows it, otherwise it has a
    copy. (Thinc's `xp2torch` moves the array to the device of the thread's ops, which
    may be another one.)

    Args:
        array: A numpy or CuPy array.
        requires_grad: Whether PyTorch computes gradients of the tensor.
        in_place: Whether the tensor will be changed to change the array.

    Raises:
        ValueError: `in_place` is set, and the array's memory cannot be shared.
    """
    is_shared = can_share(array)
    if in_place and not is_shared:
        raise ValueError(
            f"as_tensor: an array that is changed in place must be C-contiguous and "
            f"writeable, got one of shape {array.shape} and strides {array.strides}."
        )
    torch = import_torch("A module of PyTorch")
    array = array if is_shared else own_memory(array)
    is_numpys = isinstance(array, np.ndarray)
    tensor = torch.from_numpy(array) if is_numpys else torch.from_dlpack(array)
    return tensor.requires_grad_(requires_grad)


def as_flat_tensors(arrays: Sequence[Array]) -> list[Any]:
    """Return flat tensors that share the memory of arrays of numpy.

    Args:
        arrays: To be changed in place: C-contiguous, writeable, of native numbers.
    """
    from_numpy = import_torch("A module of PyTorch").from_numpy
    return [from_numpy(array.reshape(-1)) for array in arrays]


def can_share(array: Array) -> bool:
    """Check whether PyTorch can use an array's memory.

    It must be C-contiguous. A numpy array must also be writeable, aligned and in the
    byte order of the machine. PyTorch refuses some other layouts, and ends the process
    on some.
    """
    if isinstance(array, np.ndarray):
        return array.flags.carray and array.dtype.isnative
    return bool(array.flags.c_contiguous)


def own_memory(array: Array) -> Array:
    """Copy an array into memory that PyTorch can use; keep its shape and numbers."""
    copy = array.copy(order="C")
    if isinstance(copy, np.ndarray) and not copy.dtype.isnative:
        copy = copy.astype(copy.dtype.newbyteorder("="))
    return copy
