"""Run the main job on the corpus that comes with zoo, and show what it learned."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .. import _register as _names  # noqa: F401  Registers all names.
from ..corpora import read_docs
from ..doc import Doc
from ..models.make_config import make_config
from ..pipeline import load
from ..training.run_training import run_training

DATA = Path(__file__).parent / "data" / "everyday"
#: Sentences to show at the end.
N_SHOWN = 6


def run_demo(output: Path, *, overwrite: bool = False) -> None:
    """Train tags and categories over one encoder, evaluate, and show sentences.

    Does what `zoo init config`, `zoo train`, `zoo evaluate` and `zoo apply` do.
    """
    console = Console(highlight=False)
    config = make_config(["tok2vec", "pos", "textcat"])
    config["paths"] |= {
        "train": str(DATA / "train.jsonl"),
        "dev": str(DATA / "dev.jsonl"),
    }
    config["training"] |= {"max_epochs": 12, "eval_frequency": 100, "patience": 0}
    config["training"]["optimizer"]["use_averages"] = True
    console.print("Training tags and categories on 2,240 sentences …")
    run_training(config, output, overwrite=overwrite)
    pipeline = load(output / "model-best")
    test = list(read_docs(DATA / "test.jsonl"))
    scores = pipeline.evaluate(test)
    console.print(f"\nOn {len(test)} sentences that it has not seen:")
    console.print(f"  tags       {100 * scores['pos_acc']:.1f} % right")
    console.print(f"  categories {100 * scores['cats_acc']:.1f} % right\n")
    shown = pipeline([doc.copy(annotations=False) for doc in test[:N_SHOWN]])
    for gold, doc in zip(test, shown, strict=False):
        console.print(_as_table(doc, gold))


def _as_table(doc: Doc, gold: Doc) -> Table:
    cats, truth = doc.cats or {}, gold.cats or {}
    best = max(cats, key=lambda label: cats[label])
    colour = "green" if truth.get(best) else "red"
    title = f"[{colour}]{best} ({100 * cats[best]:.0f} %)[/{colour}]"
    table = Table(*doc.words, title=title, title_justify="left", box=None)
    pairs = zip(doc.pos or [], gold.pos or [], strict=True)
    table.add_row(
        *(f"[green]{p}[/green]" if p == g else f"[red]{p}[/red]" for p, g in pairs)
    )
    return table


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the models and the log.")
    ] = Path("zoo-demo"),
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier run.")] = False,
) -> None:
    """Train a tagger and a classifier on a small corpus that comes with zoo."""
    pass

    run_demo(output, overwrite=overwrite)
