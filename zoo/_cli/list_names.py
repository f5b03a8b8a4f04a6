"""The command `zoo list`."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

#: The registries whose functions make models: their types and arguments are shown.
_LAYERS = ("architectures", "layers")
_MODELS = "models"


def list_names(
    kind: Annotated[
        str | None,
        typer.Argument(help="A registry, such as layers, or models. Default: all."),
    ] = None,
    pretrained: Annotated[
        bool,
        typer.Option("--pretrained", help="Models: only weights that come with zoo."),
    ] = False,
) -> None:
    """List what a config can name, and the ready-made models.

    A layer is shown with its arguments and the types of its input and output.
    """
    from .._register_all import registry
    from .._terminal import print_line, print_table
    from ..config import nearest
    from ..models._pretrained import pretrained_cells
    from ..models.catalog import TITLES, model_card
    from ..models.create import model_names

    kinds = [*registry.kinds(), _MODELS]
    if kind is not None and kind not in kinds:
        raise ValueError(
            f"zoo list: there is no registry {kind!r}.{nearest(kind, kinds)} "
            f"There are: {', '.join(kinds)}."
        )
    if pretrained and kind not in (None, _MODELS):
        raise ValueError(f"zoo list: only models are pretrained, got {kind!r}.")
    if pretrained:
        print_table(pretrained_cells(), right=(1, 2, 3, 4), header=True)
        return
    for name in [kind] if kind else kinds:
        print_line(name, bold=True)
        if name == _MODELS:
            cells = [model_card(name).cells() for name in model_names()]
            rows = [list(TITLES), *cells]
            print_table(rows, right=(3, 4, 5, 6), header=True, indent=2)
            continue
        describe = _describe_layer if name in _LAYERS else _first_line
        lines = {n: f"From {p}." for n, p in registry.advertised(name).items()}
        lines |= {n: describe(f) for n, f in registry.registered(name).items()}
        found = [[n, lines[n]] for n in sorted(lines)] or [["none", ""]]
        print_table(found, indent=2)


def _describe_layer(constructor: Callable[..., Any]) -> str:
    from ..models.catalog import describe_arguments, describe_types

    takes, gives = describe_types(constructor)
    return f"{describe_arguments(constructor)}: {takes} -> {gives}"


def _first_line(function: Any) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
