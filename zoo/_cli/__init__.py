"""Run zoo's commands: parse arguments, resolve a config, call, print."""

import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from traceback import clear_frames, format_exception
from types import TracebackType
from typing import Annotated

import typer

from .._terminal import print_message
from . import (
    apply,
    config,
    convert,
    debug,
    demo,
    evaluate,
    export,
    info,
    init,
    list_names,
    package,
    pretrain,
    suggest,
    train,
    tune,
    vectors,
    view,
    warmup,
)
from .options import import_file, spell_options, take_flag, take_values

#: What ends a command with a message instead of a traceback.
ERRORS = (ValueError, TypeError, RuntimeError, OSError, ImportError, MemoryError)
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    name="zoo",
    epilog="Anywhere: --code FILE imports a Python file that registers functions of "
    "your own; --debug shows where an error came from.",
    no_args_is_help=True,
    # Help is shown as it is written: a [section] is no markup.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from .._version import __version__

        print(f"zoo {__version__}")
        raise typer.Exit


@app.callback()
def zoo(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Train, evaluate and use small, fast token encoders."""


app.command("train", context_settings=OVERRIDES)(train.train)
app.command("pretrain", context_settings=OVERRIDES)(pretrain.pretrain)
app.command("evaluate", context_settings=OVERRIDES)(evaluate.evaluate)
app.command("tune")(tune.tune)
app.command("apply")(apply.apply)
app.command("export")(export.export)
app.command("info")(info.info)
app.command("package")(package.package)
app.command("list")(list_names.list_names)
app.command("demo")(demo.demo)
app.command("convert")(convert.convert)
app.command("view")(view.view)
app.command("warmup")(warmup.warmup)
app.add_typer(config.app, name="config")
app.add_typer(debug.app, name="debug")
app.add_typer(init.app, name="init")
app.add_typer(suggest.app, name="suggest")
app.add_typer(vectors.app, name="vectors")


def main() -> None:
    """Run a command; print an error as a message, and as a traceback with --debug."""
    show_traceback = take_flag("--debug", sys.argv)
    trusts = take_flag("--trust-remote-code", sys.argv)
    with warnings.catch_warnings(), _trusting(trusts):
        if not show_traceback:
            warnings.showwarning = _print_warning
        try:
            for file in take_values("--code", sys.argv):
                import_file(Path(file))
            app()
        except ERRORS as error:
            if show_traceback:
                sys.excepthook = _print_traceback
                raise
            clear_frames(error.__traceback__)  # Readers that stop warn now.
            lack = "not enough memory. " if isinstance(error, MemoryError) else ""
            message = spell_options(str(error), sys.argv[1:])
            print_message(f"error: {lack}{message}")
            print_message("(--debug shows where it came from.)")
            raise SystemExit(1) from None


def _trusting(trusts: bool) -> AbstractContextManager[None]:
    """Allow code of transformers to run if the user passed --trust-remote-code."""
    if not trusts:
        return nullcontext()
    from ..transformers import trust_remote_code

    return trust_remote_code()


def _print_traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print a traceback, without what controls a terminal in the error's message."""
    print_message("".join(format_exception(kind, error, trace)).rstrip("\n"))


def _print_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning as a message, without the place in the code."""
    print_message(f"warning: {spell_options(str(message), sys.argv[1:])}")
