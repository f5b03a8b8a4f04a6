"""Compile kernels ahead by a command."""

import sys

from tests.both_kernels import needs_numba


@needs_numba
def test_warmup_says_where_kernels_are(zoo_cli):
    code, out, _ = zoo_cli("warmup")
    assert code == 0
    assert "Kernels are ready after" in out


def test_warmup_needs_numba(zoo_cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    code, _, err = zoo_cli("warmup")
    assert code == 1
    assert "pip install thinc-zoo[numba]" in err.replace("\n", " ")
