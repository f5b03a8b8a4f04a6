"""Time `Pipeline.pipe` in one process and in several.

    python benchmarks/bench_pipe.py DATA/ud_english_ewt/train.conllu.gz [--times 5]

Prints a line of JSON for each case: words per second after the first document, and the
seconds before it, in which processes start.
"""

import argparse
import itertools
import json
import platform
import statistics
import time
from pathlib import Path

import zoo
from zoo.corpora import read_docs
from zoo.models.make_config import make_config
from zoo.threads import set_threads


def measure(
    pipeline: "zoo.Pipeline", docs: list["zoo.Doc"], times: int, n_process: int
) -> dict[str, float]:
    """Annotate documents several times over, and time what follows the first batch."""
    bare = [doc.copy(annotations=False) for doc in docs]
    stream = itertools.chain.from_iterable(itertools.repeat(bare, times))
    copies = (doc.copy(annotations=False) for doc in stream)
    begin = time.perf_counter()
    annotated = pipeline.pipe(copies, n_process=n_process)
    assert next(annotated).tags
    first = time.perf_counter()
    n_words = sum(map(len, annotated))
    seconds = time.perf_counter() - first
    return {"words_per_second": n_words / seconds, "start": first - begin}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--times", type=int, default=5, help="passes over the data")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--threads", type=int, default=1, help="of one process")
    options = parser.parse_args()
    docs = list(read_docs(options.treebank))
    pipeline = zoo.Pipeline.from_config(make_config(["tok2vec", "tagger"]))
    pipeline.initialize(docs)
    for n_process in options.processes:
        # Processes share the threads; in one alone all would be its own.
        set_threads(options.threads * n_process)
        found = [
            measure(pipeline, docs, options.times, n_process)
            for _ in range(options.runs)
        ]
        speeds = [run["words_per_second"] for run in found]
        line = {
            "processes": n_process,
            "threads_each": options.threads,
            "words_per_second": round(statistics.median(speeds)),
            "range": [round(min(speeds)), round(max(speeds))],
            "seconds_to_first": round(statistics.median(r["start"] for r in found), 2),
            "python": platform.python_version(),
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
