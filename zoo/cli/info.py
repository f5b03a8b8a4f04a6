"""The command `zoo info`."""

from pathlib import Path
from typing import Annotated

import typer

from .options import VectorsFile, load_model


def info(
    model: Annotated[Path, typer.Argument(help="Folder of a saved pipeline.")],
    vectors: VectorsFile = None,
) -> None:
    """Show the components of a pipeline: shapes, parameters, sizes, scores."""
    from ..parameters import named_parameters
    from .tables import print_line, print_table

    pipeline = load_model(model, vectors)
    total = 0
    for component in pipeline.components.values():
        values = {
            name: parameter.value
            for name, parameter in named_parameters(component.model).items()
            if parameter.value is not None
        }
        count = sum(value.size for value in values.values())
        total += count
        objective = component.objective
        what = f"{len(objective.labels)} labels" if objective else "shared encoder"
        title = f"{component.name} ({component.factory}): {what}, {count:,} parameters"
        print_line(title, bold=True)
        rows = [
            (f"  {name}", " x ".join(map(str, value.shape)), f"{value.size:,}")
            for name, value in values.items()
        ]
        print_table(rows, right=[2])
    size = sum(file.stat().st_size for file in model.iterdir())
    print_line(f"In all {total:,} parameters, {size / 1e6:.1f} MB on disk.")
    scores = {k: v for k, v in pipeline.scores.items() if isinstance(v, float)}
    scores.pop("speed", None)
    print_table([(k, f"{100 * v:.2f}") for k, v in scores.items()], right=[1])
