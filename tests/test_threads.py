import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from zoo.threads import Threads, threads


def blas_threads():
    return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]


@pytest.fixture
def two():
    pool = Threads()
    pool.set_count(2)
    return pool


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("n_items", [0, 1, 2, 7])
def test_results_come_in_the_order_of_the_items(count, n_items):
    pool = Threads()
    pool.set_count(count)
    assert pool.map(lambda i: i * i, range(n_items)) == [i * i for i in range(n_items)]


@pytest.mark.parametrize("culprit", [0, 1, 5])
def test_an_error_in_any_item_is_raised(two, culprit):
    with pytest.raises(ZeroDivisionError):
        two.map(lambda i: 1 / (i - culprit), range(6))
    assert two.map(abs, [-1, -2]) == [1, 2]


def test_blas_has_one_thread_inside_and_what_it_had_outside(two):
    before = blas_threads()
    assert two.map(lambda _: blas_threads(), range(2)) == [[1] * len(before)] * 2
    assert blas_threads() == before
    with pytest.raises(ZeroDivisionError):
        two.map(lambda i: 1 / i, [0, 1])
    assert blas_threads() == before


def test_callers_in_many_threads_leave_blas_as_it_was():
    before = blas_threads()
    X = np.ones((64, 64), dtype="f")
    with ThreadPoolExecutor(8) as callers:
        work = [
            callers.submit(threads.map, lambda _: float((X @ X).sum()), range(4))
            for _ in range(40)
        ]
    assert {value for future in work for value in future.result()} == {64.0**3}
    assert blas_threads() == before


def test_a_number_of_threads_that_cannot_be_is_refused(two):
    with pytest.raises(ValueError, match="set_threads: count must be 1 or more, got 0"):
        two.set_count(0)
    with pytest.raises(TypeError, match=r"count must be a whole number, got 2\.5"):
        two.set_count(2.5)


@pytest.mark.parametrize(
    "given, expected", [("3", "3"), ("x", "must be a whole number")]
)
def test_the_environment_sets_the_number(given, expected):
    code = "from zoo.threads import threads; print(threads.count)"
    env = {**os.environ, "ZOO_NUM_THREADS": given}
    run = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True
    )
    assert expected in run.stdout + run.stderr


def test_a_forked_child_has_threads_of_its_own(two):
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    code = (
        "import os\n"
        "from zoo.threads import set_threads, threads\n"
        "set_threads(2)\n"
        "threads.map(abs, [1, 2])\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(0 if threads.map(abs, [-1, -2]) == [1, 2] else 1)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert run.returncode == 0
