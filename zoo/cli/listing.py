"""The command `zoo list`."""

import inspect
from typing import Annotated, Any

import typer


def list_names(
    kind: Annotated[
        str | None, typer.Argument(help="A registry, such as layers; all if left out.")
    ] = None,
) -> None:
    """List everything that a config can name, with a line on each."""
    from rich.console import Console
    from rich.table import Table

    from ..builtins import registry
    from ..config import nearest

    kinds = registry.kinds()
    if kind is not None and kind not in kinds:
        raise ValueError(
            f"zoo list: there is no registry {kind!r}.{nearest(kind, kinds)} "
            f"There are: {', '.join(kinds)}."
        )
    console = Console(highlight=False)
    for name in [kind] if kind else kinds:
        functions = getattr(registry, name).get_all()
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for function_name in sorted(functions):
            table.add_row(function_name, _first_line(functions[function_name]))
        console.print(f"[bold]{name}[/bold]")
        console.print(table if functions else "  (none)")


def _first_line(function: Any) -> str:
    text = inspect.getdoc(function) or ""
    return text.partition("\n")[0]
