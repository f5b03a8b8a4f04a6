"""Give zoo's commands: parse, resolve a config, call, print."""

import sys
from pathlib import Path

import typer

from . import (
    apply,
    config,
    convert,
    debug,
    demo,
    evaluate,
    info,
    init,
    pretrain,
    suggest,
    train,
    vectors,
    view,
)
from . import list_names as listing
from .options import import_file, take_flag, take_values

app = typer.Typer(
    name="zoo",
    help="Train, evaluate and use small, fast token encoders.",
    epilog="Anywhere: --code FILE imports a Python file that registers functions of "
    "your own; --debug shows where an error came from.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}
app.command("train", context_settings=OVERRIDES)(train.train)
app.command("pretrain", context_settings=OVERRIDES)(pretrain.pretrain)
app.command("evaluate")(evaluate.evaluate)
app.command("apply")(apply.apply)
app.command("info")(info.info)
app.command("list")(listing.list_names)
app.command("demo")(demo.demo)
app.command("convert")(convert.convert)
app.command("view")(view.view)
app.add_typer(config.app, name="config")
app.add_typer(debug.app, name="debug")
app.add_typer(init.app, name="init")
app.add_typer(suggest.app, name="suggest")
app.add_typer(vectors.app, name="vectors")


def main() -> None:
    """Run a command; print an error as a message, and as a traceback with --debug."""
    show_traceback = take_flag("--debug", sys.argv)
    try:
        for file in take_values("--code", sys.argv):
            import_file(Path(file))
        app()
    except (ValueError, TypeError, RuntimeError, OSError, ImportError) as error:
        if show_traceback:
            raise
        print(f"error: {error}", file=sys.stderr)
        print("(--debug shows where it came from.)", file=sys.stderr)
        raise SystemExit(1) from None
