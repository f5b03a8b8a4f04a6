"""The command `zoo pretrain`."""

from pathlib import Path
from typing import Annotated

import typer


def pretrain(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CONFIG]", help="The config file; may be left out with --resume."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Argument(metavar="OUTPUT", help="Folder for the encoder and the log."),
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
    """Pretrain an encoder on raw text, as the section [pretraining] says.

    Any setting of the config can be overridden: --pretraining.max_epochs 2. The folder
    gets model-best, model-last, a checkpoint, config.cfg, log.jsonl and curves.png.
    Train with --initialize.init_tok2vec OUTPUT/model-best then. Ctrl-C ends the run
    after the update and saves a checkpoint, from which --resume goes on.
    """
    from ..pretraining.pretrain import run_pretraining
    from .options import exit_when_interrupted, read_config_of_run

    file, folder, overrides = _tell_apart(config, output, context.args, resume)
    settings = read_config_of_run(file, folder, overrides, resume=resume)
    with exit_when_interrupted():
        run_pretraining(
            settings, folder, overwrite=overwrite, resume=resume, gpu_id=gpu_id
        )


def _tell_apart(
    first: Path | None, second: Path | None, arguments: list[str], resume: bool
) -> tuple[Path | None, Path, list[str]]:
    """Tell config, folder and overrides apart; of an earlier run, the folder is enough.

    Raises ValueError if there is no folder, or an override stands before it.
    """
    if first is None:
        raise ValueError("Give a config and a folder: zoo pretrain CONFIG OUTPUT.")
    if str(first).startswith("--"):
        raise ValueError(f"Give config and folder before the overrides, got {first}.")
    if second is not None and not str(second).startswith("--"):
        return first, second, arguments
    if not resume or first.is_file():
        raise ValueError(
            f"Give the folder for the encoder too: zoo pretrain {first} OUTPUT."
        )
    # The first of the overrides has taken the place of the folder.
    return None, first, [] if second is None else [str(second), *arguments]
