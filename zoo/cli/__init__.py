"""Give zoo's commands: parse, resolve a config, call, print."""

import sys

import typer

from . import apply, convert, debug, demo, evaluate, info, init, listing, train

app = typer.Typer(
    name="zoo",
    help="Train, evaluate and use small, fast token encoders.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}
app.command("train", context_settings=OVERRIDES)(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("apply")(apply.apply)
app.command("info")(info.info)
app.command("list")(listing.list_names)
app.command("demo")(demo.demo)
app.command("convert")(convert.convert)
app.add_typer(debug.app, name="debug")
app.add_typer(init.app, name="init")


def main() -> None:
    """Run a command; print an error as a message, and as a traceback with --debug."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except (ValueError, TypeError, RuntimeError, OSError, ImportError) as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        print("(--debug shows where it came from.)", file=sys.stderr)
        raise SystemExit(1) from None
