"""The command `zoo info`."""

from pathlib import Path
from typing import Annotated

import typer

from .options import VectorsFile, load_model


def info(
    model: Annotated[Path, typer.Argument(help="Folder of a saved pipeline.")],
    vectors: VectorsFile = None,
) -> None:
    """Show a pipeline as a tree: who listens to whom, shapes, sizes; and its scores."""
    from .._freeze import match_paths
    from ..config import follow, interpolate
    from ..pipeline._diagram import draw
    from .tables import print_line, print_table, print_tree

    pipeline = load_model(model, vectors)
    patterns = follow(interpolate(pipeline.config), "training.frozen_components")
    frozen = match_paths(pipeline.parameters, patterns or [])
    print_tree(draw(pipeline, model.name, frozen))
    size = sum(file.stat().st_size for file in model.iterdir())
    print_line(f"{size / 1e6:.2f} MB on disk.")
    scores = {k: v for k, v in pipeline.scores.items() if isinstance(v, float)}
    scores.pop("speed", None)
    print_table([(k, f"{100 * v:.2f}") for k, v in scores.items()], right=[1])
