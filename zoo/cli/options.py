"""Read the options that every command has, wherever they stand."""

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..pipeline import Pipeline

#: The option of every command that loads a pipeline.
VectorsFile = Annotated[
    Path | None,
    typer.Option(help="Word vectors, if they are not where the config says."),
]


def take_flag(name: str, arguments: list[str]) -> bool:
    """Take a flag out of the arguments, and tell whether it was there."""
    is_given = name in arguments
    while name in arguments:
        arguments.remove(name)
    return is_given


def take_values(name: str, arguments: list[str]) -> list[str]:
    """Take an option and its values out of the arguments.

    Raises ValueError if nothing follows it.
    """
    values = []
    while name in arguments:
        at = arguments.index(name)
        if at + 1 == len(arguments):
            raise ValueError(f"{name}: the path of a file must follow.")
        values.append(arguments[at + 1])
        del arguments[at : at + 2]
    return values


def load_model(folder: Path, vectors: Path | None) -> "Pipeline":
    """Load a pipeline, with the table of word vectors in a file if one is given."""
    from .. import builtins as _names
    from ..vectors import read_vectors

    table = None if vectors is None else read_vectors(vectors)
    return _names.load(folder, vectors=table)


def import_file(path: Path) -> None:
    """Run a Python file, so that configs can name what it registers.

    Raises FileNotFoundError if it is not there, and ValueError if it is no Python.
    """
    if not path.is_file():
        raise FileNotFoundError(f"--code: there is no file {path}.")
    name = f"zoo_code_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"--code: {path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
