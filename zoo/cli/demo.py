"""The command `zoo demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the models and the log.")
    ] = Path("zoo-demo"),
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier run.")] = False,
) -> None:
    """Train a tagger and a classifier on a small corpus that comes with zoo."""
    from ..demo import run_demo

    run_demo(output, overwrite=overwrite)
