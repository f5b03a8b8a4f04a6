"""Check the memory of tables of words."""

import re
from pathlib import Path

import pytest

from zoo.layers._word_table import WordTable

STATUS = Path("/proc/self/status")


def resident_memory():
    """Return the bytes of this process that are in memory."""
    kilobytes = re.search(r"VmRSS:\s+(\d+)", STATUS.read_text())[1]
    return 1024 * int(kilobytes)


@pytest.mark.skipif(not STATUS.exists(), reason="The system does not tell the memory.")
def test_rows_are_in_memory_only_once_they_are_written():
    """What numpy.empty returns comes in pages of two megabytes on Linux."""
    before = resident_memory()
    table = WordTable(width=256, max_words=2**15, is_kept=True)
    table.rows[:: 2**12] = 1
    assert table.rows.nbytes > 32e6
    assert resident_memory() - before < 4e6
