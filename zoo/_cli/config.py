"""The commands `zoo config diff` and `zoo config explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..config._explain import Explanation

app = typer.Typer(help="Compare configs, and explain them.", no_args_is_help=True)
#: What stands for a setting that a config lacks.
ABSENT = "-"


@app.command("diff")
def diff(
    config: Annotated[Path, typer.Argument(help="A config.")],
    other: Annotated[
        Path | None, typer.Argument(help="Another; else the defaults.")
    ] = None,
) -> None:
    """Show the settings in which two configs differ, or one from the defaults.

    Variables are compared by their values. A setting that is the same variable in both
    is left out.
    """
    from .._register_all import load_config
    from .._terminal import print_line, print_table
    from ..config._diff import compare
    from ..models.make_config import complete, default_config

    left = load_config(config)
    if other is None:
        left = complete(left)
        found = compare(default_config(left), left)
        names = "default", config.name
    else:
        found = compare(left, load_config(other))
        names = str(config), str(other)
    if not found:
        print_line("There is no difference.")
        return
    rows = [[ABSENT if cell is None else cell for cell in row] for row in found]
    print_table([["setting", *names], *rows], header=True)


@app.command("explain")
def explain(
    path: Annotated[
        str, typer.Argument(help="A setting or section: training.dropout.")
    ],
    config: Annotated[
        Path | None,
        typer.Option(help="A config that has it; else all templates in one."),
    ] = None,
) -> None:
    """Explain what a setting of a config means, and what values it takes."""
    from .._register_all import load_config
    from ..config import _explain as explaining
    from ..config import interpolate
    from ..models.make_config import complete, make_config
    from ..pretraining._pretraining_config import pretraining_schemas

    if config is None:
        found = complete(make_config(_names_for(path)), pretraining=True)
    else:
        found = complete(load_config(config))
    schemas = pretraining_schemas(interpolate(found))
    where = "template" if config is None else config.name
    _print(path, explaining.explain(found, path, schemas), where)


def _names_for(path: str) -> list[str]:
    """List all components with templates, but one of the two encoders to listen to."""
    from ..pipeline._usual_models import ENCODER, TRANSFORMER, component_names

    wanted = path.startswith(f"components.{TRANSFORMER}")
    other = ENCODER if wanted else TRANSFORMER
    return [name for name in component_names() if name != other]


def _print(path: str, found: "Explanation", where: str) -> None:
    from .._terminal import print_line, print_table

    print_line(path, bold=True)
    print_line(found.meaning)
    facts = {
        "type": found.type,
        "default": found.default,
        where: found.value,
        "settings": ", ".join(found.settings),
        "from": found.owner,
    }
    print_table([(name, fact) for name, fact in facts.items() if fact], indent=2)
    if found.names:
        print_line("\nothers", bold=True)
        print_table(list(found.names.items()), indent=2)
