"""Compute on arrays in a few threads, with BLAS limited to one thread each.

Numpy releases the GIL while it computes, so several threads can work on chunks of one
array. BLAS would start its own threads for every product. It is limited to one while
zoo computes, because two thread pools on the same cores are far slower than either.
"""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, TypeVar

from thinc.api import Ops
from threadpoolctl import ThreadpoolController

from ._check_numbers import check_sizes

Item = TypeVar("Item")
Result = TypeVar("Result")

#: The largest default number of threads.
DEFAULT_LIMIT = 4


class Threads:
    """A pool of threads with BLAS limited to one thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._blas: list[Any] | None = None
        self._before: list[int] = []
        self._n_users = 0
        self._count = _read_count()

    @property
    def count(self) -> int:
        """The number of threads that compute at once, including the caller's."""
        return self._count

    def set_count(self, count: int) -> None:
        """Change the number of threads, 1 or more."""
        check_sizes("set_threads", 1, count=count)
        with self._lock:
            # The old pool ends when its last user drops it.
            self._pool = None
            self._count = count

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        """Return ``[function(item) for item in items]``; raise the first error."""
        with self.one_blas_thread():
            if len(items) < 2 or self._count == 1:
                return [function(item) for item in items]
            # The calling thread computes the first part itself.
            n_parts = min(self._count, len(items))
            parts = [items[i::n_parts] for i in range(n_parts)]
            futures = [self._executor().submit(_run, function, p) for p in parts[1:]]
            results = [_run(function, parts[0]), *(f.result() for f in futures)]
        return [results[i % n_parts][i // n_parts] for i in range(len(items))]

    def _executor(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._count, "zoo")
            return self._pool

    def one_blas_thread(self) -> "_OneBlasThread":
        """Limit BLAS to one thread until the last block of this kind ends.

        The bits of a product depend on the number of threads that compute it. Only
        inside this block are they the same whether or not other threads use zoo.
        """
        return _OneBlasThread(self)

    def _begin(self) -> None:
        with self._lock:
            if self._n_users == 0:
                if self._blas is None:
                    found = ThreadpoolController().select(user_api="blas")
                    self._blas = list(found.lib_controllers)
                self._before = [library.num_threads for library in self._blas]
                self._limit(1)
            self._n_users += 1

    def _end(self) -> None:
        with self._lock:
            self._n_users -= 1
            if self._n_users == 0:
                self._limit(None)

    def _limit(self, count: int | None) -> None:
        """Set the number of threads of BLAS; None: to what it was before.

        To read or set a number takes a microsecond, and most often it is one anyway.
        """
        for library, before in zip(self._blas or (), self._before, strict=True):
            if before != 1:
                library.set_num_threads(count or before)


class _OneBlasThread:
    """A block of `Threads.one_blas_thread`; they begin too often for a generator."""

    __slots__ = ("_threads",)

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def __enter__(self) -> None:
        self._threads._begin()

    def __exit__(self, *error: object) -> None:
        self._threads._end()


def _run(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]


def _read_count() -> int:
    """Read ZOO_NUM_THREADS, or count the cores of this process, up to a limit."""
    given = os.environ.get("ZOO_NUM_THREADS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    if given:
        raise ValueError(f"ZOO_NUM_THREADS must be a whole number, got {given!r}.")
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, DEFAULT_LIMIT)


#: The threads of this process. Forked processes start their own.
threads = Threads()


def set_threads(count: int) -> None:
    """Set the number of threads that zoo computes with on CPU.

    The default is the environment variable ZOO_NUM_THREADS, or else the number of cores
    that the process may use, at most 4. Results do not depend on it.

    Args:
        count: Number of threads, 1 or more.

    Raises:
        TypeError: Count is no whole number.
        ValueError: It is below 1.
    """
    threads.set_count(count)


@contextmanager
def one_openmp_thread() -> Iterator[None]:
    """Run PyTorch's products and updates on CPU in the calling thread only.

    After their work, its threads would wait actively for more, on the cores that zoo's
    threads need next.
    """
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


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: threads.__init__())  # type: ignore[misc]


#: Rows of a chunk on CPU, which stay in a core's cache.
CHUNK_ROWS = 512
#: With fewer rows, waking another thread takes longer than it saves.
MIN_CHUNK_ROWS = 256
#: The number of chunks is a multiple of this, so that 2 or 4 threads share evenly.
GROUP = 4


def cut(
    ops: Ops, n_rows: int, scale: int = 1, min_rows: int = MIN_CHUNK_ROWS
) -> list[slice]:
    """Cut rows into chunks of about equal size, which depend only on their number.

    Args:
        ops: On a GPU, all rows are one chunk.
        n_rows: How many there are.
        scale: How many times larger chunks are than usual, if there are many rows.
        min_rows: Fewer than two times as many are one chunk.
    """
    if n_rows == 0:
        return []
    if ops.device_type != "cpu":
        return [slice(0, n_rows)]
    n_chunks = -(-n_rows // (GROUP * scale * CHUNK_ROWS)) * GROUP
    if n_rows < GROUP * MIN_CHUNK_ROWS:
        n_chunks = 1 if n_rows < 2 * min_rows else 2
    ends = [n_rows * i // n_chunks for i in range(n_chunks + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(ends)]


def map_chunks(
    ops: Ops,
    function: Callable[[slice], Result],
    n_rows: int,
    min_rows: int = MIN_CHUNK_ROWS,
) -> list[tuple[slice, Any]]:
    """Apply a function to chunks of rows, as `cut` cuts them.

    Returns:
        Each chunk with its result.
    """
    chunks = cut(ops, n_rows, min_rows=min_rows)
    return list(zip(chunks, threads.map(function, chunks), strict=True))
