"""Read the weights that spaCy saved, without spaCy."""

from collections import deque
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from thinc.api import Model

from .._arrays import as_thinc
from .._lexical.attributes import feature_names
from .._message_limits import load_message
from .._optional import import_torch
from .._parameters import describe_mismatch, named_parameters
from .._spacy_files import read_plain
from .._types import Array
from ._spacy_moves import read_moves
from ._spacy_trees import SpacyNode, spacy_tree

__all__ = ["load_weights", "read_moves", "read_nodes"]

#: What spaCy calls a layer that wraps a module of PyTorch.
WRAPPER = "pytorch"


def load_weights(model: Model[Any, Any], source: str | Path | bytes) -> None:
    """Load the weights of a component that spaCy saved into the same model of ours.

    Afterwards the model predicts what spaCy's does.

    Args:
        model: Built with the settings of spaCy's, under its names or ours. It need not
            be initialized.
        source: The file `model` of a component, the component's folder, or the bytes.

    Raises:
        ValueError: The file is not one of spaCy's, its weights are not finite, or its
            layers, shapes or features differ; then the message has a table of file
            against model. The model is not changed.
    """
    name, data = _read(source)
    tree = list(spacy_tree(model).walk())
    stored = _unpack(name, data)
    if any(node.name == WRAPPER for node in tree):
        _add_torch_states(name, stored)
    names: dict[tuple[int, str], str] = {}
    for dotted, parameter in named_parameters(model).items():
        names[parameter.node.id, parameter.name] = dotted
    _check_structure(name, stored, tree, names)
    _check_kinds(name, stored, tree)
    _check_features(name, stored, model)
    _check_ngrams(name, stored, model)
    _check_shapes(name, stored, tree, names)
    _check_finite(name, stored, tree, names)
    for node, params in zip(tree, stored["params"], strict=True):
        for spacy_name, our_name in node.params.items():
            _set_param(node.source, our_name, params[spacy_name])
    _settle_dims(model)


def read_nodes(source: str | Path | bytes) -> tuple[str, dict[str, Any]]:
    """Read the nodes of a model that spaCy saved, as they are stored.

    Args:
        source: The file `model` of a component, the component's folder, or the bytes.

    Returns:
        A name for messages, and lists of a value per node: nodes, attrs, params, shims.

    Raises:
        ValueError: It is no model file of spaCy.
    """
    name, data = _read(source)
    stored = _unpack(name, data)
    shims = stored.get("shims")
    if not isinstance(shims, list) or len(shims) != len(stored["nodes"]):
        raise ValueError(f"{name} is not a model file of spaCy: it lacks shims.")
    return name, stored


def _read(source: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "the bytes", source
    path = Path(source)
    if path.is_dir():
        path = path / "model"
    return str(path), read_plain(path)


def _unpack(name: str, data: bytes) -> dict[str, Any]:
    try:
        stored = load_message(data)
    except Exception as error:  # msgpack raises errors of many kinds.
        raise ValueError(f"{name} is not a model file of spaCy: {error}.") from error
    if not isinstance(stored, dict) or not _holds_a_model(stored):
        raise ValueError(
            f"{name} is not a model file of spaCy: it does not hold the nodes, attrs "
            f"and params of a model."
        )
    return stored


def _holds_a_model(stored: dict[str, Any]) -> bool:
    """Check whether it has a name, settings and arrays of floats for every node."""
    parts: list[Any] = [stored.get(key) for key in ("nodes", "attrs", "params")]
    for part in parts:
        if not isinstance(part, list) or not all(isinstance(i, dict) for i in part):
            return False
    nodes, attrs, params = parts
    arrays = [value for node in params for value in node.values() if value is not None]
    return (
        len(nodes) == len(attrs) == len(params)
        and all(isinstance(node.get("name"), str) for node in nodes)
        and all(isinstance(array, np.ndarray) for array in arrays)
        and all(array.dtype.kind == "f" for array in arrays)
    )


def _check_structure(
    name: str,
    stored: dict[str, Any],
    tree: list[SpacyNode],
    names: dict[tuple[int, str], str],
) -> None:
    """Check that the parameters are at the nodes where spaCy's tree has them."""
    expected = [tuple(sorted(node.params)) for node in tree]
    found = [tuple(sorted(params)) for params in stored["params"]]
    labels = [node["name"] for node in stored["nodes"]]
    same_names = len(labels) == len(tree) and all(
        label == node.name
        for label, node in zip(labels, tree, strict=True)
        if node.params
    )
    if found == expected and same_names:
        return
    wanted = _our_shapes(tree, names)
    raise ValueError(
        describe_mismatch(name, _stored_shapes(stored, tree, names), wanted)
    )


#: Layers without parameters, in which models of the same shapes differ.
DISTINCTIVE = {
    *(f"reduce_{name}" for name in ("first", "last", "max", "mean", "sum")),
    "logistic",
    "softmax_activation",
}


def _check_kinds(name: str, stored: dict[str, Any], tree: list[SpacyNode]) -> None:
    """Check that the file pools and activates as the model does."""
    pairs = [
        (found["name"], node.name)
        for found, node in zip(stored["nodes"], tree, strict=True)
        if DISTINCTIVE & {found["name"], node.name}
    ]
    for found, wanted in pairs:
        if found != wanted:
            raise ValueError(
                f"{name}: the weights were made for a model with the layer "
                f"'{found}' where this one has '{wanted}'. Build the model with the "
                f"settings of the file."
            )


def _check_shapes(
    name: str,
    stored: dict[str, Any],
    tree: list[SpacyNode],
    names: dict[tuple[int, str], str],
) -> None:
    found, wanted = _stored_shapes(stored, tree, names), _our_shapes(tree, names)
    for dotted, shape in wanted.items():
        known = found[dotted]
        # A size that the model does not know yet is taken from the file.
        wanted[dotted] = tuple(
            k if s is None else s for s, k in zip(shape, known, strict=False)
        )
    if wanted != found:
        raise ValueError(describe_mismatch(name, found, wanted))


def _check_finite(
    name: str,
    stored: dict[str, Any],
    tree: list[SpacyNode],
    names: dict[tuple[int, str], str],
) -> None:
    """Check that all weights are finite numbers of float32."""
    for node, params in zip(tree, stored["params"], strict=True):
        for spacy_name, our_name in node.params.items():
            with np.errstate(over="ignore"):
                values = np.asarray(params[spacy_name]).astype("float32", copy=False)
            if node.source is not None and not np.isfinite(values).all():
                raise ValueError(
                    f"{name}: weights must be finite numbers of float32, got NaN, "
                    f"infinity or others in {names[node.source.id, our_name]}. Load "
                    f"another model, or train this one again."
                )


def _our_shapes(
    tree: list[SpacyNode], names: dict[tuple[int, str], str]
) -> dict[str, tuple[Any, ...]]:
    shapes = {}
    for node in tree:
        for our_name in node.params.values():
            assert node.source is not None
            dims = _param_dims(node.source, our_name)
            shape = tuple(_size(node.source, dim) for dim in dims)
            shapes[names[node.source.id, our_name]] = shape
    return shapes


def _size(node: Model[Any, Any], dim: str) -> int | None:
    """Return the size of a dimension, or of the product of several: "nO * length"."""
    parts = dim.split(" * ")
    sizes = [int(p) if p.isdigit() else node.maybe_get_dim(p) for p in parts]
    known = [size for size in sizes if size is not None]
    return prod(known) if len(known) == len(sizes) else None


_NORM_DIMS = {"W": ("nO", "nP", "nI"), "b": ("nO", "nP"), "G": ("nO",), "beta": ("nO",)}
_LINEAR_DIMS = {"W": ("nO", "nI"), "b": ("nO",)}
#: The dimensions of every parameter that spaCy's files hold, by layer.
PARAM_DIMS: dict[str, dict[str, tuple[str, ...]]] = {
    "attention_pool": {"Q": ("nO",)},
    "char_embed": {"E": ("nC", "nV", "nM")},
    "gelu": _LINEAR_DIMS,
    "hashembed": {"E": ("nV", "nO")},
    "linear": _LINEAR_DIMS,
    "maxout_norm": _NORM_DIMS,
    "mish_norm": {**_LINEAR_DIMS, "G": ("nO",), "beta": ("nO",)},
    "softmax": _LINEAR_DIMS,
    "state_features": {
        "W": ("nF", "nO", "nP", "nI"),
        "b": ("nO", "nP"),
        "pad": ("1", "nF", "nO", "nP"),
    },
    "static_vectors": {"W": ("nO", "nM")},
    "sparse_linear": {"W": ("nO * length",), "b": ("nO",)},
    "torch_bilstm_encoder": {
        "weight_ih": ("nG", "nI"),
        "weight_hh": ("nG", "nH"),
        "bias_ih": ("nG",),
        "bias_hh": ("nG",),
    },
}


def _param_dims(node: Model[Any, Any], name: str) -> tuple[str, ...]:
    """Return the dimensions of a parameter; "weight_ih_l0" is one of "weight_ih"."""
    return PARAM_DIMS[node.name][name.split("_l")[0]]


def _stored_shapes(
    stored: dict[str, Any], tree: list[SpacyNode], names: dict[tuple[int, str], str]
) -> dict[str, tuple[int, ...]]:
    """Name the file's parameters as ours: the n-th of a kind as our n-th of it."""
    ours: dict[tuple[str, str], deque[str]] = {}
    for node in tree:
        for spacy_name, our_name in node.params.items():
            assert node.source is not None
            queue = ours.setdefault((node.name, spacy_name), deque())
            queue.append(names[node.source.id, our_name])
    shapes = {}
    for i, (node, params) in enumerate(
        zip(stored["nodes"], stored["params"], strict=True)
    ):
        for spacy_name, value in params.items():
            queue = ours.get((node["name"], spacy_name), deque())
            dotted = (
                queue.popleft() if queue else f"{node['name']}.{spacy_name} (node {i})"
            )
            shapes[dotted] = () if value is None else tuple(value.shape)
    return shapes


#: What spaCy, and spacy-legacy, call the layer that looks up attributes.
EXTRACTORS = ("extract_features", "feature_extractor")


def _check_features(name: str, stored: dict[str, Any], model: Model[Any, Any]) -> None:
    """Check that the tables were made for the features of the model."""
    columns = [
        feature_names(_read_columns(name, attrs))
        for node, attrs in zip(stored["nodes"], stored["attrs"], strict=True)
        if node["name"] in EXTRACTORS
    ]
    features = [n.attrs["features"] for n in model.walk() if "features" in n.attrs]
    if columns != features:
        raise ValueError(
            f"{name}: the weights were made for the features {columns}, the model has "
            f"{features}. Build the model with the features of the file."
        )


def _read_columns(name: str, attrs: dict[str, Any]) -> list[str | int]:
    try:
        columns = load_message(attrs["columns"])
        return [c if isinstance(c, str) else int(c) for c in columns]
    except Exception as error:  # msgpack raises errors of many kinds.
        raise ValueError(
            f"{name} is not a model file of spaCy: cannot read its features, {error!r}."
        ) from error


def _check_ngrams(name: str, stored: dict[str, Any], model: Model[Any, Any]) -> None:
    """Check that the weights were made for n-grams of as many words."""
    attrs = [a["ngram_size"] for a in stored["attrs"] if "ngram_size" in a]
    try:
        found = [int(load_message(size)) for size in attrs]
    except Exception as error:  # msgpack raises errors of many kinds.
        raise ValueError(
            f"{name} is not a model file of spaCy: cannot read its ngram_size, "
            f"{error!r}."
        ) from error
    sizes = [n.attrs["ngram_size"] for n in model.walk() if "ngram_size" in n.attrs]
    if found != sizes:
        raise ValueError(
            f"{name}: the weights were made for an ngram_size of {found}, the model "
            f"has {sizes}. Build the model with the ngram_size of the file."
        )


def _set_param(node: Model[Any, Any] | None, name: str, value: Any) -> None:
    assert node is not None
    # A copy, as the array in the file is read-only.
    array: Array = node.ops.xp.array(value, dtype="float32")
    node.set_param(name, as_thinc(array))
    sizes: tuple[int, ...] = value.shape
    for dim, size in zip(_param_dims(node, name), sizes, strict=True):
        if dim.isalpha() and node.maybe_get_dim(dim) is None:
            node.set_dim(dim, size, force=True)


def _settle_dims(model: Model[Any, Any]) -> None:
    """Pass the width of an output layer on to the head it belongs to."""
    for node in model.walk(order="dfs_post"):
        if node.has_dim("nO") is None and node.layers:
            widths = [c.get_dim("nO") for c in node.layers if c.has_dim("nO")]
            if widths:
                node.set_dim("nO", widths[-1])


def _add_torch_states(name: str, stored: dict[str, Any]) -> None:
    """Put the arrays of each wrapped module among the parameters of its node.

    Args:
        name: Name of the file, for messages.
        stored: The nodes, parameters and shims of a model; params is changed.

    Raises:
        ValueError: They cannot be read.
        ImportError: PyTorch is missing.
    """
    torch = import_torch(f"A module of PyTorch in {name}")
    try:
        triples = zip(stored["nodes"], stored["params"], stored["shims"], strict=True)
        for node, params, shims in triples:
            if node["name"] == WRAPPER:
                params.update(_read_state(torch, shims))
    except Exception as error:  # PyTorch and msgpack raise errors of many kinds.
        raise ValueError(
            f"{name} is not a model file of spaCy: cannot read the weights of a module "
            f"of PyTorch, {error!r}."
        ) from error


def _read_state(torch: Any, shims: list[bytes]) -> dict[str, Array]:
    (shim,) = shims
    data = BytesIO(load_message(shim)["state"])
    # Arrays alone are read: a pickle that would call anything is refused.
    state = torch.load(data, map_location="cpu", weights_only=True)
    return {str(key): tensor.float().numpy() for key, tensor in state.items()}
