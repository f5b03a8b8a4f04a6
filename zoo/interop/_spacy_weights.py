"""Write the weights of an encoder as spaCy saves them, without spaCy."""

from typing import Any

import srsly
from thinc.api import Model

from ._spacy_trees import SpacyNode, spacy_tree

#: Nodes that hold a module of PyTorch, whose weights spaCy saves in another form.
_MODULES = ("pytorch", "hf-pytorch")


def spacy_weights(model: Model[Any, Any]) -> bytes:
    """Return what ``spacy pretrain`` saves of an encoder: spaCy loads it into its own.

    Only weights and features are in it, so spaCy's encoder must have been built with
    the same settings.

    Args:
        model: The encoder, which has weights.

    Raises:
        ValueError: spaCy has no such layer, or a layer wraps a module of PyTorch.
    """
    tree = list(spacy_tree(model).walk())
    if any(node.name in _MODULES for node in tree):
        raise ValueError(
            f"spacy_weights: an encoder must have no module of PyTorch, got "
            f"'{model.name}' with one."
        )
    features = iter(n.attrs["features"] for n in model.walk() if "features" in n.attrs)
    stored = {
        "nodes": [
            {"index": i, "name": node.name, "dims": {}, "refs": {}}
            for i, node in enumerate(tree)
        ],
        "attrs": [
            {"columns": srsly.msgpack_dumps(list(next(features)))}
            if node.name == "extract_features"
            else {}
            for node in tree
        ],
        "params": [_params(node) for node in tree],
        "shims": [[] for _ in tree],
    }
    return bytes(srsly.msgpack_dumps(stored))


def _params(node: SpacyNode) -> dict[str, Any]:
    source = node.source
    if source is None:
        return {}
    return {
        theirs: source.ops.to_numpy(source.get_param(ours))
        for theirs, ours in node.params.items()
    }
