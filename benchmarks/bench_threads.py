"""Time zoo with one thread and with several, beside cores that are free or busy.

    python benchmarks/bench_threads.py DATA.conllu[.gz] [--runs 5]

All cases run in turn, so that a change of the machine's speed affects all. "BLAS" is a
setting that zoo avoids by default: one thread of zoo, one BLAS thread for each core.
Prints a line of JSON for each row, then a table of words per second.
"""

import argparse
import contextlib
import itertools
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench_peer import batched, build_ours, count_words, machine
from thinc.api import Adam, set_dropout_rate

from zoo.corpora import read_docs
from zoo.fused_adam import finish_update
from zoo.threads import Threads, set_threads, threads

PREDICT, UPDATE = "predict, batches of 256", "update, batches of 128"


def spin() -> None:
    """Keep one core busy until the process is ended."""
    while True:
        pass


@contextlib.contextmanager
def busy(n_cores: int) -> Iterator[None]:
    """Keep some cores busy with other processes."""
    others = [multiprocessing.Process(target=spin) for _ in range(n_cores)]
    for process in others:
        process.start()
    try:
        yield
    finally:
        for process in others:
            process.kill()
            process.join()


@contextlib.contextmanager
def way(name: str, n_cores: int) -> Iterator[None]:
    """Compute with so many threads of zoo's, or with those of BLAS."""
    set_threads(n_cores if name == "zoo" else 1)
    leave = patch.object(Threads, "one_blas_thread", contextlib.nullcontext)
    with leave if name == "BLAS" else contextlib.nullcontext():
        yield


def make_work(texts: list[list[str]]) -> dict[str, Callable[[], Any]]:
    model, optimizer = build_ours(), Adam(0.001)
    set_dropout_rate(model, 0.1)

    def predict() -> None:
        for batch in batched(texts, 256):
            model.predict(batch)

    def update() -> None:
        for batch in batched(texts, 128):
            vectors, backprop = model(batch, is_train=True)
            backprop(vectors)
            finish_update(model, optimizer)

    return {PREDICT: predict, UPDATE: update}


def time_ways(run: Callable[[], Any], ways: dict[str, int], n_runs: int) -> dict:
    """Return the median of seconds of each way."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for i, (name, n_cores) in itertools.product(range(n_runs + 1), ways.items()):
        with way(name, n_cores):
            start = time.perf_counter()
            run()
            if i:  # The first round warms caches up.
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(runs) for name, runs in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="A corpus that zoo can read.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=1000, help="Documents to use.")
    arguments = parser.parse_args()
    docs = itertools.islice(read_docs(arguments.data), arguments.limit)
    texts = [doc.words for doc in docs]
    n_cores, n_words = len(os.sched_getaffinity(0)), count_words(texts)
    ways = {"one thread": 1, "zoo": min(n_cores, threads.count), "BLAS": n_cores}
    lines = [f"{'':26}{'busy cores':>11}" + "".join(f"{name:>12}" for name in ways)]
    for work, run in make_work(texts).items():
        for n_busy in range(n_cores):
            with busy(n_busy):
                seconds = time_ways(run, ways, arguments.runs)
            speeds = {name: round(n_words / s) for name, s in seconds.items()}
            row = {"row": work, "busy_cores": n_busy, "words_per_s": speeds}
            print(json.dumps({**row, **machine()}), flush=True)
            cells = "".join(f"{speed:12,}" for speed in speeds.values())
            lines.append(f"{work:26}{n_busy:11}{cells}")
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
