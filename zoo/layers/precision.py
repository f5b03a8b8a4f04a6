"""Choose how exactly the matrix products of a prediction are computed on CPU."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

import numpy as np
from threadpoolctl import ThreadpoolController

from ..types import Array
from .maxout_kernel import project
from .torch_lstm import import_torch

Precision = Literal["float32", "bfloat16"]


class _Setting:
    precision: Precision = "float32"


def set_precision(precision: Precision) -> None:
    """Set how exactly the embeddings and window encoders of zoo predict on CPU.

    precision: "float32"; or "bfloat16", for products in PyTorch's bfloat16, of about
        three significant digits. That is faster where the processor has instructions
        for it (AMX, AVX512-BF16) and slower elsewhere. Training stays as it is, and
        so do GPUs.

    Raises ValueError for another one, and ImportError if PyTorch is missing.
    """
    if precision not in ("float32", "bfloat16"):
        raise ValueError(
            f"set_precision: precision must be 'float32' or 'bfloat16', "
            f"got {precision!r}."
        )
    if precision == "bfloat16":
        import_torch("set_precision: bfloat16")
    _Setting.precision = precision


def project_to_predict(X: Array, W: Array) -> Iterable[Array]:
    """Give the pieces of a maxout as `project` does, in the precision that is set."""
    is_exact = _Setting.precision == "float32"
    if is_exact or not isinstance(X, np.ndarray) or X.dtype != np.float32:
        return project(X, W)
    return _project_in_bfloat16(X, W)


def _project_in_bfloat16(X: Any, W: Any) -> Iterable[Array]:
    torch = import_torch()
    nO, nP, nI = W.shape
    by_piece = np.ascontiguousarray(W.transpose(1, 0, 2)).reshape(nP * nO, nI)
    with _one_openmp_thread():
        rows = torch.from_numpy(X).bfloat16()
        weights = torch.from_numpy(by_piece).bfloat16()
        Z = torch.nn.functional.linear(rows, weights).float().numpy()
    return (Z[:, p * nO : (p + 1) * nO] for p in range(nP))


@contextmanager
def _one_openmp_thread() -> Iterator[None]:
    """Hold PyTorch to the calling thread, as `zoo.threads` runs several of them."""
    libraries = _openmp_libraries()
    before = [library.num_threads for library in libraries]
    for library in libraries:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, count in zip(libraries, before, strict=True):
            library.set_num_threads(count)


@cache
def _openmp_libraries() -> list[Any]:
    found = ThreadpoolController().select(user_api="openmp")
    return list(found.lib_controllers)
