"""Measure what the pretrained encoders that come with zoo are worth.

    python benchmarks/bench_encoders.py DATA RESULTS.jsonl [--seeds 0 1 2]
        [--cases ewt-250 ...] [--encoders hash-cnn-small ...] [--starts random zoo]
        [--table] [--scores SCORES.json]

DATA contains ud_english_ewt/, sst2/ and wnut17/; the cases german and mixed read
german/ and mixed/ there, with {train,dev,test}.conllu of any treebank. Each case takes
the first sentences or texts of the training corpus, and the config that
`zoo init config --train FILE --pretrained` makes; the random start differs only
in having no `init_tok2vec`. The encoder "template" is none by name: what --pretrained
chooses, or the config without it. Adds a line to RESULTS for each run; what is there is
not computed again, so the script can be interrupted. At the end, or with --table at
once, prints a table of the mean and the range over seeds of the test scores.
"""

import argparse
import json
import statistics
import tempfile
import time
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import zoo
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.config import parse_config, parse_overrides
from zoo.corpora import read_docs
from zoo.models._fit_corpus import CorpusSize
from zoo.models.make_config import make_config
from zoo.training.run_training import run_training


class Case(NamedTuple):
    """A corpus, how much of it is learned from, and what is measured."""

    title: str
    head: str
    files: str  # With {} for train, dev and test.
    limit: int  # 0: all.
    score: str


CASES = {
    "ewt-250": Case(
        "EWT, 250", "tagger", "ud_english_ewt/{}.conllu.gz", 250, "tag_acc"
    ),
    "ewt-1000": Case(
        "EWT, 1,000", "tagger", "ud_english_ewt/{}.conllu.gz", 1000, "tag_acc"
    ),
    "ewt-all": Case("EWT, all", "tagger", "ud_english_ewt/{}.conllu.gz", 0, "tag_acc"),
    "sst2-500": Case("SST-2, 500", "textcat", "sst2/{}.tsv.gz", 500, "cats_macro_f"),
    "sst2-2000": Case(
        "SST-2, 2,000", "textcat", "sst2/{}.tsv.gz", 2000, "cats_macro_f"
    ),
    "wnut-all": Case(
        "WNUT-17, all", "entity_tagger", "wnut17/{}.conll.gz", 0, "ents_f"
    ),
    "german-250": Case("German, 250", "pos", "german/{}.conllu", 250, "pos_acc"),
    "mixed-250": Case("code-mixed, 250", "pos", "mixed/{}.conllu", 250, "pos_acc"),
}
#: Documents of the development set for small training sets, as few have more.
DEV_LIMIT = 500
STARTS = ("random", "zoo")
TEMPLATE = "template"


def measure(
    case: Case, encoder: str, start: str, seed: int, data: Path, rest: dict[str, Any]
) -> dict[str, Any]:
    """Train once and evaluate the best model on the test set."""
    train = data / case.files.format("train")
    docs = read_docs(train)
    size = CorpusSize.of(islice(docs, case.limit) if case.limit else docs)
    if encoder == TEMPLATE:
        config = make_config([case.head], size=size, pretrained=start == "zoo")
    else:
        config = make_config([case.head], size=size, model=encoder, pretrained=True)
    if "tsv" in case.files:  # Its words are split already.
        config["nlp"]["tokenizer"] = {"@tokenizers": "zoo.WhitespaceTokenizer.v1"}
    settings = {
        "corpora.train.path": str(train),
        "corpora.train.limit": case.limit,
        "corpora.dev.path": str(data / case.files.format("dev")),
        "corpora.dev.limit": DEV_LIMIT if case.limit else 0,
        "system.seed": seed,
        "training.logger": None,
        **({"paths.init_tok2vec": None} if start == "random" else {}),
        **rest,
    }
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "run"
        run_training(parse_config(config.to_str(interpolate=False), settings), output)
        seconds = time.process_time() - began
        test = list(read_docs(data / case.files.format("test")))
        scores = zoo.load(output / "model-best").evaluate(test)
    return {"score": round(100 * scores[case.score], 2), "cpu_s": round(seconds, 1)}


def tabulate(results: list[dict[str, Any]]) -> str:
    """Return mean and range of each cell, a row for each encoder and start."""
    cases = [name for name in CASES if any(r["case"] == name for r in results)]
    head = ["encoder", "start", *(CASES[name].title for name in cases)]
    lines = [head, ["---"] * len(head)]
    found = sorted({(r["encoder"], r["start"]) for r in results})
    for encoder, start in found:
        cells = [encoder, start]
        for case in cases:
            key = {"case": case, "encoder": encoder, "start": start}
            scores = [r["score"] for r in results if key.items() <= r.items()]
            cells.append(summarize(scores))
        lines.append(cells)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summarize(scores: list[float]) -> str:
    if not scores:
        return ""
    mean = f"{statistics.mean(scores):.2f}"
    if len(scores) == 1:
        return f"{mean} (one seed)"
    return f"{mean} ({min(scores):.2f} – {max(scores):.2f})"


def collect_scores(results: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return what the cards of the encoders say: scores beside those at random."""
    cards: dict[str, dict[str, str]] = {}
    encoders = sorted({r["encoder"] for r in results} - {TEMPLATE})
    for encoder, case in product(encoders, CASES):
        parts = []
        for start in reversed(STARTS):
            key = {"case": case, "encoder": encoder, "start": start}
            scores = [r["score"] for r in results if key.items() <= r.items()]
            parts.append(summarize(scores))
        if all(parts):
            text = f"{parts[0]}, {parts[1]} from random weights"
            cards.setdefault(encoder, {})[CASES[case].title] = text
    return cards


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    encoders = zoo.list_models(pretrained=True)
    parser.add_argument(
        "--encoders", nargs="*", choices=[*encoders, TEMPLATE], default=encoders
    )
    parser.add_argument("--starts", nargs="*", choices=STARTS, default=STARTS)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--table", action="store_true", help="only print the table")
    parser.add_argument("--scores", type=Path, help="write what the cards say")
    arguments, rest = parser.parse_known_args()
    overrides = parse_overrides(rest)
    file = arguments.results
    lines = file.read_text(encoding="utf8").splitlines() if file.exists() else []
    results = [json.loads(line) for line in lines]
    runs = product(
        arguments.seeds, arguments.cases, arguments.encoders, arguments.starts
    )
    for seed, case, encoder, start in () if arguments.table else runs:
        encoder = encoder.replace("_", "-")
        cell = {"case": case, "encoder": encoder, "start": start, "seed": seed}
        if any(cell.items() <= result.items() for result in results):
            continue
        path = arguments.data / CASES[case].files.format("train")
        if not path.exists():
            print(f"{case}: there is no {path}", flush=True)
            continue
        found = measure(CASES[case], encoder, start, seed, arguments.data, overrides)
        results.append({**cell, **found})
        with file.open("a", encoding="utf8") as stream:
            stream.write(json.dumps(results[-1]) + "\n")
        print(json.dumps(results[-1]), flush=True)
    print(tabulate(results))
    if arguments.scores:
        text = json.dumps(collect_scores(results), indent=1, ensure_ascii=False)
        arguments.scores.write_text(text + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
