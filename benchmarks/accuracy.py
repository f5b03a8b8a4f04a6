"""Train zoo on real corpora and print its scores on their test sets.

    python benchmarks/accuracy.py tagging DATA/ud_english_ewt [--seeds 0 1]
    python benchmarks/accuracy.py textcat DATA/sst2 [--seeds 0 1]
    python benchmarks/accuracy.py textcat-tok2vec DATA/sst2 [--seeds 0 1]
    python benchmarks/accuracy.py upos DATA/ud_english_ewt [--seeds 0 1]
    python benchmarks/accuracy.py entities DATA/wnut17 [--seeds 0 1 2]
    python benchmarks/accuracy.py multitask DATA [--seeds 0 1]
    python benchmarks/accuracy.py tagging-transformer DATA/ud_english_ewt \\
        --components.transformer.model.name MODEL [--seeds 0 1]
    python benchmarks/accuracy.py textcat-transformer DATA/sst2 \\
        --components.transformer.model.name MODEL [--seeds 0 1]

Prints a line of JSON for each run, and the means at the end. Settings of the config can
be overridden as with `zoo train`: --training.max_epochs 5. With `--keep FOLDER`, each
run is kept in FOLDER/TASK-SEED.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import zoo
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.config import parse_config, parse_overrides
from zoo.corpora import read_docs
from zoo.models.make_config import make_config
from zoo.training.run_training import run_training

#: A bag of words in place of the classifier's default model.
BAG_OF_WORDS = {
    "@architectures": "zoo.TextCatBOW.v1",
    "exclusive_classes": True,
    "ngram_size": 1,
    "no_output_layer": False,
    "length": 262144,
    "nO": None,
}


class Task(NamedTuple):
    """One or more corpora, and what is trained on them."""

    pipeline: list[str]
    files: list[str]  # With {} for train, dev and test.
    scores: list[str]
    settings: dict[str, Any]
    textcat: dict[str, Any] | None = None

    def paths(self, data: Path, part: str) -> list[str]:
        return [str(data / file.format(part)) for file in self.files]


TASKS = {
    "tagging": Task(
        ["tok2vec", "tagger"],
        ["{}.conllu.gz"],
        ["tag_acc"],
        {"training.max_epochs": 10},
    ),
    "textcat": Task(
        ["textcat"],
        ["{}.tsv.gz"],
        ["cats_macro_f", "cats_acc"],
        {"training.max_epochs": 8},
        BAG_OF_WORDS,
    ),
    "textcat-tok2vec": Task(
        ["textcat"],
        ["{}.tsv.gz"],
        ["cats_macro_f", "cats_acc"],
        {
            "training.max_epochs": 8,
            "training.dropout": 0.4,
            "training.optimizer.use_averages": True,
            "components.textcat.model.tok2vec.embed.rows": [20000, 1000, 5000, 1000],
            "components.textcat.model.tok2vec.encode.depth": 2,
        },
    ),
    "entities": Task(
        ["tok2vec", "entity_tagger"],
        ["{}.conll.gz"],
        ["ents_f", "ents_p", "ents_r"],
        {
            "training.max_epochs": 6,
            "training.dropout": 0.4,
            "training.eval_frequency": 100,
            "training.optimizer.use_averages": True,
            "components.entity_tagger.bias": 2.5,
        },
    ),
    "upos": Task(
        ["tok2vec", "pos"],
        ["{}.conllu.gz"],
        ["pos_acc"],
        {"training.max_epochs": 10},
    ),
    "multitask": Task(
        ["tok2vec", "tagger", "pos", "entity_tagger"],
        ["ud_english_ewt/{}.conllu.gz", "wnut17/{}.conll.gz"],
        ["tag_acc", "pos_acc", "ents_f"],
        {
            "training.max_epochs": 10,
            "training.dropout": 0.3,
            "training.optimizer.use_averages": True,
            "components.entity_tagger.bias": 2.5,
        },
    ),
    # On the first 2,000 sentences; 400 words are about 500 pieces.
    "tagging-transformer": Task(
        ["transformer", "tagger"],
        ["{}.conllu.gz"],
        ["tag_acc"],
        {
            "corpora.train.limit": 2000,
            "system.gpu_allocator": None,
            "nlp.batch_size": 64,
            "training.max_epochs": 8,
            "training.eval_frequency": 236,
            "training.accumulate_gradient": 1,
            "training.batcher.size": 400,
            "training.optimizer.learn_rate.initial_rate": 0.0003,
            "training.optimizer.learn_rate.warmup_steps": 94,
            "training.optimizer.learn_rate.total_steps": 944,
        },
    ),
    "textcat-transformer": Task(
        ["transformer", "textcat"],
        ["{}.tsv.gz"],
        ["cats_macro_f", "cats_acc"],
        {
            "system.gpu_allocator": None,
            "nlp.batch_size": 64,
            "training.max_epochs": 3,
            "training.eval_frequency": 165,
            "training.accumulate_gradient": 1,
            "training.batcher.size": 1000,
            "training.optimizer.learn_rate.initial_rate": 0.0001,
            "training.optimizer.learn_rate.warmup_steps": 50,
            "training.optimizer.learn_rate.total_steps": 495,
        },
    ),
}
COMMON = {
    "training.max_steps": 0,
    "training.patience": 0,
    "training.eval_frequency": 250,
}


def run(
    task: Task, data: Path, output: Path, seed: int, overrides: dict[str, Any]
) -> dict[str, Any]:
    """Train once into a folder, and evaluate the best model on the test sets."""
    settings = {
        **COMMON,
        **task.settings,
        "corpora.train.path": task.paths(data, "train"),
        "corpora.dev.path": task.paths(data, "dev"),
        "system.seed": seed,
        **overrides,
    }
    config = make_config(task.pipeline)
    if any(".tsv" in file for file in task.files):  # Its words are split already.
        config["nlp"]["tokenizer"] = {"@tokenizers": "zoo.WhitespaceTokenizer.v1"}
    if task.textcat is not None:
        config["components"]["textcat"]["model"] = task.textcat
    text = config.to_str(interpolate=False)
    run_training(parse_config(text, settings), output)
    docs = list(read_docs(task.paths(data, "test")))
    scores = zoo.load(output / "model-best").evaluate(docs)
    log = (output / "log.jsonl").read_text(encoding="utf8").splitlines()
    last = json.loads(log[-1])
    speed = round(last["words"] / last["seconds"])
    found = {name: round(100 * scores[name], 2) for name in task.scores}
    return {"seed": seed, **found, "train_words_per_s": speed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1])
    parser.add_argument("--keep", type=Path, help="folder to leave the models in")
    arguments, rest = parser.parse_known_args()
    task, overrides = TASKS[arguments.task], parse_overrides(rest)
    runs = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        for seed in arguments.seeds:
            output = folder / f"{arguments.task}-{seed}"
            runs.append(run(task, arguments.data, output, seed, overrides))
            print(json.dumps({"task": arguments.task, **runs[-1]}), flush=True)
    for name in task.scores:
        mean = statistics.mean(run[name] for run in runs)
        print(f"{name}: mean {mean:.2f} of {len(runs)} seeds")


if __name__ == "__main__":
    main()
