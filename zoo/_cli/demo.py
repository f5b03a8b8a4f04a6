"""Run the main job on the corpus that comes with zoo, and show what it learned."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._terminal import Cell, print_line, print_table

if TYPE_CHECKING:
    from ..doc import Doc

DATA = Path(__file__).parents[1] / "data" / "everyday"
#: Sentences to show at the end.
N_SHOWN = 6


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the models and the log.")
    ] = Path("zoo-demo"),
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier run.")] = False,
) -> None:
    """Train a tagger and a classifier on a small corpus of zoo.

    Does what init config, train, evaluate and apply do.
    """
    from .. import _register_all as _names
    from ..corpora import read_docs
    from ..models.make_config import make_config
    from ..training.run_training import run_training

    config = make_config(["tok2vec", "pos", "textcat"])
    config["paths"] |= {
        "train": str(DATA / "train.jsonl"),
        "dev": str(DATA / "dev.jsonl"),
    }
    config["training"] |= {"max_epochs": 12, "eval_frequency": 100, "patience": 0}
    config["training"]["optimizer"]["use_averages"] = True
    print_line("Training tags and categories on 2,240 sentences …")
    run_training(config, output, overwrite=overwrite)
    pipeline = _names.load(output / "model-best")
    test = list(read_docs(DATA / "test.jsonl"))
    scores = pipeline.evaluate(test)
    print_line(f"\nOn {len(test)} sentences that it has not seen:")
    rows = [(what, f"{100 * scores[n]:.1f} % right") for what, n in SHOWN.items()]
    print_table(rows, indent=2)
    predicted = pipeline([doc.copy(annotations=False) for doc in test[:N_SHOWN]])
    for gold, doc in zip(test, predicted, strict=False):
        print_line(f"\n{_best(doc)} {'' if _best(doc) == _best(gold) else '(wrong)'}")
        print_table([doc.words, list(_tags(doc, gold))])


#: The scores to show at the end.
SHOWN = {"tags": "pos_acc", "categories": "cats_acc"}


def _best(doc: "Doc") -> str:
    cats = doc.cats or {}
    return max(cats, key=lambda label: cats[label], default="")


def _tags(doc: "Doc", gold: "Doc") -> list[Cell]:
    pairs = zip(doc.pos or [], gold.pos or [], strict=True)
    return [(p or "", "green" if p == g else "red") for p, g in pairs]
