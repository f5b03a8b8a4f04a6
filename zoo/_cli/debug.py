"""The command `zoo debug data`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..corpora._analyze import Analysis
    from ..tokenizer import Tokenize

app = typer.Typer(help="Find out what is wrong.", no_args_is_help=True)
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command("data", context_settings=OVERRIDES)
def data(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="A training config.")],
    n_labels: Annotated[
        int,
        typer.Option("--labels", min=0, help="Labels to show of each kind; 0 for all."),
    ] = 20,
) -> None:
    """Show what the corpora of a training config hold, and what may be wrong.

    For each label: how often the training and the development corpus have it.

    Any setting of the config can be overridden: --paths.train FILE.
    """
    from .._terminal import print_line, print_table
    from ..config import follow, interpolate
    from ..corpora._analyze import analyze
    from .options import name_config, read_config

    with name_config(config):
        loaded = read_config(config, context.args)
        (train, dev), tokenizer = _build_corpora(loaded)
    components = follow(interpolate(loaded), "components") or {}
    factories = {follow(components, f"{name}.factory") for name in components}
    found = analyze(
        train(),
        dev(),
        tokenizer=tokenizer,
        multilabel="textcat_multilabel" in factories,
    )
    print_table(_sizes(found), right=(1, 2), header=True)
    _print_labels(found, n_labels)
    print_line("\nLook at this:" if found.warnings else "\nNothing to warn of.")
    for warning in found.warnings:
        print_line(f"- {warning}")


def _build_corpora(config: Any) -> tuple[list[Any], "Tokenize"]:
    """Build only the corpora and the tokenizer; raise ConfigError if they are wrong."""
    from ..config import Fault, interpolate, raise_faults
    from ..pipeline._assemble import build_tokenizer
    from ..training import _training_data as corpora
    from ..training._training_config import CORPORA

    values = interpolate(config)
    named = corpora.corpus_paths(values, CORPORA)
    message = 'expected the section of a corpus, such as "corpora.train".'
    faults = [Fault(setting, message) for setting in CORPORA if setting not in named]
    faults += corpora.corpus_faults(values, CORPORA)
    faults += corpora.find_unnamed_files(values, config, CORPORA)
    tokenizer = build_tokenizer(values, faults)
    built = corpora.build_corpora(values, CORPORA, tokenizer, faults)
    raise_faults(faults)
    return [built[setting] for setting in CORPORA], tokenizer


def _sizes(found: "Analysis") -> list[list[str]]:
    corpora = found.train, found.dev
    numbers = {
        "documents": [c.n_docs for c in corpora],
        "without words": [c.n_empty for c in corpora],
        "repeated": [c.n_repeated for c in corpora],
        "words": [c.n_words for c in corpora],
        "unique words": [len(c.words) for c in corpora],
        "longest document": [c.longest for c in corpora],
    }
    rows = [[name, *(f"{n:,}" for n in row)] for name, row in numbers.items()]
    return [
        ["", "training", "development"],
        *rows,
        ["also in training", "", f"{found.n_shared:,}"],
        ["unknown words", "", f"{found.unknown:.1%}"],
    ]


def _print_labels(found: "Analysis", n_labels: int) -> None:
    from .._terminal import print_line, print_table
    from ..corpora._analyze import LABELLED, share_of_labels

    for name in LABELLED:
        learned = share_of_labels(found.train.labels.get(name) or {})
        tested: Mapping[str, int] = found.dev.labels.get(name) or {}
        lost = found.lost.get(name, [])
        if not learned and not lost:
            continue
        rows = [
            [label, f"{number:,}", f"{share:.1%}", f"{tested.get(label, 0):,}"]
            for label, number, share in learned
        ]
        rows += [[label, "0", "0.0%", f"{tested[label]:,}"] for label in lost]
        shown = rows[: n_labels or None]
        print_line(f"\n{name}: {len(rows)} labels", bold=True)
        print_table(
            [["label", "training", "share", "development"], *shown],
            right=(1, 2, 3),
            header=True,
        )
        if len(shown) < len(rows):
            print_line(f"and {len(rows) - len(shown)} more")
