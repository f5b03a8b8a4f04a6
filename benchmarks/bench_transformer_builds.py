"""Time the transformer of several builds of zoo, in turn, on the same sentences.

    python benchmarks/bench_transformer_builds.py DATA.conllu[.gz] MODEL OLD NEW

OLD and NEW are folders that hold a package zoo, such as two work trees; there may be
more. Each runs in a process of its own, which waits while the others run, so that a
change of the machine's speed affects all. The rows are batches of single sentences,
documents of 20 sentences, and one sentence at a time. Prints a line of JSON for each
row, with the seconds of each build, its processor's time, and by how much it is faster
than the first: medians of the ratios within a round.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch

#: Sentences in a document.
JOINED = 20
ROWS = ("batches of sentences", "documents", "one sentence at a time")


def make_runs(options: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """Build the model with the zoo of this process, and what is timed."""
    from zoo.corpora import read_docs
    from zoo.transformers import TransformerWrapper, strided_spans

    model = TransformerWrapper(options.model, strided_spans()).initialize()
    docs_read = islice(read_docs(Path(options.data)), options.limit)
    sentences = [doc.words for doc in docs_read]
    most = options.batch_size
    starts = range(0, len(sentences), JOINED)
    docs = [[*chain.from_iterable(sentences[i : i + JOINED])] for i in starts]

    def predict(texts: list[list[str]], size: int) -> Callable[[], object]:
        batches = [texts[i : i + size] for i in range(0, len(texts), size)]
        return lambda: [model.predict(batch) for batch in batches]

    runs = (predict(sentences, most), predict(docs, most), predict(sentences[:64], 1))
    return dict(zip(ROWS, runs, strict=True))


def work(options: argparse.Namespace) -> None:
    """Run rows as they are named on standard input, and print how long each took."""
    torch.set_num_threads(options.threads)
    runs = make_runs(options)
    print("ready", flush=True)
    for line in sys.stdin:
        start, used = time.perf_counter(), time.process_time()
        runs[line.strip()]()
        figures = [time.perf_counter() - start, time.process_time() - used]
        print(json.dumps(figures), flush=True)


class Worker:
    """A process that runs the zoo of one folder."""

    def __init__(self, folder: str, options: argparse.Namespace) -> None:
        names = ("limit", "threads", "batch_size")
        settings = [f"--{n.replace('_', '-')}={getattr(options, n)}" for n in names]
        command = [sys.executable, __file__, options.data, options.model, *settings]
        self.process = subprocess.Popen(
            [*command, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": folder, "PYTHONSAFEPATH": "1"},
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="A corpus that zoo can read.")
    parser.add_argument("model", help="A folder or a name.")
    parser.add_argument("builds", nargs="*", help="Folders that hold a package zoo.")
    parser.add_argument("--limit", type=int, default=512, help="Sentences to read.")
    parser.add_argument("--batch-size", type=int, default=256, help="Texts at a time.")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options)
        return
    workers = [Worker(folder, options) for folder in options.builds]
    for row in ROWS:
        for worker in workers:  # To warm up.
            worker.run(row)
        rounds = [[w.run(row) for w in workers] for _ in range(options.runs)]
        for i, build in enumerate(options.builds):
            line: dict[str, Any] = {"row": row, "build": build}
            for j, clock in enumerate(("wall", "processor")):
                seconds = [found[i][j] for found in rounds]
                ratios = [found[0][j] / found[i][j] for found in rounds]
                line[f"{clock}_s"] = round(statistics.median(seconds), 3)
                line[f"{clock}_ratio"] = round(statistics.median(ratios), 2)
            print(json.dumps(line), flush=True)
    for worker in workers:
        worker.process.terminate()


if __name__ == "__main__":
    main()
