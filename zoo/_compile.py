"""Compile functions with numba."""

from typing import Any


def kernel(function: Any) -> Any:
    """Compile a function when it is first called, and keep it on disk if possible.

    It runs without Python's lock, and checks no bounds: who calls it checks all shapes.
    Numba looks at the file of the function alone to see whether what is on disk is out
    of date, so that a kernel uses nothing from other files.
    """
    from numba import njit

    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "boundscheck": False,
    }
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # No folder can be written to.
        return njit(**options)(function)
