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
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path

import torch
from builds import Worker, compare, work

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
        torch.set_num_threads(options.threads)
        work(make_runs(options))
        return
    names = ("limit", "threads", "batch_size")
    settings = [f"--{n.replace('_', '-')}={getattr(options, n)}" for n in names]
    command = [__file__, options.data, options.model, *settings, "--work"]
    compare({f: Worker(f, command, {}) for f in options.builds}, ROWS, options.runs)


if __name__ == "__main__":
    main()
