"""Convert between Thinc's array types and `Array`, which are one at run time.

Thinc's types, such as Floats2d, say how many dimensions an array has, but lack most
methods of numpy. The signatures of layers have Thinc's types, and their code computes
on `Array`.
"""

import math
from typing import Any

import numpy as np
from thinc.api import Model, Ops
from thinc.types import ArrayXd, Ragged

from ._types import Array

#: Bytes of a vector of a kernel. What begins at a multiple is read in half of the time.
ALIGNED = 32

# These functions run often. Assigning to a variable of another type costs nothing,
# where `typing.cast` is one more call.


def as_array(array: ArrayXd | Array) -> Array:
    """Return an array of one of Thinc's types as `Array`."""
    same: Any = array
    converted: Array = same
    return converted


def as_thinc(array: Array) -> Any:
    """Return an array where Thinc expects one of its own types."""
    return array


def as_floats(array: Array) -> Array:
    """Return an array on the host as float32, contiguous, as kernels read it."""
    return np.ascontiguousarray(array, dtype="f")


def empty_aligned(*shape: int) -> Array:
    """Return a float32 array that begins at a multiple of `ALIGNED`, unlike NumPy's."""
    n_bytes = 4 * math.prod(shape)
    memory: Array = np.empty(n_bytes + ALIGNED, dtype=np.uint8)
    start = -memory.ctypes.data % ALIGNED
    array: Array = memory[start : start + n_bytes].view("f").reshape(shape)
    return array


def rows_of(X: Ragged) -> Array:
    """Return the rows of a Ragged; unlike ``X.data``, they keep the width if empty."""
    data: Any = X.dataXd
    rows: Array = data
    return rows


def param_of(model: Model[Any, Any], name: str) -> Array:
    """Return a parameter of a node; raise KeyError if it has no value."""
    value: Any = model.get_param(name)
    parameter: Array = value
    return parameter


def grad_of(model: Model[Any, Any], name: str) -> Array:
    """Return the gradient of a parameter; raise KeyError if it has none."""
    value: Any = model.get_grad(name)
    gradient: Array = value
    return gradient


def on_device(ops: Ops, array: Array) -> Array:
    """Return a numpy array on the device of some ops; on CPU it is the same array."""
    given: Any = array
    moved: Any = ops.asarray(given)
    converted: Array = moved
    return converted
