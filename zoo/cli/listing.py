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
        print_line(name, bold=True)
        lines = {n: f"From {p}." for n, p in registry.advertised(name).items()}
        lines |= {n: _first_line(f) for n, f in registry.registered(name).items()}
        print_table([(f"  {n}", lines[n]) for n in sorted(lines)] or [("  none",)])


def _first_line(function: Any) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
