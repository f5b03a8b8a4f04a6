"""Find widths that do not go together in a model that has no weights yet."""

from collections.abc import Iterator
from typing import Any

from thinc.api import Model
from thinc.layers.chain import forward as run_chain

#: Layers that know no width and change none, by their names.
TRANSPARENT = frozenset(
    (
        "dropout",
        "list2array",
        "list2ragged",
        "noop",
        "ragged2list",
        "reduce_first",
        "reduce_last",
        "reduce_max",
        "reduce_mean",
        "reduce_sum",
        "softmax_activation",
        "to_list",
        "to_ragged",
    )
)


def find_mismatches(model: Model[Any, Any]) -> Iterator[str]:
    """Find sizes below 1, and layers in a row of which one is too wide for the next.

    What a layer learns only from its first batch is let through.
    """
    for node in model.walk():
        yield from _check_sizes(node)
        if node._func is run_chain:
            yield from _compare_neighbours(node)


def _check_sizes(model: Model[Any, Any]) -> Iterator[str]:
    for name in model.dim_names:
        size = model.maybe_get_dim(name)
        is_own = size not in [layer.maybe_get_dim(name) for layer in model.layers]
        if size is not None and size < 1 and is_own:
            yield f"{model.name}: {name} must be 1 or more, got {size}."


def _compare_neighbours(model: Model[Any, Any]) -> Iterator[str]:
    giver, width = "", None
    for layer in model.layers:
        taken, given = layer.maybe_get_dim("nI"), layer.maybe_get_dim("nO")
        if width is not None and taken is not None and taken != width:
            yield (
                f"{layer.name} must take what {giver} gives, which is {width} wide, "
                f"got an input width of {taken}."
            )
        if layer.name not in TRANSPARENT:
            giver, width = layer.name, given
