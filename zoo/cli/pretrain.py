"""The command `zoo pretrain`."""

from pathlib import Path
from typing import Annotated

import typer


def pretrain(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="The config file.")],
    output: Annotated[Path, typer.Argument(help="Folder for the encoder and the log.")],
    overwrite: Annotated[
        bool, typer.Option(help="Replace what an earlier run left in the folder.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on where an earlier run stopped.")
    ] = False,
    gpu_id: Annotated[
        int, typer.Option("--gpu-id", "-g", help="GPU; -1 for CPU.")
    ] = -1,
) -> None:
    """Pretrain an encoder on raw text, as the section [pretraining] says.

    Any setting of the config can be overridden: --pretraining.max_epochs 2. The folder
    gets model-best, model-last, a checkpoint, config.cfg, log.jsonl and curves.png.
    Train with --initialize.init_tok2vec OUTPUT/model-best then.
    """
    from ..pretraining.runs import run_pretraining
    from .options import exit_when_interrupted, read_config

    settings = read_config(config, context.args)
    with exit_when_interrupted():
        run_pretraining(
            settings, output, overwrite=overwrite, resume=resume, gpu_id=gpu_id
        )
