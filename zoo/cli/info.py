"""The command `zoo info`."""

from pathlib import Path
from typing import Annotated

import typer


def info(
    model: Annotated[Path, typer.Argument(help="Folder of a saved pipeline.")],
) -> None:
    """Show the components of a pipeline: shapes, parameters, sizes, scores."""
    from rich.console import Console
    from rich.table import Table

    from .. import builtins as _names
    from ..parameters import named_parameters

    pipeline = _names.load(model)
    console = Console(highlight=False)
    total = 0
    for component in pipeline.components.values():
        objective = component.objective
        what = f"{len(objective.labels)} labels" if objective else "shared encoder"
        table = Table("parameter", "shape", "values", box=None)
        table.columns[2].justify = "right"
        count = 0
        for name, parameter in named_parameters(component.model).items():
            value = parameter.value
            if value is not None:
                count += value.size
                table.add_row(
                    name, " x ".join(map(str, value.shape)), f"{value.size:,}"
                )
        total += count
        console.print(
            f"[bold]{component.name}[/bold] ({component.factory}): {what}, "
            f"{count:,} parameters"
        )
        console.print(table)
    size = sum(file.stat().st_size for file in model.iterdir())
    console.print(f"In all {total:,} parameters, {size / 1e6:.1f} MB on disk.")
    shown = {
        k: v
        for k, v in pipeline.scores.items()
        if isinstance(v, float) and k != "speed"
    }
    for name, value in shown.items():
        console.print(f"{name:14} {100 * value:6.2f}")
