"""Choose the precision of matrix products in predictions on CPU."""

from typing import Literal

import numpy as np

from .._optional import import_torch
from .._tensors import as_tensor
from .._types import Array
from ..threads import one_openmp_thread
from ._maxout import linear_pieces

Precision = Literal["float32", "bfloat16"]


class _Setting:
    precision: Precision = "float32"


def set_precision(precision: Precision) -> None:
    """Set the precision with which embeddings and window encoders predict on CPU.

    Args:
        precision: "float32"; or "bfloat16", for products in PyTorch's bfloat16, of
            about three significant digits. That is faster where the processor has
            instructions for it (AMX, AVX512-BF16) and slower elsewhere. Training stays
            as it is, and so do GPUs.

    Raises:
        ValueError: The precision is neither of the two.
        ImportError: PyTorch is missing.
    """
    if precision not in ("float32", "bfloat16"):
        raise ValueError(
            f"set_precision: precision must be 'float32' or 'bfloat16', "
            f"got {precision!r}."
        )
    if precision == "bfloat16":
        import_torch("set_precision: bfloat16")
    _Setting.precision = precision


def is_exact() -> bool:
    """Check whether predictions are in float32."""
    return _Setting.precision == "float32"


def predict_pieces(X: Array, W: Array) -> Array:
    """Compute maxout pieces as `linear_pieces` does, in the precision that is set."""
    if is_exact() or not isinstance(X, np.ndarray) or X.dtype != np.float32:
        return linear_pieces(X, W)
    return _pieces_in_bfloat16(X, W)


def _pieces_in_bfloat16(X: Array, W: Array) -> Array:
    torch = import_torch("set_precision: bfloat16")
    nO, nP, nI = W.shape
    with one_openmp_thread():
        rows = as_tensor(X).bfloat16()
        weights = as_tensor(W.reshape(nO * nP, nI)).bfloat16()
        Z = torch.nn.functional.linear(rows, weights).float().numpy()
    pieces: Array = Z.reshape(len(X), nO, nP)
    return pieces
