"""Time updates of a parser and an entity recognizer beside spaCy: one process, in turn.

    ZOO_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 BLIS_NUM_THREADS=1 \\
    ZOO_KERNELS=numpy python benchmarks/bench_heads.py DATA [--rows parser ner]

DATA contains ud_english_ewt/ and wnut17/. Both sides update an encoder and a head, as
`spacy init config -o efficiency` describes them, from spaCy's weights after some
training, on the same documents; before, their predictions are compared. Prints a line
of JSON for each row: words per second of the processor's time, and the ratio.
--profile N prints where zoo spends its time instead. --rows entities compares zoo's own
two heads for entities instead, `ner` and `entity_tagger`.
"""

import argparse
import cProfile
import itertools
import json
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
from spacy.training import Corpus
from thinc.api import Adam, fix_random_seed

import zoo
from zoo.corpora import read_docs, write_docs
from zoo.layers._call_kernels import kernels_name
from zoo.models.make_config import make_config

CORPORA = {
    "parser": "ud_english_ewt/train.conllu.gz",
    "ner": "wnut17/train.conll.gz",
}
SIZES = (32, 128)
DROPOUT = 0.1


def make_sides(
    head: str, data: Path, limit: int, folder: Path
) -> tuple[Any, zoo.Pipeline, list[Any], list[zoo.Doc]]:
    """Train a little in spaCy, load the weights in zoo, and compare predictions."""
    config, corpus = folder / "config.cfg", folder / "docs.spacy"
    init = ("-m", "spacy", "init", "config", str(config), "--pipeline", head, "-F")
    subprocess.run([sys.executable, *init], check=True, capture_output=True)
    docs = list(itertools.islice(read_docs(data / CORPORA[head]), limit))
    write_docs(docs, corpus)
    fix_random_seed(0)
    nlp = spacy.util.load_model_from_config(
        spacy.util.load_config(config), auto_fill=True
    )
    # The words as annotated, one document for each sentence on both sides.
    examples = list(Corpus(corpus, gold_preproc=True)(nlp))
    optimizer = nlp.initialize(lambda: examples)
    for start in range(0, min(limit, 640), 32):
        nlp.update(examples[start : start + 32], sgd=optimizer, drop=DROPOUT)
    nlp.to_disk(folder / "model")
    pipeline = zoo.load(folder / "model")
    expected = [nlp(example.x.copy()) for example in examples[:200]]
    found = pipeline(doc.copy(annotations=False) for doc in docs[:200])
    for left, right in zip(expected, found, strict=True):
        if head == "parser":
            assert [token.head.i for token in left] == right.heads
        ents = {(ent.start, ent.end, ent.label_) for ent in left.ents}
        assert head == "parser" or ents == {tuple(ent) for ent in right.ents or ()}
    return nlp, pipeline, examples, docs


def measure(
    head: str, size: int, arguments: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    """Update both sides in turn, after a warm-up."""
    limit = arguments.limit
    nlp, pipeline, examples, docs = make_sides(head, arguments.data, limit, folder)
    settings = {"L2": 0.01, "grad_clip": 1.0, "use_averages": False}
    optimizers = {side: Adam(0.001, **settings) for side in ("spacy", "zoo")}

    def update_peer(start: int) -> None:
        batch = examples[start : start + size]
        nlp.update(batch, sgd=optimizers["spacy"], drop=DROPOUT)

    def update_ours(start: int) -> None:
        batch = docs[start : start + size]
        pipeline.update(batch, optimizer=optimizers["zoo"], dropout=DROPOUT)

    sides: dict[str, Callable[[int], None]] = {"spacy": update_peer, "zoo": update_ours}
    if arguments.profile:
        profile(lambda: [update_ours(s) for s in range(0, limit, size)], arguments)
        return {}
    n_words = sum(map(len, docs))
    speeds: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(arguments.runs + 1):
        spent = dict.fromkeys(sides, 0.0)
        for start in range(0, limit, size):
            for side, update in sides.items():
                clock = time.process_time()
                update(start)
                spent[side] += time.process_time() - clock
        if number:  # The first round warms up.
            for side, seconds in spent.items():
                speeds[side].append(n_words / seconds)
    ratios = [z / s for z, s in zip(speeds["zoo"], speeds["spacy"], strict=True)]
    return {
        "row": f"tok2vec and {head}, batches of {size}",
        **{f"{n}_words_per_s": round(statistics.median(v)) for n, v in speeds.items()},
        "ratio": round(statistics.median(ratios), 2),
        "range": [round(min(ratios), 2), round(max(ratios), 2)],
        "kernels": kernels_name(),
    }


def measure_entities(data: Path, limit: int, n_runs: int) -> dict[str, Any]:
    """Update with, and predict by, zoo's two heads for entities in turn."""
    docs = list(itertools.islice(read_docs(data / CORPORA["ner"]), limit))
    batches = [docs[i : i + SIZES[0]] for i in range(0, limit, SIZES[0])]
    names, n_words = ("ner", "entity_tagger"), sum(map(len, docs))
    pipelines, optimizers = {}, {}
    for name in names:
        fix_random_seed(0)
        config = make_config(["tok2vec", name])
        pipelines[name] = zoo.Pipeline.from_config(config)
        pipelines[name].initialize(docs)
        optimizers[name] = Adam(0.001, use_averages=False)
    speeds: dict[str, list[float]] = {}
    for number, name in itertools.product(range(n_runs + 1), names):
        for work in ("update", "predict"):
            clock = time.process_time()
            for batch in batches:
                if work == "update":
                    pipelines[name].update(
                        batch, optimizer=optimizers[name], dropout=DROPOUT
                    )
                else:
                    pipelines[name]([doc.copy(annotations=False) for doc in batch])
            speed = n_words / (time.process_time() - clock)
            if number:  # The first round warms up.
                speeds.setdefault(f"{work} {name}", []).append(speed)
    return {"row": "entities"} | {
        n: round(statistics.median(v)) for n, v in speeds.items()
    }


def profile(run: Callable[[], Any], arguments: argparse.Namespace) -> None:
    """Print the functions that take the most time of their own."""
    run()
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(run)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(arguments.profile)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--rows", nargs="*", default=[*CORPORA], choices=[*CORPORA, "entities"]
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--limit", type=int, default=640, help="documents")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", type=int, default=0, help="lines to print")
    arguments = parser.parse_args()
    if "entities" in arguments.rows:
        found = measure_entities(arguments.data, arguments.limit, arguments.runs)
        print(json.dumps(found), flush=True)
    heads = [row for row in arguments.rows if row in CORPORA]
    for head, size in itertools.product(heads, arguments.sizes):
        with tempfile.TemporaryDirectory() as folder:
            found = measure(head, size, arguments, Path(folder))
        if found:
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
