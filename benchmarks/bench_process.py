"""Measure whole processes of zoo beside spaCy: training, memory, growth, start, size.

    python benchmarks/bench_process.py DATA/ud_english_ewt [--rows train] [--runs 3]

Each figure comes from a process of its own; the two sides run in turn. Prints a line of
JSON for each row, then a table.
"""

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

from bench_peer import batched, build_ours, build_peer, count_words, machine
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import zoo
from zoo.corpora import Unwritten, read_docs, write_docs

SIDES = ("spacy", "zoo")


class Settings(NamedTuple):
    """What the rows measure."""

    data: Path
    runs: int
    limit: int  # Documents.
    epochs: int  # Of a training.


Row = Callable[[Settings], dict[str, Any]]


def train_row(pipeline: str, *others: str) -> Row:
    """Measure words per second of a whole `train` process, from start to end.

    Args:
        pipeline: The components of spaCy's usual config, of which both sides run one.
        others: Files in folders beside that of the data, with {} for "train" and "dev",
            that are learned from too.
    """

    def measure(settings: Settings) -> dict[str, Any]:
        data, n_runs, limit, n_epochs = settings
        with tempfile.TemporaryDirectory() as folder:
            files = {}
            for part, n_docs in (("train", limit), ("dev", limit // 10)):
                files[part] = Path(folder) / f"{part}.spacy"
                paths = [data / f"{part}.conllu.gz"]
                paths += [data.parent / other.format(part) for other in others]
                docs = (
                    doc for p in paths for doc in itertools.islice(read_docs(p), n_docs)
                )
                write_docs(docs, files[part], unwritten=Unwritten())
            config = Path(folder) / "config.cfg"
            init = ["init", "config", str(config), "--pipeline", pipeline]
            run_python("-m", "spacy", *init, "--optimize", "efficiency")
            n_words = n_epochs * sum(len(doc) for doc in read_docs(files["train"]))
            speeds: dict[str, list[float]] = {side: [] for side in SIDES}
            used: dict[str, list[float]] = {side: [] for side in SIDES}
            for i, side in itertools.product(range(n_runs), SIDES):
                start, before = time.perf_counter(), child_seconds()
                run_python(
                    *("-m", side, "train", str(config)),
                    *("--output", f"{folder}/{side}-{i}"),
                    *("--paths.train", str(files["train"])),
                    *("--paths.dev", str(files["dev"])),
                    *("--training.max_epochs", str(n_epochs)),
                )
                speeds[side].append(n_words / (time.perf_counter() - start))
                used[side].append(child_seconds() - before)
        found = summarize("words/s", speeds, more_is_better=True)
        seconds = {n: round(statistics.median(v), 1) for n, v in used.items()}
        ratio = round(seconds["spacy"] / seconds["zoo"], 2)
        return found | {"processor_seconds": seconds, "processor_ratio": ratio}

    return measure


def memory_row(work: str) -> Row:
    """Measure the peak memory of a process that predicts or updates."""

    def measure(settings: Settings) -> dict[str, Any]:
        figures = {
            side: [float(run_child(side, work, settings)["peak_mb"])] for side in SIDES
        }
        return summarize("MB", figures, more_is_better=False)

    return measure


def growth_row(settings: Settings) -> dict[str, Any]:
    """Measure how time and peak memory grow with ten times the documents."""
    tenth = settings._replace(limit=settings.limit // 10)
    small, large = (run_child("zoo", "predict", each) for each in (tenth, settings))
    return {
        "unit": "ten times the documents",
        "seconds": round(large["seconds"] / small["seconds"], 2),
        "words": round(large["words"] / small["words"], 2),
        "peak_mb": [small["peak_mb"], large["peak_mb"]],
    }


def start_row(settings: Settings) -> dict[str, Any]:
    """Measure the seconds of `import` and `--help`, each in a process of its own."""
    commands = {
        "python": ("-c", "pass"),
        "import spacy": ("-c", "import spacy"),
        "import zoo": ("-c", "import zoo"),
        "spacy --help": ("-m", "spacy", "--help"),
        "zoo --help": ("-m", "zoo", "--help"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(settings.runs):
        for name, command in commands.items():
            start = time.perf_counter()
            run_python(*command)
            seconds[name].append(time.perf_counter() - start)
    medians = {n: round(statistics.median(values), 3) for n, values in seconds.items()}
    return {"unit": "s", **medians}


def size_row(settings: Settings) -> dict[str, Any]:
    """Measure the size on disk of each, with required packages but no extras."""
    sizes = {"spacy": installed_size("spacy"), "zoo": installed_size("thinc-zoo")}
    return {
        "unit": "MB",
        **{name: round(size / 1e6, 1) for name, size in sizes.items()},
    }


def installed_size(name: str, seen: set[str] | None = None) -> int:
    """Add up the files of a distribution and of what it requires, in bytes."""
    seen = set() if seen is None else seen
    if canonicalize_name(name) in seen:
        return 0
    seen.add(canonicalize_name(name))
    found = distribution(name)
    paths = [Path(str(file.locate())) for file in found.files or []]
    if name == "thinc-zoo":  # An editable installation lists none of its files.
        paths = list(Path(zoo.__path__[0]).rglob("*.*"))
    size = sum(path.stat().st_size for path in paths if path.is_file())
    requirements = map(Requirement, found.requires or [])
    return size + sum(
        installed_size(requirement.name, seen)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    )


ROWS: dict[str, Row] = {
    "train a tagger": train_row("tok2vec,tagger"),
    "whole training of tagger, parser and ner": train_row(
        "tagger,parser,ner", "wnut17/{}.conll.gz"
    ),
    "memory of predict": memory_row("predict"),
    "memory of update": memory_row("update"),
    "growth": growth_row,
    "start": start_row,
    "installed size": size_row,
}


def work_as_child(side: str, work: str, data: Path, limit: int) -> None:
    """Predict or update in this process, and print the peak memory."""
    docs = read_docs(data / "train.conllu.gz")
    texts = [doc.words for doc in itertools.islice(itertools.cycle(docs), limit)]
    inputs: list[Any] = texts
    if side == "spacy":
        inputs, model = build_peer(texts)
    else:
        model = build_ours()
    start = time.perf_counter()
    for batch in batched(inputs, 256):
        if work == "predict":
            model.predict(batch)
        else:
            vectors, backprop = model(batch, is_train=True)
            backprop(vectors)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    words = count_words(texts)
    print(json.dumps({"seconds": seconds, "words": words, "peak_mb": round(peak)}))


def run_child(side: str, work: str, settings: Settings) -> dict[str, Any]:
    limit = ("--limit", str(settings.limit))
    arguments = (str(settings.data), *limit, "--child", side, work)
    output = run_python(__file__, *arguments)
    return dict(json.loads(output.splitlines()[-1]))


def child_seconds() -> float:
    """Return the processor's seconds that all children have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def summarize(
    unit: str, figures: dict[str, list[float]], *, more_is_better: bool
) -> dict[str, Any]:
    pairs = zip(figures["spacy"], figures["zoo"], strict=True)
    ratios = [zoo / spacy if more_is_better else spacy / zoo for spacy, zoo in pairs]
    medians = {side: round(statistics.median(figures[side])) for side in SIDES}
    spread = [round(min(ratios), 2), round(max(ratios), 2)]
    ratio = round(statistics.median(ratios), 2)
    return {"unit": unit, **medians, "ratio": ratio, "spread": spread}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="The folder of EWT, as CoNLL-U.")
    parser.add_argument("--rows", nargs="*", default=[""], help="Rows that begin so.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=5000, help="Documents to use.")
    parser.add_argument("--epochs", type=int, default=10, help="Of the training.")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return work_as_child(*arguments.child, arguments.data, arguments.limit)
    settings = Settings(
        arguments.data, arguments.runs, arguments.limit, arguments.epochs
    )
    for name, measure in ROWS.items():
        if name.startswith(tuple(arguments.rows)):
            row = measure(settings)
            print(json.dumps({"row": name, **row, "machine": machine()}), flush=True)


if __name__ == "__main__":
    main()
