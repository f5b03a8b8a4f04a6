"""Measure how pretraining helps: tagging on few and on many sentences.

    python benchmarks/accuracy_pretraining.py DATA FOLDER [--sentences 250 1000 0]
        [--starts random vectors pretrained both teacher] [--seeds 0 1 2]
        [--epochs 4] [--teacher MODEL_FOLDER]

DATA contains ud_english_ewt/, raw/english.jsonl.gz and
vectors/minilm_words_100d.vec.gz. The script writes the pretrained encoders into FOLDER,
one for each start, and a line for each run into results.jsonl. Results that are already
there are not computed again, so the script can be interrupted. 0 sentences means all.
Prints the accuracy of XPOS tags on the test set: mean and range over seeds.

The starts: drawn at random; with static vectors; pretrained on characters; both; and
pretrained on the vectors of a transformer, which --teacher names.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from accuracy import TASKS, run

from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.config import parse_config, parse_overrides
from zoo.models.make_config import complete, make_config
from zoo.pretraining.pretrain import run_pretraining

STARTS = ("random", "vectors", "pretrained", "both", "teacher")
#: Passes over the training sentences, by their number.
TRAINING_EPOCHS = {250: 60, 1000: 30, 0: 10}


def settings_of(start: str, data: Path) -> dict[str, Any]:
    """Return the settings of the encoder, for pretraining and training alike."""
    if start not in ("vectors", "both"):
        return {}
    return {
        "components.tok2vec.model.embed.include_static_vectors": True,
        "paths.vectors": str(data / "vectors" / "minilm_words_100d.vec.gz"),
    }


def pretrain(start: str, arguments: argparse.Namespace, overrides: dict) -> Path:
    """Pretrain the encoder of a start, unless that is done; return its folder."""
    output = arguments.folder / start
    done = arguments.folder / f"{start}.done"
    if done.exists():
        return output / "model-best"
    settings = {
        "paths.raw_text": str(arguments.data / "raw" / "english.jsonl.gz"),
        "pretraining.max_epochs": arguments.epochs,
        **settings_of(start, arguments.data),
        **overrides,
    }
    config = complete(make_config(["tok2vec", "tagger"]), pretraining=True)
    if start == "teacher":
        config["pretraining"]["objective"] = make_teacher(arguments)
    text = complete(config).to_str(interpolate=False)
    run_pretraining(parse_config(text, settings), output, resume=output.exists())
    done.touch()
    return output / "model-best"


def make_teacher(arguments: argparse.Namespace) -> dict[str, Any]:
    """Describe the objective that learns from a transformer."""
    if arguments.teacher is None:
        raise ValueError("the start 'teacher' needs --teacher MODEL_FOLDER.")
    return {
        "@objectives": "zoo.PretrainTeacher.v1",
        "maxout_pieces": 3,
        "hidden_size": 300,
        "loss": "cosine",
        "is_masked": False,
        "cache": str(arguments.folder / "teacher-vectors"),
        "teacher": {
            "@architectures": "zoo.Tok2VecTransformer.v1",
            "transformer": {
                "@architectures": "zoo.TransformerWrapper.v1",
                "name": str(arguments.teacher),
            },
            "pooling": {"@architectures": "zoo.PoolPieces.v1"},
        },
    }


def measure(
    start: str, sentences: int, seed: int, arguments: argparse.Namespace, rest: dict
) -> dict[str, Any]:
    """Train and test once."""
    own = ("pretraining.", "corpora.pretrain.")
    pretraining = {n: v for n, v in rest.items() if n.startswith(own)}
    settings = {
        "training.max_epochs": TRAINING_EPOCHS.get(sentences, 10),
        "training.logger": None,
        "corpora.train.limit": sentences,
        **settings_of(start, arguments.data),
        **{name: value for name, value in rest.items() if name not in pretraining},
    }
    if start in ("pretrained", "both", "teacher"):
        source = pretrain(start, arguments, pretraining)
        settings["paths.init_tok2vec"] = str(source)
    data = arguments.data / "ud_english_ewt"
    with tempfile.TemporaryDirectory() as folder:
        found = run(TASKS["tagging"], data, Path(folder) / "run", seed, settings)
    return {"start": start, "sentences": sentences, **found}


def tabulate(results: list[dict[str, Any]]) -> str:
    """Return mean and range of each cell, a row for each start."""
    sizes = list(dict.fromkeys(result["sentences"] for result in results))
    head = ["start", *(f"{size:,} sentences" if size else "all" for size in sizes)]
    lines = [head, ["---"] * len(head)]
    for start in STARTS:
        cells = [start]
        for size in sizes:
            scores = [
                result["tag_acc"]
                for result in results
                if (result["start"], result["sentences"]) == (start, size)
            ]
            cells.append(summarize(scores) if scores else "")
        if any(cells[1:]):
            lines.append(cells)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summarize(scores: list[float]) -> str:
    mean = f"{statistics.mean(scores):.2f}"
    if len(scores) == 1:
        return f"{mean} (1 seed)"
    return f"{mean} ({min(scores):.2f} – {max(scores):.2f}, {len(scores)} seeds)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=int, nargs="*", default=[250, 1000, 0])
    parser.add_argument("--starts", nargs="*", choices=STARTS, default=STARTS[:4])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--teacher", type=Path)
    arguments, rest = parser.parse_known_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    file = arguments.folder / "results.jsonl"
    lines = file.read_text(encoding="utf8").splitlines() if file.exists() else []
    results = [json.loads(line) for line in lines]
    overrides = parse_overrides(rest)
    for seed in arguments.seeds:
        for sentences in arguments.sentences:
            for start in arguments.starts:
                cell = {"start": start, "sentences": sentences, "seed": seed}
                if any(cell.items() <= result.items() for result in results):
                    continue
                found = measure(start, sentences, seed, arguments, overrides)
                results.append(found)
                with file.open("a", encoding="utf8") as stream:
                    stream.write(json.dumps(found) + "\n")
                print(json.dumps(found), flush=True)
    print(tabulate(results))


if __name__ == "__main__":
    main()
