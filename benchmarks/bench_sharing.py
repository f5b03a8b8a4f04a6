"""Compare heads that share an encoder with heads that have one each.

    python benchmarks/bench_sharing.py DATA/ud_english_ewt/test.conllu.gz \\
        DATA/wnut17/test.conll.gz --shared FOLDER --independent FOLDER FOLDER ...

FOLDERs are saved pipelines, as `accuracy.py --keep` writes them: one in which all heads
share an encoder, and one for each head alone, which run one after the other. Prints a
line of JSON and a row of a table for each: scores on the documents, bytes on disk, and
words per second of annotation on one thread, both in turn in one process.
"""

import argparse
import json
import statistics
from pathlib import Path
from time import perf_counter
from typing import Any

import zoo
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.corpora import read_docs
from zoo.doc import Doc
from zoo.pipeline import Pipeline
from zoo.threads import set_threads

N_ROUNDS = 5
SIZE = "MB on disk"
SPEED = "words/s"
RANGE = "from – to"


def annotate(pipelines: list[Pipeline], docs: list[Doc]) -> float:
    """Annotate the words of documents, and return the words per second."""
    bare = [doc.copy(annotations=False) for doc in docs]
    start = perf_counter()
    for pipeline in pipelines:
        pipeline(bare)
    return sum(map(len, docs)) / (perf_counter() - start)


def describe(
    pipelines: list[Pipeline], folders: list[Path], docs: list[Doc]
) -> dict[str, Any]:
    """Score pipelines on documents, and add up their size."""
    scores: dict[str, Any] = {}
    for pipeline in pipelines:
        found = pipeline.evaluate(docs)
        scores |= {name: found[name] for name in pipeline.score_weights()}
    files = [file for folder in folders for file in folder.rglob("*")]
    size = sum(file.stat().st_size for file in files if file.is_file())
    percents = {name: f"{100 * score:.2f}" for name, score in sorted(scores.items())}
    return {**percents, SIZE: f"{size / 1e6:.1f}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--shared", type=Path, nargs=1, required=True)
    parser.add_argument("--independent", type=Path, nargs="+", required=True)
    arguments = parser.parse_args()
    set_threads(1)
    docs = list(read_docs(arguments.files))
    folders = {"shared": arguments.shared, "independent": arguments.independent}
    loaded = {name: [zoo.load(f) for f in found] for name, found in folders.items()}
    rows = {name: describe(loaded[name], folders[name], docs) for name in loaded}
    speeds: dict[str, list[float]] = {name: [] for name in loaded}
    for _ in range(N_ROUNDS):
        for name, pipelines in loaded.items():
            speeds[name].append(annotate(pipelines, docs))
    for name, row in rows.items():
        row[SPEED] = f"{statistics.median(speeds[name]):,.0f}"
        row[RANGE] = f"{min(speeds[name]):,.0f} – {max(speeds[name]):,.0f}"
        print(json.dumps({"encoder": name, **row}, ensure_ascii=False))
    print("| encoder | " + " | ".join(rows["shared"]) + " |")
    print("| --- " * (1 + len(rows["shared"])) + "|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(row.values()) + " |")


if __name__ == "__main__":
    main()
