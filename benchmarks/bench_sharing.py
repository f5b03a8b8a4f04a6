"""Compare heads that share an encoder with heads that have one each.

    python benchmarks/bench_sharing.py DATA/ud_english_ewt [--heads tagger pos]

Trains both pipelines on the same documents, with the same settings, and prints a line
of JSON and a row of a table for each: scores on the test set, bytes on disk, and words
per second of prediction, both in turn in one process. Settings of the config can be
overridden as with `zoo train`: --training.max_epochs 5.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import zoo
from zoo import builtins as _names  # noqa: F401  Registers all names.
from zoo.config import parse_config, parse_overrides
from zoo.configs import make_config
from zoo.corpora import read_docs
from zoo.docs import Doc
from zoo.training.runs import run_training

SETTINGS = {
    "training.max_epochs": 10,
    "training.max_steps": 0,
    "training.patience": 0,
    "training.eval_frequency": 250,
}
N_ROUNDS = 5


def train(
    heads: list[str], data: Path, output: Path, overrides: dict[str, Any], shared: bool
) -> Path:
    """Train a pipeline, and give the folder of the best model."""
    settings = {
        **SETTINGS,
        "paths.train": str(data / "train.conllu.gz"),
        "paths.dev": str(data / "dev.conllu.gz"),
        **overrides,
    }
    text = make_config(heads, shared=shared).to_str(interpolate=False)
    run_training(parse_config(text, settings), output)
    return output / "model-best"


def measure(folders: dict[str, Path], docs: list[Doc]) -> dict[str, dict[str, Any]]:
    """Score each pipeline, and time them in turn after a round that is not counted."""
    pipelines = {name: zoo.load(folder) for name, folder in folders.items()}
    words, speeds = [doc.words for doc in docs], {name: [] for name in folders}
    for _ in range(1 + N_ROUNDS):
        for name, pipeline in pipelines.items():
            start = perf_counter()
            pipeline(words)
            speeds[name].append(sum(map(len, docs)) / (perf_counter() - start))
    rows = {}
    for name, pipeline in pipelines.items():
        scores = pipeline.evaluate(docs)
        files = [path for path in folders[name].rglob("*") if path.is_file()]
        rows[name] = {
            **{n: round(100 * scores[n], 2) for n in pipeline.score_weights()},
            "megabytes": round(sum(path.stat().st_size for path in files) / 1e6, 2),
            "words_per_s": round(statistics.median(speeds[name][1:])),
            "from": round(min(speeds[name][1:])),
            "to": round(max(speeds[name][1:])),
        }
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--heads", nargs="+", default=["tagger", "pos"])
    arguments, rest = parser.parse_known_args()
    overrides = parse_overrides(rest)
    with tempfile.TemporaryDirectory() as folder:
        folders = {
            name: train(
                arguments.heads, arguments.data, Path(folder) / name, overrides, shared
            )
            for name, shared in (("shared", True), ("independent", False))
        }
        rows = measure(folders, list(read_docs(arguments.data / "test.conllu.gz")))
    for name, row in rows.items():
        print(json.dumps({"encoder": name, **row}))
    print("| encoder | " + " | ".join(rows["shared"]) + " |")
    print("| --- " * (1 + len(rows["shared"])) + "|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{v:,}" for v in row.values()) + " |")


if __name__ == "__main__":
    main()
