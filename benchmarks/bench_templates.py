"""Train what `zoo init config` makes, and beside it what `spacy init config` makes.

    python benchmarks/bench_templates.py DATA FOLDER [--rows textcat tagger ...]
        [--sides zoo spacy ...] [--seeds 0 1 2] [--table]

DATA contains ud_english_ewt/, sst2/, wnut17/ and vectors/minilm_words_100d.vec.gz.
Both sides learn from the same `.spacy` files, from their words as annotated, with the
same number of updates, and are scored on all of the test set by the model that was
best on the first documents of the development set. Nothing else of the configs is
changed. Adds a line to FOLDER/results.jsonl for each run; what is there is not computed
again, so the script can be interrupted. At the end, or with --table at once, prints the
table of the mean and the range over seeds.
"""

import argparse
import contextlib
import io
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import zoo
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.config import parse_config
from zoo.corpora import read_docs, write_docs
from zoo.models.make_config import make_config
from zoo.training.run_training import run_training


class Row(NamedTuple):
    """A template, spaCy's component for the same, and what both learn from."""

    peer: str
    corpus: str
    scores: tuple[str, ...]
    updates: int
    #: Another row, whose runs of spaCy's are those of this one too.
    same_peer: str = ""


ROWS = {
    "textcat": Row("textcat", "sst2", ("cats_macro_f",), 2000),
    "tagger": Row("tagger", "ewt", ("tag_acc",), 500),
    "ner": Row("ner", "wnut", ("ents_f",), 1000),
    "entity_tagger": Row("ner", "wnut", ("ents_f",), 1000, "ner"),
    "parser": Row("parser", "ewt", ("dep_uas", "dep_las"), 500),
    "pos": Row("morphologizer", "ewt", ("pos_acc",), 500),
    "textcat_multilabel": Row("textcat_multilabel", "sst2", ("cats_macro_f",), 2000),
}
CORPORA = {
    "ewt": "ud_english_ewt/{}.conllu.gz",
    "wnut": "wnut17/{}.conll.gz",
    "sst2": "sst2/{}.tsv.gz",
}
VECTORS = "vectors/minilm_words_100d.vec.gz"
#: How many documents of each part are used; None: all.
LIMITS = {"train": None, "dev": 500, "test": None}
#: Evaluations of a run.
N_EVALUATIONS = 5
TITLES = {
    "zoo": "zoo",
    "spacy": "spaCy, efficiency",
    "zoo-vectors": "zoo, `--model vector_cnn`",
    "spacy-vectors": "spaCy, accuracy, with the same vectors",
    "zoo-pretrained": "zoo, `--pretrained`",
}
SCORES = {
    "tag_acc": "EWT, XPOS",
    "pos_acc": "EWT, UPOS",
    "dep_uas": "EWT, UAS",
    "dep_las": "EWT, LAS",
    "ents_f": "WNUT-17, F",
    "cats_macro_f": "SST-2, macro F",
}


def prepare(data: Path, folder: Path) -> None:
    """Write the corpora as `.spacy` files, and the vectors in spaCy's form."""
    folder.mkdir(parents=True, exist_ok=True)
    for (name, file), (part, limit) in product(CORPORA.items(), LIMITS.items()):
        path = folder / f"{name}-{part}.spacy"
        if not path.exists():
            docs = list(islice(read_docs(data / file.format(part)), limit))
            name_all_categories(docs)
            write_docs(docs, path)
    if not (folder / "vectors").exists():
        command = [sys.executable, "-m", "spacy", "init", "vectors", "en"]
        target = str(folder / "vectors")
        subprocess.run([*command, str(data / VECTORS), target], check=True)


def name_all_categories(docs: list[zoo.Doc]) -> None:
    """Let each document deny the categories that it does not have."""
    labels = {label for doc in docs for label in doc.cats or ()}
    for doc in docs:
        if doc.cats:
            doc.cats = {**dict.fromkeys(sorted(labels), 0.0), **doc.cats}


def settings_of(row: Row, seed: int, folder: Path) -> dict[str, Any]:
    """Return the settings that both sides get beside their own."""
    return {
        "paths.train": str(folder / f"{row.corpus}-train.spacy"),
        "paths.dev": str(folder / f"{row.corpus}-dev.spacy"),
        "system.seed": seed,
        "training.max_epochs": 0,
        "training.max_steps": row.updates,
        "training.eval_frequency": row.updates // N_EVALUATIONS,
        "training.patience": 0,
    }


def train_zoo(
    name: str, side: str, settings: dict[str, Any], data: Path, output: Path
) -> Callable[[Path], dict[str, Any]]:
    """Train a template of zoo's; return what evaluates the best model on a file."""
    with_vectors = side == "zoo-vectors"
    config = make_config(
        ["tok2vec", name],
        model="vector_cnn" if with_vectors else None,
        pretrained=side == "zoo-pretrained",
    )
    if with_vectors:
        settings = {**settings, "paths.vectors": str(data / VECTORS)}
    run_training(parse_config(config.to_str(interpolate=False), settings), output)
    pipeline = zoo.load(output / "model-best")
    return lambda path: pipeline.evaluate(list(read_docs(path)))


def train_spacy(
    peer: str, side: str, settings: dict[str, Any], folder: Path, output: Path
) -> Callable[[Path], dict[str, Any]]:
    """Train a template of spaCy's; return what evaluates the best model on a file."""
    import spacy
    from spacy.cli.init_config import init_config
    from spacy.cli.train import train
    from spacy.training import Corpus

    with_vectors = side == "spacy-vectors"
    goal = "accuracy" if with_vectors else "efficiency"
    config = init_config(lang="en", pipeline=[peer], optimize=goal)
    path = folder / "config.cfg"
    config.to_disk(path)
    for part in ("train", "dev"):
        settings = {**settings, f"corpora.{part}.gold_preproc": True}
    if with_vectors:
        settings["paths.vectors"] = str(folder / "vectors")
    train(path, output, overrides=settings)
    nlp = spacy.load(output / "model-best")
    return lambda path: nlp.evaluate(list(Corpus(path, gold_preproc=True)(nlp)))


def measure(
    name: str, side: str, seed: int, data: Path, folder: Path
) -> dict[str, Any]:
    """Train and test once; return scores in percent, and seconds of the processor."""
    row, output, printed = ROWS[name], folder / "run", io.StringIO()
    shutil.rmtree(output, ignore_errors=True)
    settings = settings_of(row, seed, folder)
    began = time.process_time()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        if side.startswith("spacy"):
            evaluate = train_spacy(row.peer, side, settings, folder, output)
        else:
            evaluate = train_zoo(name, side, settings, data, output)
    seconds = time.process_time() - began
    scores = evaluate(folder / f"{row.corpus}-test.spacy")
    found = {score: round(100 * scores[score], 2) for score in row.scores}
    return {**found, "seconds": round(seconds)}


def tabulate(results: list[dict[str, Any]]) -> str:
    """Return a row for each score of each template, and a column for each side."""
    lines = [["template", "updates", "score", *TITLES.values()], ["---"] * 8]
    for name, row in ROWS.items():
        for score in row.scores:
            lines.append([f"`{name}`", f"{row.updates:,}", SCORES[score]])
            for side in TITLES:
                key = cell_of(name, side, None)
                runs = [run for run in results if key.items() <= run.items()]
                lines[-1].append(summarize([run[score] for run in runs]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell_of(name: str, side: str, seed: int | None) -> dict[str, Any]:
    """Return what the lines of a run, or of the runs of all seeds, contain."""
    if side.startswith("spacy"):
        name = ROWS[name].same_peer or name
    cell = {"row": name, "side": side, "updates": ROWS[name].updates}
    return cell if seed is None else {**cell, "seed": seed}


def summarize(values: list[float]) -> str:
    """Return the mean and the range of some scores."""
    if len(values) < 2:
        return "".join(f"{value:.2f} (one seed)" for value in values)
    mean = statistics.mean(values)
    return f"{mean:.2f} ({min(values):.2f} – {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", nargs="*", choices=ROWS, default=list(ROWS))
    parser.add_argument("--sides", nargs="*", choices=TITLES, default=list(TITLES))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--table", action="store_true", help="only print the table")
    arguments = parser.parse_args()
    file = arguments.folder / "results.jsonl"
    lines = file.read_text(encoding="utf8").splitlines() if file.exists() else []
    results = [json.loads(line) for line in lines]
    if not arguments.table:
        prepare(arguments.data, arguments.folder)
    runs = product(arguments.seeds, arguments.sides, arguments.rows)
    for seed, side, name in () if arguments.table else runs:
        cell = cell_of(name, side, seed)
        if any(cell.items() <= result.items() for result in results):
            continue
        found = measure(cell["row"], side, seed, arguments.data, arguments.folder)
        results.append({**cell, **found})
        with file.open("a", encoding="utf8") as stream:
            stream.write(json.dumps(results[-1]) + "\n")
        print(json.dumps(results[-1]), flush=True)
    print(tabulate(results))


if __name__ == "__main__":
    main()
