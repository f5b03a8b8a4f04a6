"""Cut rows into chunks that several threads can work on."""

import itertools
from collections.abc import Callable
from typing import Any, TypeVar

from thinc.api import Ops

from ..threads import threads

Result = TypeVar("Result")

#: Rows that are worked on at a time on CPU, so that they stay in a core's cache.
CHUNK_ROWS = 512
#: Fewer rows than this are not worth a thread that must be woken for them.
MIN_CHUNK_ROWS = 256
#: Chunks of many rows come in such numbers, which two or four threads share evenly.
GROUP = 4


def cut(ops: Ops, n_rows: int) -> list[slice]:
    """Cut rows into chunks of about one size, which depend only on their number."""
    if n_rows == 0:
        return []
    if ops.device_type != "cpu":
        return [slice(0, n_rows)]
    n_chunks = -(-n_rows // (GROUP * CHUNK_ROWS)) * GROUP
    if n_rows < GROUP * MIN_CHUNK_ROWS:
        n_chunks = 1 if n_rows < 2 * MIN_CHUNK_ROWS else 2
    ends = [n_rows * i // n_chunks for i in range(n_chunks + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(ends)]


def map_chunks(
    ops: Ops, function: Callable[[slice], Result], n_rows: int
) -> list[tuple[slice, Any]]:
    """Apply a function to chunks of rows; give each chunk and what came of it."""
    chunks = cut(ops, n_rows)
    return list(zip(chunks, threads.map(function, chunks), strict=True))
