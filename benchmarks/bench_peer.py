"""Time zoo beside spaCy: the same data, weights, threads and process.

    python benchmarks/bench_peer.py DATA.conllu[.gz] [--rows predict update] [--runs 5]

Each row checks first that both give the same numbers. Then the two run in turn, so
that a change of the machine's speed meets both. Prints a line of JSON a row, with
words per second (median and range) and the ratio, then the same as a table.
"""

import argparse
import itertools
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import spacy
import thinc
from spacy.ml.models import MaxoutWindowEncoder, MultiHashEmbed, build_Tok2Vec_model
from spacy.tokens import Doc as SpacyDoc
from thinc.api import Adam, Model

import zoo
from zoo import layers
from zoo.corpora import read_docs
from zoo.interop.spacy import load_weights

WIDTH, DEPTH = 96, 4
FEATURES = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
ROWS = [5000, 1000, 2500, 2500]
TOLERANCE = 1e-4


class Case(NamedTuple):
    """One row: the same work for both, over the same words."""

    peer: Callable[[], Any]
    ours: Callable[[], Any]
    n_words: int


def build_both(texts: list[list[str]]) -> tuple[list[SpacyDoc], Model, Model]:
    """Build spaCy's tok2vec and ours with its weights, and compare their outputs."""
    vocab = spacy.blank("en").vocab
    docs = [SpacyDoc(vocab, words=words) for words in texts]
    peer = build_Tok2Vec_model(
        MultiHashEmbed(WIDTH, FEATURES, ROWS, include_static_vectors=False),
        MaxoutWindowEncoder(WIDTH, window_size=1, maxout_pieces=3, depth=DEPTH),
    )
    peer.initialize(X=docs[:10])
    ours = layers.Tok2Vec(
        layers.MultiHashEmbed(WIDTH, features=FEATURES, rows=ROWS),
        layers.MaxoutWindowEncoder(WIDTH, depth=DEPTH),
    )
    load_weights(ours, peer.to_bytes())
    for expected, found in zip(
        peer.predict(docs[:500]), ours.predict(texts[:500]), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    return docs, peer, ours


def predict_case(texts: list[list[str]], batch_size: int) -> Case:
    docs, peer, ours = build_both(texts)

    def run(model: Model, inputs: list[Any]) -> None:
        for batch in batched(inputs, batch_size):
            model.predict(batch)

    return Case(lambda: run(peer, docs), lambda: run(ours, texts), count_words(texts))


def update_case(texts: list[list[str]], batch_size: int) -> Case:
    """Forward, backward and Adam, with the output for a gradient."""
    texts = texts[: len(texts) // 4]  # spaCy needs ten seconds for these.
    docs, peer, ours = build_both(texts)
    optimizers = {peer.id: Adam(0.001), ours.id: Adam(0.001)}

    def run(model: Model, inputs: list[Any]) -> None:
        for batch in batched(inputs, batch_size):
            vectors, backprop = model(batch, is_train=True)
            backprop(vectors)
            model.finish_update(optimizers[model.id])

    return Case(lambda: run(peer, docs), lambda: run(ours, texts), count_words(texts))


CASES: dict[str, Callable[[list[list[str]]], Case]] = {
    "predict, batches of 32": lambda texts: predict_case(texts, 32),
    "predict, batches of 256": lambda texts: predict_case(texts, 256),
    "predict, batches of 1000": lambda texts: predict_case(texts, 1000),
    "update, batches of 32": lambda texts: update_case(texts, 32),
    "update, batches of 128": lambda texts: update_case(texts, 128),
}


def batched(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def count_words(texts: list[list[str]]) -> int:
    return sum(map(len, texts))


def time_case(case: Case, n_runs: int) -> dict[str, Any]:
    """Run both in turn, after a warm-up, and give words per second and the ratio."""
    seconds: dict[str, list[float]] = {"peer": [], "ours": []}
    for i in range(n_runs + 1):
        for name in seconds:
            start = time.perf_counter()
            getattr(case, name)()
            if i:  # The first round warms caches up.
                seconds[name].append(time.perf_counter() - start)
    speeds = {name: [case.n_words / s for s in runs] for name, runs in seconds.items()}
    pairs = zip(seconds["peer"], seconds["ours"], strict=True)
    return {
        "spacy_words_per_s": summary(speeds["peer"]),
        "zoo_words_per_s": summary(speeds["ours"]),
        "ratio": summary([peer / ours for peer, ours in pairs], digits=2),
    }


def summary(values: list[float], digits: int = 0) -> dict[str, float]:
    figures = {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }
    return {name: round(value, digits) for name, value in figures.items()}


def machine() -> dict[str, Any]:
    lines = (
        Path("/proc/cpuinfo").read_text().splitlines()
        if Path("/proc/cpuinfo").exists()
        else []
    )
    models = [
        line.split(":")[1].strip() for line in lines if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(models),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "thinc": thinc.about.__version__,
        "spacy": spacy.__version__,
        "zoo": zoo.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="A corpus that zoo can read.")
    parser.add_argument("--rows", nargs="*", default=[""], help="Rows that begin so.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=4000, help="Documents to use.")
    arguments = parser.parse_args()
    texts = [
        doc.words
        for doc in itertools.islice(read_docs(arguments.data), arguments.limit)
    ]
    facts, rows = machine(), []
    for name, make in CASES.items():
        if name.startswith(tuple(arguments.rows)):
            row = {"row": name, **time_case(make(texts), arguments.runs)}
            print(json.dumps({**row, **facts}), flush=True)
            rows.append(row)
    print(f"\n{'':28}{'spaCy':>12}{'zoo':>12}{'ratio':>8}{'from - to':>14}")
    for row in rows:
        ratio = row["ratio"]
        print(
            f"{row['row']:28}{row['spacy_words_per_s']['median']:12,.0f}"
            f"{row['zoo_words_per_s']['median']:12,.0f}{ratio['median']:8.2f}"
            f"{ratio['min']:7.2f} -{ratio['max']:5.2f}"
        )


if __name__ == "__main__":
    main()
