"""Choose kernels, and compile them once."""

import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.both_kernels import needs_numba
from zoo import _call_adam, _kernel_choice
from zoo._cli.warmup import warmup
from zoo._kernel_choice import Kernels, _Choice, kernels_name


@pytest.fixture
def unchosen(monkeypatch):
    monkeypatch.setattr(_Choice, "name", None)
    return monkeypatch


def test_variable_chooses_the_kernels(unchosen):
    unchosen.setenv("ZOO_KERNELS", "numpy")
    assert kernels_name() == "numpy"
    unchosen.setattr(_Choice, "name", None)
    unchosen.setenv("ZOO_KERNELS", "fortran")
    with pytest.raises(ValueError, match="must be 'numpy' or 'numba', got 'fortran'"):
        kernels_name()


def test_kernels_that_are_missing_are_an_error_only_if_they_were_chosen(unchosen):
    unchosen.setitem(sys.modules, "numba", None)
    unchosen.setattr(_kernel_choice, "find_spec", lambda name: None)
    unchosen.setenv("ZOO_KERNELS", "numba")
    with pytest.raises(ImportError, match=r"pip install thinc-zoo\[numba\]"):
        kernels_name()
    unchosen.delenv("ZOO_KERNELS")
    assert kernels_name() == "numpy"


@needs_numba
def test_compilation_is_announced_once(monkeypatch, capsys):
    known, runs = _call_adam.KERNELS.load(), []
    kernels = Kernels("a test", "step", "zoo._adam_kernel", lambda: runs.append(1))
    capsys.readouterr()
    monkeypatch.setattr(kernels, "_is_compiled", lambda module: False)
    assert kernels.load() is kernels.load() is known
    assert len(runs) == 1
    err = capsys.readouterr().err
    assert err.count("zoo: compiling kernels with numba, once, for a test ...") == 1


@needs_numba
def test_compiled_kernels_are_loaded_without_a_word(capsys):
    known, runs = _call_adam.KERNELS.load(), []
    if not known.step.stats.cache_path:
        pytest.skip("no folder for compiled kernels can be written to")
    kernels = Kernels("a test", "step", "zoo._adam_kernel", lambda: runs.append(1))
    capsys.readouterr()
    assert kernels.load() is known
    assert (runs, capsys.readouterr().err) == ([], "")


@needs_numba
def test_a_file_with_a_new_time_and_the_old_content_is_announced_once(tmp_path, capsys):
    source, index = tmp_path / "fast.py", tmp_path / "fast.step-1.py311.nbi"
    source.touch()
    index.touch()
    os.utime(index, (0, 0))
    stats = SimpleNamespace(cache_path=str(tmp_path))
    module = SimpleNamespace(__file__=str(source), step=SimpleNamespace(stats=stats))
    found = []
    for _ in range(2):
        kernels = Kernels("a test", "step", "zoo._adam_kernel", lambda: None)
        if not kernels._is_compiled(module):
            kernels._compile(module)
        found.append(capsys.readouterr().err)
    assert "compiling kernels" in found[0]
    assert found[1] == ""


@needs_numba
def test_to_compile_kernels_draws_no_random_numbers():
    """Otherwise the first run of a machine would not be like the others."""
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    warmup()
    assert np.random.rand() == expected
