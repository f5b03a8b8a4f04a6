"""The command `zoo pretrain`."""

from pathlib import Path
from typing import Annotated

import typer

from .options import ConfigFile, Gpu, Overwrite, Resume, start_run


def pretrain(
    context: typer.Context,
    config: ConfigFile = None,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="OUTPUT", help="The folder, if not by --output."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the encoder and the log."),
    ] = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    gpu_id: Gpu = -1,
) -> None:
    """Pretrain an encoder on raw text, by the section [pretraining].

    Any setting of the config can be overridden: --pretraining.max_epochs 2. The folder
    gets model-best, model-last, a checkpoint, config.cfg, log.jsonl and curves.png.
    Train with --initialize.init_tok2vec OUTPUT/model-best then. Ctrl-C ends the run
    after the update and saves a checkpoint, from which --resume goes on.
    """
    from ..pretraining.pretrain import run_pretraining

    overrides = context.args
    if folder is not None and _is_option(folder):  # The first of the overrides.
        folder, overrides = None, [str(folder), *overrides]
    if output is None:
        config, output = _find_folder(config, folder, resume)
    elif folder is not None:
        raise ValueError(f"Give one folder, got --output {output} and {folder}.")
    start_run(
        run_pretraining,
        config,
        output,
        overrides,
        overwrite=overwrite,
        resume=resume,
        gpu_id=gpu_id,
    )


def _find_folder(
    config: Path | None, folder: Path | None, resume: bool
) -> tuple[Path | None, Path]:
    """Return config and folder from arguments by position.

    The folder of an earlier run is enough to resume it.

    Raises:
        ValueError: There is no folder, or an override stands before it.
    """
    if config is None:
        raise ValueError("Give a config and a folder: zoo pretrain CONFIG -o OUTPUT.")
    if _is_option(config):
        raise ValueError(f"Give the config before the overrides, got {config}.")
    if folder is not None:
        return config, folder
    if not resume or config.is_file():
        raise ValueError(f"Give the folder too: zoo pretrain {config} -o OUTPUT.")
    return None, config


def _is_option(argument: Path) -> bool:
    return str(argument).startswith("--")
