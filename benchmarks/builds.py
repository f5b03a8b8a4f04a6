"""Time rows of a benchmark on several builds of zoo, in turn.

Each build runs in a process of its own, which waits while the others run, so that a
change of the machine's speed affects all.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Worker:
    """A process that runs the zoo of one folder.

    Args:
        folder: Holds a package zoo.
        command: A script and arguments by which it calls `work`.
        environment: Variables to set for it.
    """

    def __init__(
        self, folder: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        own = {"PYTHONPATH": folder}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **own, **environment},
        )
        while self._read() != "ready":
            pass

    def run(self, row: str) -> list[float]:
        """Return the seconds that a row takes, and those of the processor."""
        stdin: Any = self.process.stdin
        stdin.write(f"{row}\n")
        stdin.flush()
        found: list[float] = json.loads(self._read())
        return found

    def _read(self) -> str:
        stdout: Any = self.process.stdout
        line: str = stdout.readline()
        if not line:
            raise RuntimeError("A build stopped. Its error is above.")
        return line.strip()


def work(
    runs: Mapping[str, Callable[[], object]],
    prepare: Mapping[str, Callable[[], object]] | None = None,
) -> None:
    """Run rows as they are named on standard input, and print how long each took.

    Args:
        runs: What is timed, by row.
        prepare: What runs before, untimed, for some rows.
    """
    print("ready", flush=True)
    for line in sys.stdin:
        row = line.strip()
        if prepare and row in prepare:
            prepare[row]()
        start, used = time.perf_counter(), time.process_time()
        runs[row]()
        figures = [time.perf_counter() - start, time.process_time() - used]
        print(json.dumps(figures), flush=True)


def compare(workers: Mapping[str, Worker], rows: Sequence[str], n_runs: int) -> None:
    """Time each row on all builds in turn, and print a line of JSON for each."""
    for row in rows:
        for worker in workers.values():  # To warm up.
            worker.run(row)
        rounds = [{n: w.run(row) for n, w in workers.items()} for _ in range(n_runs)]
        print_rounds(row, rounds)
    for worker in workers.values():
        worker.process.terminate()


def print_rounds(row: str, rounds: Sequence[Mapping[str, Sequence[float]]]) -> None:
    """Print a line of JSON for each build that was measured in some rounds.

    Printed are medians of seconds, the processor's too, and by how much a build is
    faster than the first: the median of the ratios within a round, least and most.

    Args:
        row: What was measured.
        rounds: By the name of the build, its seconds, those of the processor, and if
            it is known, the most memory that it had, in MB.
    """
    first, *_ = rounds[0]
    for build in rounds[0]:
        line: dict[str, Any] = {"row": row, "build": build}
        costs = [found[build] for found in rounds]
        for i, clock in enumerate(("wall", "processor")):
            seconds = [cost[i] for cost in costs]
            ratios = [found[first][i] / found[build][i] for found in rounds]
            line[f"{clock}_s"] = round(statistics.median(seconds), 3)
            line[f"{clock}_ratio"] = round(statistics.median(ratios), 2)
            line[f"{clock}_range"] = [round(f(ratios), 2) for f in (min, max)]
        for peaks in zip(*(cost[2:] for cost in costs), strict=True):
            line["peak_mb"] = round(statistics.median(peaks))
        print(json.dumps(line), flush=True)
