"""Compile functions with numba."""

from typing import Any


def kernel(function: Any, **options: Any) -> Any:
    """Compile a function when it is first called, and keep it on disk if possible.

    It runs without Python's lock, and checks no bounds: who calls it checks all shapes.
    Numba looks at the file of the function alone to see whether what is on disk is out
    of date, so that a kernel uses nothing from other files.

    Args:
        function: The function.
        options: More options of numba.
    """
    from numba import njit

    options = {"nogil": True, "error_model": "numpy", "boundscheck": False} | options
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # No folder can be written to.
        return njit(**options)(function)
