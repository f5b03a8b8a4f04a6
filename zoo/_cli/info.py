"""The command `zoo info`."""

from pathlib import Path
from typing import Annotated

import typer


def info(
    model: Annotated[
        str,
        typer.Argument(
            help="Folder of a saved pipeline, or its archive, or a pretrained encoder "
            "that comes with zoo, as zoo:hash-cnn-small."
        ),
    ],
    verify: Annotated[
        bool, typer.Option(help="Also read and check the word vectors, if it has some.")
    ] = False,
) -> None:
    """Show a pipeline as a tree, and its scores.

    The tree shows which component listens to which, labels, shapes and sizes.
    """
    from .. import _register_all as _names  # noqa: F401  Registers all names.
    from .._freeze import match_paths
    from .._terminal import print_line, print_table, print_tree
    from ..config import follow, interpolate
    from ..pipeline._diagram import draw
    from ..pipeline._load import inspect
    from ..pipeline._shipped_encoders import is_shipped, shipped_encoder
    from ..pipeline._spacy_folder import find_spacy_folder

    pipeline = inspect(model, verify=verify)
    patterns = follow(interpolate(pipeline.config), "training.frozen_components")
    frozen = match_paths(pipeline.parameters, patterns or [])
    print_tree(draw(pipeline, Path(model).name, frozen))
    if is_shipped(model):
        print_table(shipped_encoder(model).card())
        return
    folder = find_spacy_folder(model) or Path(model)
    files = folder.rglob("*") if folder.is_dir() else [folder]
    size = sum(f.stat().st_size for f in files if f.is_file())
    print_line(f"{size / 1e6:.2f} MB on disk.")
    scores = {k: v for k, v in pipeline.scores.items() if isinstance(v, float)}
    scores.pop("speed", None)
    print_table([(k, f"{100 * v:.2f}") for k, v in scores.items()], right=[1])
