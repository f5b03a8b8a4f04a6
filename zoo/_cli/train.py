"""The command `zoo train`.

Its options are checked in options.py, and the run is in zoo/training/run_training.py;
"Where things are" in docs/contributing.md lists the files with its messages.
"""

from pathlib import Path
from typing import Annotated

import typer

from .._garbage import collector_paused
from .options import ConfigFile, Gpu, Overwrite, Resume, start_run


def train(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the models and the log.")
    ],
    config: ConfigFile = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    gpu_id: Gpu = -1,
) -> None:
    """Train a pipeline from a config.

    Any setting of the config can be overridden: --training.max_epochs 2. The folder
    gets model-best, model-last, a checkpoint, config.cfg, log.jsonl and curves.svg.
    Ctrl-C ends the run after the update and saves a checkpoint, from which --resume
    goes on.
    """
    with collector_paused():  # The modules of PyTorch are many objects.
        from ..training.run_training import run_training

    start_run(
        run_training,
        config,
        output,
        context.args,
        overwrite=overwrite,
        resume=resume,
        gpu_id=gpu_id,
    )
