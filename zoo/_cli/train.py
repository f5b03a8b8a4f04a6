"""The command `zoo train`."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the models and the log.")
    ],
    config: Annotated[
        Path | None,
        typer.Argument(help="The config file; may be left out with --resume."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="Replace what an earlier run left in the folder.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on where an earlier run stopped, if there is one.")
    ] = False,
    gpu_id: Annotated[
        int, typer.Option("--gpu-id", "-g", min=-1, help="GPU; -1 for CPU.")
    ] = -1,
) -> None:
    """Train a pipeline from a config.

    Any setting of the config can be overridden: --training.max_epochs 2. The folder
    gets model-best, model-last, a checkpoint, config.cfg, log.jsonl and curves.png.
    Ctrl-C ends the run after the update and saves a checkpoint, from which --resume
    goes on.
    """
    from ..training.run_training import run_training
    from .options import exit_when_interrupted, read_config_of_run

    settings = read_config_of_run(config, output, context.args, resume=resume)
    with exit_when_interrupted():
        run_training(
            settings, output, overwrite=overwrite, resume=resume, gpu_id=gpu_id
        )
