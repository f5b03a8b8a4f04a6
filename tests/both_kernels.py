"""Run a test with numpy alone and with compiled kernels."""

from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from zoo._kernel_choice import _Choice

needs_numba = pytest.mark.skipif(find_spec("numba") is None, reason="needs numba")
PATHS = ["numpy", pytest.param("numba", marks=needs_numba)]


@pytest.fixture(params=PATHS)
def kernels(request, monkeypatch):
    """The name of the kernels in use."""
    monkeypatch.setattr(_Choice, "name", request.param)
    return request.param


@contextmanager
def using(name):
    """Use the kernels of a name inside the block; hypothesis allows no fixture."""
    before, _Choice.name = _Choice.name, name
    try:
        yield
    finally:
        _Choice.name = before
