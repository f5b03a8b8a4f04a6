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
    from ..builtins import registry
    from ..config import nearest
    from .tables import print_line, print_table

    kinds = registry.kinds()
    if kind is not None and kind not in kinds:
        raise ValueError(
            f"zoo list: there is no registry {kind!r}.{nearest(kind, kinds)} "
            f"There are: {', '.join(kinds)}."
        )
    for name in [kind] if kind else kinds:
        functions = getattr(registry, name).get_all()
        print_line(name, bold=True)
        rows = [(f"  {n}", _first_line(functions[n])) for n in sorted(functions)]
        print_table(rows or [("  none",)])


def _first_line(function: Any) -> str:
    text = inspect.getdoc(function) or ""
    return text.partition("\n")[0]
