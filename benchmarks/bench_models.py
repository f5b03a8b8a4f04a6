"""Train every ready-made model with one small budget, and measure it.

    python benchmarks/bench_models.py DATA [--models hash_cnn_small …] [--only speed]
        [--weights FOLDER]

DATA contains ud_english_ewt/, sst2/ and vectors/. Encoders get a tagger on top. Taggers
are trained on the first 1,000 sentences of EWT for 10 epochs, classifiers on the first
2,000 of SST-2 for 8, with Adam at 0.001; transformers for 4 epochs at 0.0001. The best
model on the development set is tested. Speed is that of the whole model in batches of
256 documents of the test set, in words per second of processor time, on one thread: set
ZOO_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1.

Writes zoo/models/measured.json, and keeps the figures of models that are not named.
Prints the rows of the table in docs/models.md.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import thinc

import zoo
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo._parameters import named_parameters
from zoo._registry import capabilities
from zoo.corpora import read_docs
from zoo.models import model_card, model_config
from zoo.models.catalog import MEASURED, TITLES, needs_of
from zoo.models.create import model_names
from zoo.models.make_config import make_config
from zoo.training.run_training import run_training

SEED = 0
N_RUNS = 3
FINETUNING_RATE, FINETUNING_EPOCHS = 0.0001, 4
VECTORS = "vectors/minilm_words_100d.vec.gz"


class Budget(NamedTuple):
    """What models for a task are trained on, and how long."""

    component: str  # The head.
    files: str
    score: str
    measure: str
    training: dict[str, Any]
    limit: int


TAGGING = Budget(
    "tagger",
    "ud_english_ewt/{}.conllu.gz",
    "tag_acc",
    "EWT, XPOS accuracy",
    {"max_epochs": 10, "dropout": 0.1},
    limit=1000,
)
CLASSIFICATION = Budget(
    "textcat",
    "sst2/{}.tsv.gz",
    "cats_macro_f",
    "SST-2, macro F",
    {"max_epochs": 8, "dropout": 0.4},
    limit=2000,
)
BUDGETS = {
    "encoding": TAGGING,
    "tagging": TAGGING,
    "classification": CLASSIFICATION,
}


def make_training_config(
    name: str, data: Path, weights: str | None
) -> tuple[Any, Budget]:
    """Make the config that trains a model, as an encoder or as a head.

    weights: The folder of a transformer, if it is not to be fetched.
    """
    block = model_config(name)
    if weights is not None and "transformers" in needs_of(block):
        block = model_config(name, weights=weights)
    task = capabilities(block["@architectures"]).task or ""
    budget = BUDGETS[task]
    if task == "encoding":
        config = make_config(["tok2vec", budget.component])
        config["components"]["tok2vec"]["model"] = block
        config["components"][budget.component]["model"]["tok2vec"]["width"] = None
    else:
        config = make_config([budget.component])
        config["components"][budget.component]["model"] = block
    train, dev = (str(data / budget.files.format(part)) for part in ("train", "dev"))
    vectors = str(data / VECTORS) if "vectors" in needs_of(block) else None
    config["paths"].update(train=train, dev=dev, vectors=vectors)
    config["corpora"]["train"]["limit"] = budget.limit
    if ".tsv" in budget.files:  # Its words are split already.
        config["nlp"]["tokenizer"] = {"@tokenizers": "zoo.WhitespaceTokenizer.v1"}
    config["system"]["seed"] = SEED
    limits = {"max_steps": 0, "patience": 0, "eval_frequency": 250}
    config["training"].update({**limits, **budget.training})
    if "transformers" in needs_of(block):
        config["training"]["optimizer"]["learn_rate"] = FINETUNING_RATE
        config["training"]["max_epochs"] = FINETUNING_EPOCHS
    return config, budget


def measure(
    name: str, data: Path, weights: str | None, *, only_speed: bool
) -> dict[str, Any]:
    """Train a model, and return its size, its score and its speed."""
    config, budget = make_training_config(name, data, weights)
    docs = list(read_docs(data / budget.files.format("test")))
    figures: dict[str, Any] = {}
    if only_speed:
        pipeline = zoo.Pipeline.from_config(config)
        train = list(islice(read_docs(config["paths"]["train"]), budget.limit or None))
        path = config["paths"]["vectors"]
        pipeline.initialize(train, vectors=path and zoo.read_vectors(path))
    else:
        with tempfile.TemporaryDirectory() as folder:
            run_training(config, Path(folder) / "run")
            pipeline = zoo.load(Path(folder) / "run" / "model-best")
        scores = pipeline.evaluate(docs)
        figures["score"] = round(100 * scores[budget.score], 2)
        figures["measure"] = budget.measure
    measured = next(iter(pipeline.components.values()))  # The encoder or the head.
    parameters = [p.value for p in named_parameters(measured.model).values()]
    figures["n_parameters"] = sum(p.size for p in parameters if p is not None)
    objective = measured.objective
    figures["n_labels"] = 0 if objective is None else len(objective.labels)
    figures["words_per_s"] = measure_speed(measured.model, docs)
    return figures


def measure_speed(model: Any, docs: list[Any]) -> int:
    """Return the median speed of prediction, in two digits.

    Seconds are those of the processor, so that what else runs counts for little.
    """
    batches = [docs[i : i + 256] for i in range(0, len(docs), 256)]
    n_words, seconds = sum(map(len, docs)), []
    for _ in range(N_RUNS + 1):
        start = time.process_time()
        for batch in batches:
            model.predict(batch)
        seconds.append(time.process_time() - start)
    speed = n_words / statistics.median(seconds[1:])  # The first warms caches up.
    return int(float(f"{speed:.2g}"))


def machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {
        "cpu": models[0] if models else platform.processor(),
        "threads": os.environ.get("ZOO_NUM_THREADS"),
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS"),
        "python": platform.python_version(),
        "thinc": thinc.__version__,
        "zoo": zoo.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", nargs="*", default=model_names())
    parser.add_argument("--only", choices=["speed"])
    parser.add_argument("--weights", help="Folder of the transformer; else the hub.")
    arguments = parser.parse_args()
    only_speed = arguments.only == "speed"
    for name in arguments.models:
        data, weights = arguments.data, arguments.weights
        figures = measure(name, data, weights, only_speed=only_speed)
        # Read again, as another run may have written meanwhile.
        known = json.loads(MEASURED.read_text("utf8")) if MEASURED.exists() else {}
        models = known.get("models", {})
        models[name] = {**models.get(name, {}), **figures}
        ordered = {key: models[key] for key in sorted(models)}
        record = {"machine": machine(), "seed": SEED, "models": ordered}
        MEASURED.write_text(json.dumps(record, indent=2) + "\n", "utf8")
        print(json.dumps({"model": name, **figures}), flush=True)
    show(arguments.models)


def show(names: list[str]) -> None:
    """Print the table of docs/models.md."""
    cards = (model_card(name).cells() for name in names)
    rows = ([f"`{name}`", *cells] for name, *cells in cards)
    for row in (TITLES, ["---"] * len(TITLES), *rows):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
