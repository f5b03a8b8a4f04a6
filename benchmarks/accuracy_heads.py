"""Train spaCy's parser and entity recognizer in spaCy and in zoo, and test them.

    python benchmarks/accuracy_heads.py DATA FOLDER [--rows parser ner] [--seeds 0 1 2]
        [--sides spacy zoo] [--training.max_steps 2000]

DATA contains ud_english_ewt/, wnut17/, raw/english.jsonl.gz and
vectors/minilm_words_100d.vec.gz. Both sides run `train` on one config, as
`spacy init config -o efficiency` writes it, on the same `.spacy` files, and with the
words as annotated (gold_preproc). The best model on the development set is scored on
the test set. Each run is a process of its own; its line is appended to
FOLDER/results.jsonl at once, and what is there is not computed again, so the script can
be interrupted. Other options override settings of all configs.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import zoo
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.config import parse_config, parse_overrides
from zoo.corpora import read_docs, write_docs
from zoo.models.make_config import complete
from zoo.pretraining.pretrain import run_pretraining

PARTS = ("train", "dev", "test")
CORPORA = {"ewt": ("ud_english_ewt", "conllu"), "wnut": ("wnut17", "conll")}
VECTORS = {"components.tok2vec.model.embed.include_static_vectors": True}
#: zoo's own form of the model, in which all that is wrong in spaCy's is right.
RIGHT = {
    "@architectures": "zoo.TransitionModel.v1",
    "hidden_dropout": None,
    "last_for_missing": False,
    "learn_ends": True,
}


class Row(NamedTuple):
    """What is trained, and with which settings beside those of the usual config."""

    pipeline: str
    corpus: str
    scores: tuple[str, ...]
    sides: tuple[str, ...] = ("zoo",)
    settings: Mapping[str, Any] = MappingProxyType({})
    #: Settings of the model of the last component.
    model: Mapping[str, Any] = MappingProxyType({})
    #: Whether the last component is zoo's `entity_tagger` instead.
    is_crf: bool = False
    #: Whether the encoder is pretrained on raw text.
    is_pretrained: bool = False


PARSER = Row("tagger,parser", "ewt", ("dep_uas", "dep_las", "tag_acc"))
NER = Row("ner", "wnut", ("ents_f", "ents_p", "ents_r"))
BOTH = ("spacy", "zoo")
#: What was chosen for the CRF on the development set.
TUNED = {"training.dropout": 0.4, "training.optimizer.use_averages": True}


def with_defects(row: Row, name: str, *defects: str) -> dict[str, Row]:
    """Return a row in spaCy's way, one for each defect put right, and one for all."""
    form = {**RIGHT, "hidden_dropout": 0.1, "last_for_missing": True}
    form["learn_ends"] = False
    rows = {f"{name}, spaCy's way": row._replace(model=form)}
    for defect in defects:
        model = form | {defect: RIGHT[defect]}
        rows[f"{name}, right {defect}"] = row._replace(model=model)
    rows[f"{name}, all right"] = row._replace(model=RIGHT)
    return rows


ROWS = {
    "parser": PARSER._replace(sides=BOTH),
    "ner": NER._replace(sides=BOTH),
    "ner, vectors": NER._replace(sides=BOTH, settings=VECTORS),
    "entity_tagger": NER._replace(is_crf=True),
    "entity_tagger, vectors": NER._replace(is_crf=True, settings=VECTORS),
    "ner, tuned": NER._replace(settings=TUNED),
    "ner, tuned, vectors": NER._replace(settings={**TUNED, **VECTORS}),
    "parser, pretrained": PARSER._replace(is_pretrained=True),
    **with_defects(
        NER._replace(settings={"training.dropout": 0.3}),
        "ner, dropout 0.3",
        "hidden_dropout",
        "last_for_missing",
    ),
    **with_defects(
        PARSER._replace(settings={"training.dropout": 0.3}),
        "parser, dropout 0.3",
        "hidden_dropout",
        "last_for_missing",
        "learn_ends",
    ),
}


def prepare(data: Path, folder: Path) -> None:
    """Write the corpora as `.spacy` files, and the vectors in spaCy's form."""
    for name, (directory, ending) in CORPORA.items():
        for part in PARTS:
            path = folder / f"{name}-{part}.spacy"
            if not path.exists():
                write_docs(read_docs(data / directory / f"{part}.{ending}.gz"), path)
    if not (folder / "vectors").exists():
        table = data / "vectors" / "minilm_words_100d.vec.gz"
        run_python("-m", "spacy", "init", "vectors", "en", table, folder / "vectors")


def write_config(row: Row, folder: Path, path: Path, data: Path) -> None:
    """Write the config of a row, which all sides of it read."""
    run_python(
        *("-m", "spacy", "init", "config", path, "--force"),
        *("--pipeline", row.pipeline, "--optimize", "efficiency"),
    )
    config = zoo.load_config(path)
    last = config["components"][config["nlp"]["pipeline"][-1]]
    last.get("model", {}).update(row.model)
    if row.is_crf:
        tok2vec = last["model"]["tok2vec"]
        model = {"@architectures": "zoo.EntityTagger.v1", "tok2vec": tok2vec}
        last.clear()
        last.update(factory="entity_tagger", model=model)
    for part in PARTS[:2]:
        config["corpora"][part]["gold_preproc"] = True
        config["paths"][part] = str(folder / f"{row.corpus}-{part}.spacy")
    if "vectors" in " ".join(row.settings):
        config["paths"]["vectors"] = str(folder / "vectors")
    if row.is_pretrained:
        config["paths"]["init_tok2vec"] = str(pretrain(config, folder, data))
    settings = {"training.max_epochs": 0, "training.patience": 0, **row.settings}
    text = config.to_str(interpolate=False)
    parse_config(text, settings).to_disk(path, interpolate=False)


def pretrain(config: Any, folder: Path, data: Path) -> Path:
    """Pretrain the encoder of a config on characters, once; return its folder."""
    output = folder / "pretrained"
    if not (output / "model-best").exists():
        settings = {
            "paths.raw_text": str(data / "raw" / "english.jsonl.gz"),
            "pretraining.max_epochs": 1,
        }
        text = complete(config, pretraining=True).to_str(interpolate=False)
        run_pretraining(parse_config(text, settings), output)
    return output / "model-best"


def measure(
    row: Row, side: str, seed: int, folder: Path, config: Path, rest: list[str]
) -> dict[str, Any]:
    """Train and test once; return scores in percent, and seconds of the processor."""
    output = folder / "run"
    shutil.rmtree(output, ignore_errors=True)
    used = child_seconds()
    run_python(
        *("-m", side, "train", config, "--output", output),
        *("--system.seed", seed, *rest),
    )
    used = child_seconds() - used
    test, report = folder / f"{row.corpus}-test.spacy", folder / "scores.json"
    options = ["--gold-preproc"] if side == "spacy" else []
    model = output / "model-best"
    run_python("-m", side, "evaluate", model, test, "--output", report, *options)
    scores = json.loads(report.read_text(encoding="utf8"))
    found = {name: round(100 * scores[name], 2) for name in row.scores}
    return {"side": side, "seed": seed, **found, "seconds": round(used)}


def child_seconds() -> float:
    """Return the processor's seconds that all children have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_python(*arguments: Any) -> None:
    """Run Python in a process of its own, and show what it printed if it fails."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def tabulate(results: list[dict[str, Any]]) -> str:
    """Return a table of each row and side: by seed, mean, and seconds."""
    lines = ["| row | side | score | by seed | mean | seconds |", "| --- " * 6 + "|"]
    for name, row in ROWS.items():
        for side in row.sides:
            runs = [r for r in results if (r["row"], r["side"]) == (name, side)]
            for score in row.scores if runs else ():
                values = [run[score] for run in runs]
                shown = ", ".join(f"{value:.2f}" for value in values)
                mean = f"{statistics.mean(values):.2f}"
                seconds = f"{statistics.mean(run['seconds'] for run in runs):.0f}"
                cells = (name, side, score, shown, mean, seconds)
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", nargs="*", default=["parser", "ner"], choices=ROWS)
    parser.add_argument("--sides", nargs="*", default=BOTH, choices=BOTH)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    arguments, rest = parser.parse_known_args()
    folder, overrides = arguments.folder, parse_overrides(rest)
    folder.mkdir(parents=True, exist_ok=True)
    prepare(arguments.data, folder)
    file = folder / "results.jsonl"
    lines = file.read_text(encoding="utf8").splitlines() if file.exists() else []
    results = [json.loads(line) for line in lines]
    for seed in arguments.seeds:
        for name in arguments.rows:
            for side in (s for s in ROWS[name].sides if s in arguments.sides):
                cell = {"row": name, "side": side, "seed": seed, "rest": overrides}
                if any(cell.items() <= result.items() for result in results):
                    continue
                config = folder / "config.cfg"
                write_config(ROWS[name], folder, config, arguments.data)
                found = measure(ROWS[name], side, seed, folder, config, rest)
                results.append({"row": name, **found, "rest": overrides})
                with file.open("a", encoding="utf8") as stream:
                    stream.write(json.dumps(results[-1]) + "\n")
                print(json.dumps(results[-1]), flush=True)
    print(tabulate([r for r in results if r["rest"] == overrides]))


if __name__ == "__main__":
    main()
