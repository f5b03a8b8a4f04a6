"""The command `zoo debug data`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..corpora.analysis import Analysis

app = typer.Typer(help="Find out what is wrong.", no_args_is_help=True)
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command("data", context_settings=OVERRIDES)
def data(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="A training config.")],
    n_labels: Annotated[
        int, typer.Option("--labels", help="Labels to show of each kind; 0 for all.")
    ] = 20,
) -> None:
    """Show what the corpora of a training config hold, and what may be wrong.

    For each kind of label: how often it is there to learn from, and to test on.

    Any setting of the config can be overridden: --paths.train FILE.
    """
    from .. import builtins as _names  # noqa: F401  Registers all names.
    from ..config import load_config, parse_overrides
    from ..corpora.analysis import analyze
    from .tables import print_line, print_table

    overrides = parse_overrides(context.args)
    train, dev = _build_corpora(load_config(config, overrides))
    found = analyze(train(), dev())
    print_table(_sizes(found), right=(1, 2))
    _print_labels(found, n_labels)
    print_line("\nLook at this:" if found.warnings else "\nNothing to warn of.")
    for warning in found.warnings:
        print_line(f"- {warning}")


def _build_corpora(config: Any) -> list[Any]:
    """Build the corpora alone; ConfigError with what is wrong with them."""
    from ..config import Fault, follow, interpolate, nearest, raise_faults
    from ..config.blocks import build
    from ..config.faults import find_faults

    values = interpolate(config)
    faults: list[Fault] = []
    built = []
    for setting in ("train_corpus", "dev_corpus"):
        path = follow(values, f"training.{setting}")
        block = follow(values, path) if isinstance(path, str) else None
        if not isinstance(block, dict):
            hint = nearest(
                f"{path}", [f"corpora.{n}" for n in values.get("corpora", ())]
            )
            message = f"expected the path of a corpus, got {path!r}.{hint}"
            faults.append(Fault(f"training.{setting}", message))
            continue
        faults += find_faults(block, path, need_all=False)
        built.append(build(block, path, faults))
    raise_faults(faults)
    return built


def _sizes(found: "Analysis") -> list[list[str]]:
    corpora = found.train, found.dev
    numbers = {
        "documents": [c.n_docs for c in corpora],
        "without words": [c.n_empty for c in corpora],
        "repeated": [c.n_repeated for c in corpora],
        "words": [c.n_words for c in corpora],
        "distinct words": [len(c.words) for c in corpora],
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
    from ..corpora.analysis import LABELLED, share_of_labels
    from .tables import print_line, print_table

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
            [["label", "training", "share", "development"], *shown], right=(1, 2, 3)
        )
        if len(shown) < len(rows):
            print_line(f"and {len(rows) - len(shown)} more")
