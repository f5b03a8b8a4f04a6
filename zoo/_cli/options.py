"""Read the options that every command has, wherever they stand."""

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._optional import run_file

if TYPE_CHECKING:
    from thinc.config import Config

    from ..pipeline import Pipeline
    from ..tokenizer import Tokenize

#: What the names of the modules begin with that --code imports.
CODE = "zoo_code_"
#: The option of every command that loads a pipeline.
VectorsFile = Annotated[
    Path | None,
    typer.Option(help="Word vectors, if they are not where the config says."),
]

#: The option of every command that annotates raw text.
OtherTokenizer = Annotated[
    str | None,
    typer.Option("--tokenizer", help="What splits raw text; else the pipeline's."),
]
#: The options of every command that splits raw text without a pipeline.
TokenizerName = Annotated[
    str, typer.Option("--tokenizer", help="What splits raw text.")
]
TOKENIZER = "zoo.Tokenizer.v1"
Language = Annotated[str, typer.Option("--lang", "-l", help="Language of raw text.")]


def take_flag(name: str, arguments: list[str]) -> bool:
    """Take a flag out of the arguments, and tell whether it was there."""
    is_given = name in arguments
    while name in arguments:
        arguments.remove(name)
    return is_given


def take_values(name: str, arguments: list[str]) -> list[str]:
    """Take an option, ``--name VALUE`` or ``--name=VALUE``, out of the arguments.

    Raises ValueError if it has no value.
    """
    values, rest = [], iter(arguments[:])
    arguments.clear()
    for argument in rest:
        option, _, value = argument.partition("=")
        if option != name:
            arguments.append(argument)
        elif value or (argument == name and (value := next(rest, ""))):
            values.append(value)
        else:
            raise ValueError(f"{name}: the path of a file must follow.")
    return values


def read_config(file: Path, arguments: list[str]) -> "Config":
    """Read a config, with the overrides of the environment and the command line.

    arguments: The overrides of the command line, which go before those in the
        variable ZOO_CONFIG_OVERRIDES.

    Raises ValueError if they are not overrides, or lead nowhere.
    """
    from .. import _register as _names  # noqa: F401  Registers all names.
    from ..config import (
        environment_overrides,
        load_config,
        parse_overrides,
        put_overrides,
    )

    if str(file).startswith("--"):
        raise ValueError(f"Give the config file before the overrides, got {file}.")
    overrides, environment = parse_overrides(arguments), environment_overrides()
    config = load_config(file)
    put_overrides(config, overrides, environment)
    return config


def read_config_of_run(
    file: Path | None, output: Path, arguments: list[str], *, resume: bool
) -> "Config":
    """Read the config of a run; of one that is resumed, its own if none is named.

    Raises FileNotFoundError if there is none, and what `read_config` raises.
    """
    if resume and str(file).startswith("--"):  # The first of the overrides.
        file, arguments = None, [str(file), *arguments]
    if file is None:
        file = output / "config.cfg"
        if not resume:
            raise ValueError("Give a config file, or --resume an earlier run.")
        if not file.is_file():
            raise FileNotFoundError(f"{output} holds no run to resume. Give a config.")
    return read_config(file, arguments)


@contextmanager
def exit_when_interrupted() -> Iterator[None]:
    """End the process when a run is interrupted, and say how to go on with it."""
    from ..training._distributed import starting_command

    try:
        yield
    except KeyboardInterrupt as error:
        program = starting_command()
        if not program:  # Another process tells.
            raise SystemExit(128 + signal.SIGINT) from None
        arguments = [a for a in sys.argv[1:] if a not in ("--overwrite", "--resume")]
        for name, module in sys.modules.items():
            if name.startswith(CODE) and module.__file__:
                arguments += ["--code", module.__file__]
        command = shlex.join([*program, *arguments, "--resume"])
        print(f"{error or 'Stopped.'}\nTo go on: {command}", file=sys.stderr)
        raise SystemExit(128 + signal.SIGINT) from None


def load_model(folder: Path, vectors: Path | None) -> "Pipeline":
    """Load a pipeline, with the table of word vectors in a file if one is given."""
    from .. import _register as _names
    from ..vectors import read_vectors

    table = None if vectors is None else read_vectors(vectors)
    return _names.load(folder, vectors=table)


def choose_tokenizer(pipeline: "Pipeline", name: str | None) -> "Tokenize":
    """Give the tokenizer of a pipeline, or the one that is registered under a name."""
    from ..config import follow, interpolate

    if name is None:
        return pipeline.tokenizer
    lang = follow(interpolate(pipeline.config), "nlp.lang")
    return make_tokenizer(name, lang or "xx")


def make_tokenizer(name: str, lang: str) -> "Tokenize":
    """Make the tokenizer that is registered under a name.

    lang: The language, for a tokenizer that takes one.

    Raises ConfigError if there is none, or it cannot be made from a language alone.
    """
    from .._register import registry
    from ..config import Fault, raise_faults
    from ..config._blocks import build
    from ..config._validate import find_faults, parameters

    block = {"@tokenizers": name}
    known = registry.has("tokenizers", name)
    if known and "lang" in parameters(registry.get("tokenizers", name)):
        block["lang"] = lang
    faults: list[Fault] = list(find_faults(block, "--tokenizer"))
    tokenizer: Tokenize = build(block, "--tokenizer", faults)
    raise_faults(faults)
    return tokenizer


def import_file(path: Path) -> None:
    """Run a Python file, so that configs can name what it registers.

    Raises FileNotFoundError if it is not there, and ValueError if it is no Python.
    """
    if not path.is_file():
        raise FileNotFoundError(f"--code: there is no file {path}.")
    if not run_file(CODE + path.stem, path):
        raise ValueError(f"--code: {path} is not a Python file.")
