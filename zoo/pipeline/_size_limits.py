"""Check the sizes in a config against the arrays of a folder, before they are built."""

from collections.abc import Iterator, Mapping
from typing import Any

from thinc.api import Model

from .._parameters import describe_mismatch, named_nodes
from ..config import interpolate
from ..interop.spacy import PARAM_DIMS
from ._assemble import Component
from ._model_folder import CONFIG
from ._saved_pipeline import SavedPipeline

#: Sizes up to this one are not compared with the weights.
LEAST_LIMIT = 2**16
#: Layers up to this number are not compared with the number of arrays.
LEAST_DEPTH = 64
#: An array that is drawn before that of the file takes its place is at most so many
#: times as large: a head may have several outputs per label.
MOST_OUTPUTS = 64
#: Settings that are the number of layers, each of which has arrays of its own.
DEPTHS = ("depth",)
_DENSE = {"W": ("nO", "nI"), "b": ("nO",)}
#: The dimensions of the parameters of layers, by the name of the layer.
DIMS: dict[str, dict[str, tuple[str, ...]]] = {
    **PARAM_DIMS,
    **dict.fromkeys(("dish", "gelu", "mish", "relu", "sigmoid", "swish"), _DENSE),
    "embed": {"E": ("nV", "nO")},
    "layernorm": {"G": ("nI",), "b": ("nI",)},
    "maxout": {"W": ("nO", "nP", "nI"), "b": ("nO", "nP")},
}


def check_depths(saved: SavedPipeline) -> None:
    """Check that a config asks for no more layers than there are arrays.

    Args:
        saved: What was read from a folder. Nothing of it needs to be built.

    Raises:
        ValueError: A component asks for more.
    """
    blocks = interpolate(saved.config).get("components")
    for name, block in blocks.items() if isinstance(blocks, Mapping) else ():
        most = max(LEAST_DEPTH, len(saved.weights.get(name, ())))
        for path, depth in _find_depths(block, f"components.{name}"):
            if depth > most:
                raise ValueError(
                    f"{saved.source / CONFIG}: {path} is {depth} layers, but "
                    f"{saved.path_of(name)} holds only "
                    f"{len(saved.weights.get(name, ()))} arrays."
                )


def check_sizes(saved: SavedPipeline, component: Component) -> None:
    """Check the sizes of a model that has no weights yet against those of a folder.

    Sizes that the model does not know are taken from the arrays, so that whatever is
    drawn later has the size of something in the folder.

    Args:
        saved: The saved pipeline, with its arrays.
        component: Built by the config.

    Raises:
        ValueError: A size differs, with a table of file against model; or it is
            beyond what the arrays have room for.
    """
    arrays = saved.weights.get(component.name, {})
    if not arrays:
        return
    _check_limits(saved, component)
    n_labels = len(component.objective.labels) if component.objective else 0
    found = {name: (*array.shape,) for name, array in arrays.items()}
    wanted = dict(found)
    for path, node in named_nodes(component.model):
        for parameter in node.param_names:
            dims = DIMS.get(node.name, {}).get(parameter.split("_l")[0])
            name = ".".join(filter(None, [path, parameter]))
            if dims is None or len(dims) != len(found.get(name, ())):
                continue
            wanted[name] = _known_shape(node, dims, found[name])
            if wanted[name] == found[name]:
                _take_sizes(saved, component.name, node, dims, found[name], n_labels)
    if wanted != found:
        path = saved.path_of(component.name)
        raise ValueError(describe_mismatch(path, found, wanted))


def _find_depths(block: Any, path: str) -> Iterator[tuple[str, int]]:
    if not isinstance(block, Mapping):
        return
    for name, value in block.items():
        if name in DEPTHS and isinstance(value, int):
            yield f"{path}.{name}", value
        yield from _find_depths(value, f"{path}.{name}")


def _check_limits(saved: SavedPipeline, component: Component) -> None:
    """Check that no size alone is beyond what the file has room for."""
    arrays = saved.weights[component.name]
    most = max(LEAST_LIMIT, sum(array.size for array in arrays.values()))
    for node in component.model.walk():
        for dim in node.dim_names:
            size = node.maybe_get_dim(dim)
            if size is not None and size > most:
                raise ValueError(
                    f"{saved.source / CONFIG}: {node.name} of the component "
                    f"'{component.name}' has a size {dim} of {size}, but "
                    f"{saved.path_of(component.name)} holds only {most} numbers."
                )


def _known_shape(
    node: Model[Any, Any], dims: tuple[str, ...], shape: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the shape of a parameter; sizes that are not known are those of a file."""
    sizes = []
    for dim, size in zip(dims, shape, strict=True):
        known = [_size_of(node, part) for part in dim.split(" * ")]
        product = 1
        for part in known:
            product *= part or 1
        if None in known:
            product = size if size % product == 0 else product
        sizes.append(product)
    return tuple(sizes)


def _size_of(node: Model[Any, Any], dim: str) -> int | None:
    """Return the size of a dimension, which may be a number itself."""
    return int(dim) if dim.isdecimal() else node.maybe_get_dim(dim)


def _take_sizes(
    saved: SavedPipeline,
    component: str,
    node: Model[Any, Any],
    dims: tuple[str, ...],
    shape: tuple[int, ...],
    n_labels: int,
) -> None:
    """Set the sizes of a node but its outputs, which follow from the labels."""
    size = 1
    for dim, length in zip(dims, shape, strict=True):
        size *= length
        if dim in node.dim_names and dim != "nO" and node.maybe_get_dim(dim) is None:
            node.set_dim(dim, length)
    outputs = shape[dims.index("nO")] if "nO" in dims else 0
    if outputs and node.maybe_get_dim("nO") is None:
        drawn = size // outputs * n_labels
        if drawn > MOST_OUTPUTS * max(LEAST_LIMIT, size):
            raise ValueError(
                f"{saved.source}: the component '{component}' has {n_labels} labels, "
                f"but {saved.path_of(component)} has outputs for {outputs}."
            )
