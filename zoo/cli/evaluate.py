"""The command `zoo evaluate`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a saved pipeline.")],
    file: Annotated[Path, typer.Argument(help="Annotated documents, in any format.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file for all scores.")
    ] = None,
) -> None:
    """Measure a pipeline on annotated documents."""
    from rich.console import Console

    from .. import builtins as _names
    from ..corpora import read_docs
    from ..runs import write_json

    pipeline = _names.load(model)
    docs = list(read_docs(file))
    if not docs:
        raise ValueError(f"{file} holds no documents to evaluate on.")
    scores = pipeline.evaluate(docs)
    console = Console(highlight=False)
    for name, value in scores.items():
        if isinstance(value, dict):
            console.print(_per_label(name, value))
        elif name == "speed":
            console.print(f"{name:14} {value:,.0f} words/s")
        elif isinstance(value, int | float):
            console.print(f"{name:14} {100 * value:6.2f}")
    if output is not None:
        write_json(output, scores)


def _per_label(name: str, figures: dict[str, Any]) -> Any:
    """Tabulate figures per label, in per cent."""
    from rich.table import Table

    nested = {k: v for k, v in figures.items() if isinstance(v, dict)}
    columns = list(next(iter(nested.values()))) if nested else []
    table = Table("label", *columns, title=name, title_justify="left", box=None)
    for label, values in sorted(nested.items()):
        cells = (values[column] for column in columns)
        table.add_row(label, *("" if c is None else f"{100 * c:.1f}" for c in cells))
    return table if nested else ""
