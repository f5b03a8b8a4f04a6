"""Draw a pipeline as a tree: which component listens to which, and its parameters."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from .._parameters import Parameter, named_parameters
from .._terminal import align
from ._assemble import Component
from ._describe import describe_kind, describe_listeners
from ._share_encoders import listeners_of
from .pipeline import Pipeline

if TYPE_CHECKING:
    from rich.tree import Tree


def draw(
    pipeline: Pipeline, title: str, frozen: Collection[str] | None = None
) -> "Tree":
    """Draw a pipeline as a tree of rich: heads stand below what they listen to.

    Args:
        title: The name of the pipeline.
        frozen: Paths of the parameters that do not learn. If None, those of the
            pipeline.
    """
    from rich.markup import escape
    from rich.tree import Tree

    frozen = set(pipeline.frozen if frozen is None else frozen)
    tree = Tree(f"[bold]{escape(title)}[/]: {_size(pipeline.parameters)}")
    branches: dict[str, Tree] = {}
    for component in pipeline.components.values():
        name = component.name
        upstreams = [upstream.name for _, upstream in listeners_of(component)]
        parent = branches[upstreams[0]] if upstreams else tree
        parameters = named_parameters(component.model)
        still = {path for path in parameters if f"{name}.{path}" in frozen}
        notes = [_describe(component), _size(parameters)]
        if upstreams:
            notes.append(describe_listeners(component))
        if still and still == parameters.keys():
            notes.append("[cyan]frozen[/]")
        if name in pipeline.disabled:
            notes.append("disabled")
        branch = parent.add(
            f"[bold]{name}[/] ({component.factory}): {'; '.join(notes)}"
        )
        branches[name] = branch
        for line in _rows(parameters, still):
            branch.add(line)
    return tree


def _describe(component: Component) -> str:
    n_labels = len(component.objective.labels) if component.objective else 0
    return describe_kind(component) or f"{n_labels} labels"


def _size(parameters: dict[str, Parameter]) -> str:
    values = [p.value for p in parameters.values() if p.value is not None]
    count, size = sum(v.size for v in values), sum(v.nbytes for v in values)
    return f"{count:,} parameters, {_in_bytes(size)}"


def _in_bytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e5 else f"{size / 1e3:.2f} kB"


def _rows(parameters: dict[str, Parameter], frozen: Collection[str]) -> list[str]:
    """Write a line per parameter: name, shape and size, below one another."""
    values = {path: p.value for path, p in parameters.items() if p.value is not None}
    cells = [
        (
            path,
            " x ".join(map(str, value.shape)),
            f"{value.size:,}",
            _in_bytes(value.nbytes),
        )
        for path, value in values.items()
    ]
    return [
        f"{line}  [cyan]frozen[/]" if path in frozen else line
        for path, line in zip(values, align(cells, right=(2, 3)), strict=True)
    ]
