"""Time pretraining beside spaCy's: the same texts, sizes and settings, in turn.

    python benchmarks/bench_pretraining.py DATA/raw/english.jsonl.gz [--batches 20]

Width 96, depth 4, the characters objective, batches of 3,000 words, Adam with averages.
There are two rows: updates on documents that have been read, and an epoch from the
file, with reading and tokenizing. The script first checks that both learn: the loss
must fall. Then they run in turn, so that a change of the machine's speed affects both.
Prints a line of JSON for each row, with words per second (median and range) and the
ratio, then a table.

To pin both to a core: ZOO_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python ...
On a GPU (--gpu-id 0) zoo runs alone.
"""

import argparse
import gzip
import itertools
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import spacy
import thinc
from spacy.training.corpus import JsonlCorpus
from spacy.training.pretrain import create_pretraining_model, ensure_docs, make_update
from thinc.api import Adam, Config, fix_random_seed, require_gpu

import zoo
from zoo import layers
from zoo.corpora import RawText
from zoo.objectives import PretrainCharacters
from zoo.pretraining import Pretraining
from zoo.training._batchers import batch_by_words

WIDTH, DEPTH, ROWS, WORDS = 96, 4, [5000, 1000, 2500, 2500], 3000
DROPOUT = 0.2
#: The encoder of spaCy's default settings, with its own names.
CONFIG = f"""
[nlp]
lang = "en"
pipeline = ["tok2vec"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"

[components.tok2vec.model.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = {WIDTH}
attrs = ["NORM","PREFIX","SUFFIX","SHAPE"]
rows = {ROWS}
include_static_vectors = false

[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = {WIDTH}
depth = {DEPTH}
window_size = 1
maxout_pieces = 3
"""


class Side(NamedTuple):
    """One of the two: how it reads the texts, and what it does with a batch."""

    read: Callable[[], Iterable[Any]]
    update: Callable[[list[Any]], float]  # Returns the mean loss of a predicted word.


def make_optimizer() -> Any:
    return Adam(0.001, L2=0.01, grad_clip=1.0, use_averages=True)


def build_peer(texts: Path) -> Side:
    nlp = spacy.util.load_model_from_config(Config().from_str(CONFIG), auto_fill=True)
    create = spacy.registry.architectures.get("spacy.PretrainCharacters.v1")
    settings = {
        "component": "tok2vec",
        "layer": "",
        "dropout": DROPOUT,
        "objective": create(maxout_pieces=3, hidden_size=300, n_characters=4),
    }
    model, optimizer = create_pretraining_model(nlp, settings), make_optimizer()
    corpus = JsonlCorpus(texts, min_length=5, max_length=500)

    def update(batch: list[Any]) -> float:
        docs = ensure_docs(batch)
        loss = make_update(model, docs, optimizer, model.attrs["loss"])
        return loss / sum(map(len, docs))

    return Side(lambda: corpus(nlp), update)


def build_ours(texts: Path) -> Side:
    embed = layers.MultiHashEmbed(WIDTH, rows=ROWS)
    encoder = layers.Tok2Vec(embed, layers.MaxoutWindowEncoder(WIDTH, depth=DEPTH))
    objective = PretrainCharacters(maxout_pieces=3, hidden_size=300, n_characters=4)
    learner, optimizer = Pretraining(encoder, objective), make_optimizer()
    corpus = RawText(texts, min_length=5, max_length=500)
    learner.initialize(list(itertools.islice(corpus(), 1000)))

    def update(batch: list[Any]) -> float:
        (loss,) = learner.update(batch, dropout=DROPOUT).values()
        learner.finish_update(optimizer)
        return float(loss.total) / max(loss.count, 1)

    return Side(corpus, update)


def check_learning(side: Side) -> None:
    """Raise RuntimeError unless ten updates lower the loss."""
    losses = [side.update(batch) for batch in take_batches(side, 10)]
    if not losses[-1] < 0.9 * losses[0]:
        raise RuntimeError(f"the loss does not fall: {losses}")


def take_batches(side: Side, count: int) -> list[list[Any]]:
    return list(itertools.islice(batch_by_words(WORDS)(side.read()), count))


def time_updates(side: Side, batches: list[list[Any]]) -> float:
    """Return words per second on documents that have been read."""
    start = time.perf_counter()
    for batch in batches:
        side.update(batch)
    return count_words(batches) / (time.perf_counter() - start)


def time_epoch(side: Side, batches: list[list[Any]]) -> float:
    """Return words per second with reading and splitting the text."""
    start = time.perf_counter()
    found = []
    for batch in itertools.islice(batch_by_words(WORDS)(side.read()), len(batches)):
        side.update(batch)
        found.append(batch)
    return count_words(found) / (time.perf_counter() - start)


def count_words(batches: list[list[Any]]) -> int:
    return sum(len(doc) for batch in batches for doc in ensure_any(batch))


def ensure_any(batch: list[Any]) -> list[Any]:
    """Return the documents of a batch of spaCy's examples or of zoo's documents."""
    return [getattr(item, "reference", item) for item in batch]


ROWS_TO_TIME = {"updates": time_updates, "from the file": time_epoch}


def time_row(
    name: str, sides: dict[str, Side], n_batches: int, n_runs: int
) -> dict[str, Any]:
    """Run the sides in turn, after a warm-up, and return speeds and the ratio."""
    batches = {side: take_batches(sides[side], n_batches) for side in sides}
    speeds: dict[str, list[float]] = {side: [] for side in sides}
    for i in range(n_runs + 1):
        for side in sides:
            speed = ROWS_TO_TIME[name](sides[side], batches[side])
            if i:
                speeds[side].append(speed)
    row: dict[str, Any] = {"row": name, **{s: summarize(v) for s, v in speeds.items()}}
    if len(sides) == 2:
        pairs = zip(speeds["zoo"], speeds["spacy"], strict=True)
        row["ratio"] = summarize([ours / peer for ours, peer in pairs], digits=2)
    return row


def summarize(values: list[float], digits: int = 0) -> dict[str, float]:
    parts = {"median": statistics.median, "least": min, "most": max}
    return {name: round(function(values), digits) for name, function in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--gpu-id", type=int, default=-1)
    arguments = parser.parse_args()
    if arguments.gpu_id >= 0:
        require_gpu(arguments.gpu_id)
    fix_random_seed(0)
    build = {"spacy": build_peer, "zoo": build_ours}
    if arguments.gpu_id >= 0:
        del build["spacy"]
    with tempfile.TemporaryDirectory() as folder:
        texts = unpack(arguments.texts, Path(folder))
        run({name: make(texts) for name, make in build.items()}, arguments)


def unpack(texts: Path, folder: Path) -> Path:
    """Unpack what is gzipped, as spaCy reads only plain files."""
    if texts.suffix != ".gz":
        return texts
    path = folder / texts.stem
    with gzip.open(texts) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return path


def run(sides: dict[str, Side], arguments: argparse.Namespace) -> None:
    for side in sides.values():
        check_learning(side)
    versions = {m.__name__: m.__version__ for m in (zoo, spacy, thinc)}
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    rows = []
    for name in ROWS_TO_TIME:
        rows.append(time_row(name, sides, arguments.batches, arguments.runs))
        print(json.dumps({**rows[-1], "versions": versions, **machine}), flush=True)
    for row in rows:
        speeds = [f"{side} {row[side]['median']:,.0f} words/s" for side in sides]
        ratio = f", ratio {row['ratio']['median']}" if "ratio" in row else ""
        print(f"{row['row']}: {', '.join(speeds)}{ratio}")


if __name__ == "__main__":
    main()
