"""Read the weights that spaCy saved, without spaCy."""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import srsly
from thinc.api import Model

from ..attributes import feature_names
from ..parameters import describe_mismatch, named_parameters
from ..types import Array


class SpacyNode(NamedTuple):
    """A node of the tree of layers that spaCy builds for a model of ours.

    spaCy's files list nodes breadth first, by such a tree, without its edges.
    """

    name: str
    children: list["SpacyNode"] = []  # noqa: RUF012  Never changed.
    source: Model[Any, Any] | None = None  # Our node that has its parameters.
    params: dict[str, str] = {}  # noqa: RUF012  spaCy's names to ours.

    def walk(self) -> Iterator["SpacyNode"]:
        queue = deque([self])
        while queue:
            node = queue.popleft()
            yield node
            queue.extend(node.children)


def load_weights(model: Model[Any, Any], source: str | Path | bytes) -> None:
    """Load the weights of a component that spaCy saved into the same model of ours.

    Afterwards the model predicts what spaCy's does.

    model: Built with the settings of spaCy's, under its names or ours. It need not be
        initialized.
    source: The file `model` of a component, the component's folder, or the bytes.

    Raises ValueError if the file is none of spaCy's, or with a table of file against
    model if its layers, shapes or features differ; the model is not changed then.
    """
    name, data = _read(source)
    tree = list(spacy_tree(model).walk())
    stored = _unpack(name, data)
    names: dict[tuple[int, str], str] = {}
    for dotted, parameter in named_parameters(model).items():
        names[parameter.node.id, parameter.name] = dotted
    _check_structure(name, stored, tree, names)
    _check_features(name, stored, model)
    _check_shapes(name, stored, tree, names)
    for node, params in zip(tree, stored["params"], strict=True):
        for spacy_name, our_name in node.params.items():
            _set_param(node.source, our_name, params[spacy_name])
    _settle_dims(model)


def spacy_tree(model: Model[Any, Any]) -> SpacyNode:
    """Lay out the nodes that spaCy's model with the same settings has.

    Raises ValueError if spaCy has no such layer.
    """
    if model.name not in _TREES:
        raise ValueError(
            f"load_weights: spaCy has no counterpart of the layer '{model.name}'. It "
            f"has one of: {', '.join(sorted(_TREES))}."
        )
    return _TREES[model.name](model)


def _tok2vec(model: Model[Any, Any]) -> SpacyNode:
    children = [spacy_tree(model.get_ref(name)) for name in ("embed", "encode")]
    return SpacyNode("tok2vec", children)


def _multi_hash_embed(model: Model[Any, Any]) -> SpacyNode:
    *tables, mix = model.layers
    parts = [
        SpacyNode(
            "ints-getitem>>hashembed",
            [
                SpacyNode("ints-getitem"),
                SpacyNode("hashembed", source=t, params={"E": "E"}),
            ],
        )
        for t in tables
    ]
    together = parts[0] if len(parts) == 1 else SpacyNode("concatenate", parts)
    return SpacyNode(
        "multi_hash_embed",
        [
            SpacyNode("extract_features"),
            SpacyNode("list2ragged"),
            SpacyNode("with_array", [together]),
            SpacyNode("with_array", [_maxout_norm(mix)]),
            SpacyNode("ragged2list"),
        ],
    )


def _maxout_norm(model: Model[Any, Any]) -> SpacyNode:
    maxout = SpacyNode("maxout", source=model, params={"W": "W", "b": "b"})
    norm = SpacyNode("layernorm", source=model, params={"G": "G", "b": "beta"})
    both = SpacyNode("maxout>>layernorm", [maxout, norm])
    return SpacyNode("maxout>>layernorm>>dropout", [both, SpacyNode("dropout")])


def _window_encoder(model: Model[Any, Any]) -> SpacyNode:
    blocks = [
        SpacyNode(
            "residual",
            [SpacyNode("chain", [SpacyNode("expand_window"), _maxout_norm(block)])],
        )
        for block in model.layers
    ]
    return SpacyNode(
        "with_array", blocks if len(blocks) == 1 else [SpacyNode("chain", blocks)]
    )


def _tagger(model: Model[Any, Any]) -> SpacyNode:
    output = model.get_ref("softmax")
    softmax = SpacyNode("softmax", source=output, params={"W": "W", "b": "b"})
    tok2vec = spacy_tree(model.get_ref("tok2vec"))
    return SpacyNode("tagger", [tok2vec, SpacyNode("with_array", [softmax])])


def _textcat_reduce(model: Model[Any, Any]) -> SpacyNode:
    output = model.get_ref("output_layer")
    tokens = [spacy_tree(model.get_ref("tok2vec")), SpacyNode("list2ragged")]
    poolings = [
        SpacyNode(f"reduce_{name}") for name in model.layers[1].attrs["poolings"]
    ]
    pool = poolings[0] if len(poolings) == 1 else SpacyNode("concatenate", poolings)
    linear = SpacyNode(output.name, source=output, params={"W": "W", "b": "b"})
    pooled = SpacyNode("chain", [SpacyNode("chain", tokens), pool])
    scored = SpacyNode("chain", [pooled, SpacyNode("resizable", [linear])])
    if not model.attrs["multi_label"]:
        return scored
    return SpacyNode("chain", [scored, SpacyNode("logistic")])


def _listener(model: Model[Any, Any]) -> SpacyNode:
    return SpacyNode("tok2vec-listener")


_TREES: dict[str, Callable[[Model[Any, Any]], SpacyNode]] = {
    "listener": _listener,
    "maxout_window_encoder": _window_encoder,
    "multi_hash_embed": _multi_hash_embed,
    "tagger": _tagger,
    "textcat_reduce": _textcat_reduce,
    "tok2vec": _tok2vec,
}


def _read(source: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "the bytes", source
    path = Path(source)
    if path.is_dir():
        path = path / "model"
    return str(path), path.read_bytes()


def _unpack(name: str, data: bytes) -> dict[str, Any]:
    try:
        stored = srsly.msgpack_loads(data)
    except Exception as error:  # msgpack raises errors of many kinds.
        raise ValueError(f"{name} is not a model file of spaCy: {error}.") from error
    if not isinstance(stored, dict) or not {"nodes", "attrs", "params"} <= set(stored):
        raise ValueError(
            f"{name} is not a model file of spaCy: it holds no nodes, attrs and params."
        )
    return stored


def _check_structure(
    name: str,
    stored: dict[str, Any],
    tree: list[SpacyNode],
    names: dict[tuple[int, str], str],
) -> None:
    """Check that the parameters stand where spaCy's tree has them."""
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


def _our_shapes(
    tree: list[SpacyNode], names: dict[tuple[int, str], str]
) -> dict[str, tuple[Any, ...]]:
    shapes = {}
    for node in tree:
        for our_name in node.params.values():
            assert node.source is not None
            dims = _PARAM_DIMS[node.source.name][our_name]
            shape = tuple(node.source.maybe_get_dim(dim) for dim in dims)
            shapes[names[node.source.id, our_name]] = shape
    return shapes


_NORM_DIMS = {"W": ("nO", "nP", "nI"), "b": ("nO", "nP"), "G": ("nO",), "beta": ("nO",)}
_LINEAR_DIMS = {"W": ("nO", "nI"), "b": ("nO",)}
#: The dimensions of every parameter that spaCy's files hold, by layer.
_PARAM_DIMS: dict[str, dict[str, tuple[str, ...]]] = {
    "hashembed": {"E": ("nV", "nO")},
    "linear": _LINEAR_DIMS,
    "maxout_norm": _NORM_DIMS,
    "softmax": _LINEAR_DIMS,
}


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


def _check_features(name: str, stored: dict[str, Any], model: Model[Any, Any]) -> None:
    """Check that the tables were made for the features and seeds of the model."""
    columns = [
        feature_names(srsly.msgpack_loads(attrs["columns"]))
        for node, attrs in zip(stored["nodes"], stored["attrs"], strict=True)
        if node["name"] == "extract_features"
    ]
    features = [n.attrs["features"] for n in model.walk() if "features" in n.attrs]
    if columns != features:
        raise ValueError(
            f"{name}: the weights were made for the features {columns}, the model has "
            f"{features}. Build the model with the features of the file."
        )


def _set_param(node: Model[Any, Any] | None, name: str, value: Any) -> None:
    assert node is not None
    array: Array = node.ops.asarray(value, dtype="float32")
    node.set_param(name, array)
    for dim, size in zip(_PARAM_DIMS[node.name][name], value.shape, strict=True):
        if node.maybe_get_dim(dim) is None:
            node.set_dim(dim, size, force=True)


def _settle_dims(model: Model[Any, Any]) -> None:
    """Pass the width of an output layer on to the head it belongs to."""
    for node in model.walk(order="dfs_post"):
        if node.has_dim("nO") is None and node.layers:
            widths = [c.maybe_get_dim("nO") for c in node.layers if c.has_dim("nO")]
            if widths:
                node.set_dim("nO", widths[-1])
