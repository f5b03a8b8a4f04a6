"""The command `zoo package`."""

from pathlib import Path
from typing import Annotated

import typer

from .options import ModelFolder, VectorsFile, load_model


def package(
    model: ModelFolder,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The archive, NAME.zip; else named as the model."
        ),
    ] = None,
    vectors: VectorsFile = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the archive if there is one.")
    ] = False,
) -> None:
    """Pack a pipeline, its word vectors and a card into one file.

    `zoo.load` and every command read the archive as they read a folder.
    """
    from .._terminal import print_line
    from ..pipeline._archive import write_archive

    target = Path(f"{model.resolve().name}.zip") if output is None else output
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"{target} is there already. Pass --overwrite, or another --output."
        )
    write_archive(load_model(model, vectors), target)
    print_line(f"{target}: {target.stat().st_size / 1e6:.2f} MB.")
    print_line(f'Load it by zoo.load("{target}"), or unpack it and load the folder.')
