"""The command `zoo train`."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="The config file.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the models and the log.")
    ],
    overwrite: Annotated[
        bool, typer.Option(help="Replace what an earlier run left in the folder.")
    ] = False,
    gpu_id: Annotated[
        int, typer.Option("--gpu-id", "-g", help="GPU; -1 for CPU.")
    ] = -1,
) -> None:
    """Train a pipeline from a config.

    Any setting of the config can be overridden: --training.max_epochs 2. The folder
    gets model-best, model-last, config.cfg, log.jsonl and curves.png.
    """
    from .. import builtins as _names  # noqa: F401  Registers all names.
    from ..config import load_config, parse_overrides
    from ..training.runs import run_training

    if str(config).startswith("--"):
        raise ValueError(
            f"zoo train: Give the config file before the overrides, got {config}."
        )
    overrides = parse_overrides(context.args)
    run_training(
        load_config(config, overrides), output, overwrite=overwrite, gpu_id=gpu_id
    )
