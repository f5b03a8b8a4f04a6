"""Read the weights of PyTorch's modules in spaCy's files, and run no code in them."""

from io import BytesIO
from typing import Any

import srsly

from .._optional import import_torch
from .._types import Array

#: What spaCy calls a layer that wraps a module of PyTorch.
WRAPPER = "pytorch"


def add_torch_states(name: str, stored: dict[str, Any]) -> None:
    """Put the arrays of each wrapped module among the parameters of its node.

    name: Of the file, for messages.
    stored: The nodes, parameters and shims of a model; params is changed.

    Raises ValueError if they cannot be read, and ImportError if PyTorch is missing.
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
    data = BytesIO(srsly.msgpack_loads(shim)["state"])
    # Arrays alone are read: a pickle that would call anything is refused.
    state = torch.load(data, map_location="cpu", weights_only=True)
    return {str(key): tensor.float().numpy() for key, tensor in state.items()}
