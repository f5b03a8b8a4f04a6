"""Define the options that several commands share, and read what they name."""

import os
import re
import shlex
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .._optional import run_file
from .._terminal import print_message

if TYPE_CHECKING:
    from thinc.config import Config

    from ..pipeline import Pipeline
    from ..tokenizer import Tokenize

#: The names of the modules that --code imports begin with it.
CODE = "zoo_code_"

#: The arguments of every command that starts a run.
ConfigFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="CONFIG", help="The config file; may be left out with --resume."
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace what an earlier run left in the folder."),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on where an earlier run stopped, if one did."),
]
Gpu = Annotated[int, typer.Option("--gpu-id", "-g", min=-1, help="GPU; -1 for CPU.")]

#: The argument of every command that reads a saved pipeline.
ModelFolder = Annotated[
    Path, typer.Argument(help="Folder of a saved pipeline, or its archive.")
]
#: The argument of every command that reads annotated documents.
Documents = Annotated[Path, typer.Argument(help="Documents, in any format.")]
#: The option of every command that loads a pipeline.
VectorsFile = Annotated[
    Path | None,
    typer.Option(help="Word vectors, if they are not where the config says."),
]

#: The options of commands that read annotated documents from files.
MisalignedSpans = Annotated[
    Literal["error", "skip", "expand"],
    typer.Option(
        "--misaligned", help="What to do with spans that are not of whole words."
    ),
]
OverlappingSpans = Annotated[
    Literal["error", "longest"],
    typer.Option("--overlapping", help="What to do with entities that overlap."),
]
TableColumns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="ROLE=COLUMN,...",
        help="Columns of a table: text=review,label=stars in CSV or TSV, "
        "word=2,label=-1 in files of words and labels.",
    ),
]
Comments = Annotated[
    str,
    typer.Option(
        "--comments",
        metavar="PREFIX",
        help="Pass over such lines in files of words and labels, as '# id'.",
    ),
]
FileFormat = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="SUFFIX", help="Format of the files, as .conll; else theirs."
    ),
]

#: A setting in a message, such as ``format = ".conll"``, which is an option of some
#: commands, and the name of that if it has another.
_SETTING = re.compile(r'\b(columns|comments|format|misaligned|overlapping) = ("[^"]*")')
_OPTIONS = {"format": "from"}
#: The commands that have these options; others take settings from a config.
_WITH_OPTIONS = frozenset(("apply", "convert", "evaluate", "init", "tune"))

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


def spell_options(message: str, arguments: Sequence[str]) -> str:
    """Write the settings that a message names as options of the command that runs.

    Args:
        message: A message of a reader, such as 'pass columns = "text=1"'.
        arguments: The arguments of the program, with the name of the command.
    """
    command = next((name for name in arguments if not name.startswith("-")), "")
    if command not in _WITH_OPTIONS:
        return message
    return _SETTING.sub(
        lambda found: f"--{_OPTIONS.get(found[1], found[1])} {found[2]}", message
    )


def take_flag(name: str, arguments: list[str]) -> bool:
    """Take a flag out of the arguments, and return whether it was there."""
    is_given = name in arguments
    while name in arguments:
        arguments.remove(name)
    return is_given


def take_values(name: str, arguments: list[str]) -> list[str]:
    """Take an option, ``--name VALUE`` or ``--name=VALUE``, out of the arguments.

    Returns:
        Its values, as often as it was given.

    Raises:
        ValueError: It has no value.
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

    Args:
        file: The config.
        arguments: The overrides of the command line, which go before those in the
            variable ZOO_CONFIG_OVERRIDES.

    Raises:
        ValueError: They are not overrides, or lead nowhere.
    """
    from .. import _register_all as _names  # noqa: F401  Registers all names.
    from ..config import (
        environment_overrides,
        load_config,
        parse_overrides,
        put_overrides,
    )

    if str(file).startswith("--"):
        raise ValueError(f"Pass the config file before the overrides, got {file}.")
    overrides, environment = parse_overrides(arguments), environment_overrides()
    config = load_config(file)
    put_overrides(config, overrides, environment)
    return config


@contextmanager
def name_config(file: Path) -> Iterator[None]:
    """Name the file in errors of the config that was read from it."""
    from ..config import ConfigError

    try:
        yield
    except ConfigError as error:
        start, what, rest = error.title.partition("The config ")
        if start or not what:
            raise
        raise ConfigError(f"{file} {rest}", error.faults) from error


def start_run(
    run: Callable[..., Any],
    file: Path | None,
    output: Path,
    arguments: list[str],
    *,
    overwrite: bool,
    resume: bool,
    gpu_id: int,
) -> None:
    """Read the config of a run, and start it or go on with it.

    Args:
        run: Called with the config, the folder, and the three options.
        file: The config; None or an override for that of a run to resume.
        output: The folder of the run.
        arguments: The overrides of the command line.
        overwrite: Whether to replace an earlier run.
        resume: Whether to go on with an earlier run.
        gpu_id: The GPU to use; -1 for CPU.

    Raises:
        FileNotFoundError: There is no config, or no run to resume.
        ValueError: The config has errors, or overrides lead nowhere.
    """
    if resume and str(file).startswith("--"):  # The first of the overrides.
        file, arguments = None, [str(file), *arguments]
    if file is None:
        file = output / "config.cfg"
        if not resume:
            raise ValueError("Pass a config file, or --resume an earlier run.")
        if not file.is_file():
            raise FileNotFoundError(f"{output} holds no run to resume. Pass a config.")
    settings = read_config(file, arguments)
    with exit_when_interrupted(), name_config(file):
        run(settings, output, overwrite=overwrite, resume=resume, gpu_id=gpu_id)


@contextmanager
def exit_when_interrupted() -> Iterator[None]:
    """End the process when a run is interrupted, and print how to go on with it."""
    from ..training._distributed import starting_command

    try:
        yield
    except KeyboardInterrupt as error:
        program = starting_command()
        if not program:  # Another process prints it.
            raise SystemExit(128 + signal.SIGINT) from None
        arguments = [a for a in sys.argv[1:] if a not in ("--overwrite", "--resume")]
        for file in imported_files():
            arguments += ["--code", file]
        command = shlex.join([*program, *arguments, "--resume"])
        print_message(f"{error or 'Stopped.'}\nTo go on: {command}")
        raise SystemExit(128 + signal.SIGINT) from None


def load_model(
    folder: Path, vectors: Path | None, arguments: Sequence[str] = ()
) -> "Pipeline":
    """Load a pipeline for a command.

    Args:
        folder: The saved pipeline.
        vectors: A file of word vectors; None for where the config says.
        arguments: Overrides of settings of its components, such as
            ``--components.ner.bias 2``.

    Raises:
        ValueError: An override is no setting of a component, or has a wrong value.
    """
    from .. import _register_all as _names
    from ..config import parse_overrides
    from ..vectors import read_vectors

    table = None if vectors is None else read_vectors(vectors)
    overrides = parse_overrides(arguments)
    return _names.load(folder, vectors=table, overrides=overrides)


def choose_tokenizer(pipeline: "Pipeline", name: str | None) -> "Tokenize":
    """Return the tokenizer of a pipeline, or the one registered under a name."""
    from ..config import follow, interpolate

    if name is None:
        return pipeline.tokenizer
    lang = follow(interpolate(pipeline.config), "nlp.lang")
    return make_tokenizer(name, lang or "xx")


def make_tokenizer(name: str, lang: str) -> "Tokenize":
    """Make the tokenizer that is registered under a name.

    Args:
        name: A name of `zoo list tokenizers`.
        lang: The language, for a tokenizer that takes one.

    Raises:
        ConfigError: There is none, or it cannot be made from a language alone.
    """
    from .._register_all import registry
    from ..config import Fault, raise_faults
    from ..config._blocks import build
    from ..config._validate import find_faults, parameters
    from ..tokenizer.tokenizer import warn_of_language

    block = {"@tokenizers": name}
    if name == TOKENIZER:
        warn_of_language(lang)
    known = registry.has("tokenizers", name)
    if known and "lang" in parameters(registry.get("tokenizers", name)):
        block["lang"] = lang
    faults: list[Fault] = list(find_faults(block, "--tokenizer"))
    tokenizer: Tokenize = build(block, "--tokenizer", faults)
    raise_faults(faults)
    return tokenizer


#: Characters of a line of code that a message shows.
MAX_LINE = 200


def import_file(path: Path) -> None:
    """Run a Python file, so that configs can name what it registers.

    Raises:
        FileNotFoundError: It is not there.
        ValueError: It is not a Python file, or an error stops it. The message shows
            the line.
    """
    if not path.is_file():
        raise FileNotFoundError(f"--code: there is no file {path}.")
    try:
        is_python = run_file(CODE + path.stem, path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # Also sys.exit, which would end in silence.
        raise ValueError(f"--code: {_describe_error(path, error)}") from error
    if not is_python:
        raise ValueError(f"--code: {path} is not a Python file.")


def imported_files() -> list[str]:
    """Return the paths of the files that --code has imported."""
    modules = sys.modules.items()
    return [m.__file__ for name, m in modules if name.startswith(CODE) and m.__file__]


def _describe_error(path: Path, error: BaseException) -> str:
    """Return the line of a file at which an error stopped it, and the error."""
    try:
        what = f"{type(error).__name__}: {error}"
    except Exception:  # Of a class of the file's own.
        what = type(error).__name__
    if isinstance(error, SyntaxError) and error.text is not None:
        number, line = error.lineno, error.text
        what = f"{type(error).__name__}: {error.msg}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        # Python has made the path absolute.
        whole = os.path.abspath(path)
        own = [f for f in frames if os.path.abspath(f.filename) == whole]
        if not own:
            return f"{path}: {what}"
        number, line = own[-1].lineno, own[-1].line or ""
    return f"{path}, line {number}: {what}\n    {line.strip()[:MAX_LINE]}"
