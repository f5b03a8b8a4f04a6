"""The command `zoo pretrain`."""

from itertools import takewhile
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
    gets model-best, model-last, a checkpoint, config.cfg, log.jsonl and curves.svg.
    Train with --initialize.init_tok2vec OUTPUT/model-best then. Ctrl-C ends the run
    after the update and saves a checkpoint, from which --resume goes on.
    """
    from ..pretraining.pretrain import run_pretraining

    words = [str(word) for word in (config, folder) if word is not None]
    words += context.args
    names = list(takewhile(lambda word: not word.startswith("--"), words))[:2]
    if output is None:
        config, output = _find_folder(names, words, resume)
    elif len(names) == 2:
        raise ValueError(f"Pass one folder, got --output {output} and {names[1]}.")
    else:
        config = Path(words[0]) if words else None
    start_run(
        run_pretraining,
        config,
        output,
        words[len(names) or 1 :],
        overwrite=overwrite,
        resume=resume,
        gpu_id=gpu_id,
    )


def _find_folder(
    names: list[str], words: list[str], resume: bool
) -> tuple[Path | None, Path]:
    """Return config and folder from arguments by position.

    The folder of an earlier run is enough to resume it.

    Args:
        names: The arguments before the overrides.
        words: All arguments.
        resume: Whether to go on with an earlier run.

    Raises:
        ValueError: There is no folder, or an override stands before it.
    """
    if not words:
        raise ValueError("Pass a config and a folder: zoo pretrain CONFIG -o OUTPUT.")
    if not names:
        raise ValueError(f"Pass the config before the overrides, got {words[0]}.")
    if len(names) == 2:
        return Path(names[0]), Path(names[1])
    if not resume or Path(names[0]).is_file():
        raise ValueError(f"Pass the folder too: zoo pretrain {names[0]} -o OUTPUT.")
    return None, Path(names[0])
