"""Read and set what Thinc keeps private; no other module does."""

from collections.abc import Callable
from typing import Any, TypeAlias

from thinc.api import Model, Optimizer
from thinc.backends import ParamServer
from thinc.shims import PyTorchShim

#: From a model, its input and whether it trains, to the output and its backprop.
Forward: TypeAlias = Callable[..., tuple[Any, Callable[[Any], Any]]]
#: Arrays by the key that a ParamServer has for them: a node's id and a name.
Arrays: TypeAlias = dict[tuple[int, str], Any]


def forward_of(node: Model[Any, Any]) -> Forward:
    """Return the function that a node computes."""
    forward: Forward = node._func
    return forward


def server_of(node: Model[Any, Any]) -> ParamServer:
    """Return the object in which a node keeps its parameters and gradients."""
    return node._params


def set_server(node: Model[Any, Any], server: ParamServer) -> None:
    """Replace the object in which a node keeps its parameters and gradients."""
    node._params = server


def contents_of(server: ParamServer) -> tuple[Arrays, Arrays]:
    """Return the parameters and the gradients of a server."""
    return server._params, server._grads


def share_contents(server: ParamServer, other: ParamServer) -> None:
    """Let a server keep its parameters and gradients where another one does."""
    server._params, server._grads = other._params, other._grads


def module_of(shim: PyTorchShim) -> Any:
    """Return the PyTorch module that a shim wraps; None if it has none yet."""
    return shim._model


def scaler_tensors_of(shim: PyTorchShim) -> tuple[Any, Any]:
    """Return what a shim's gradient scaler changes in training.

    Returns:
        The factor of the loss, and the number of updates since it last changed: two
        tensors of one element.
    """
    scaler: Any = shim._grad_scaler
    return scaler._scale, scaler._growth_tracker


def radam_buffer_of(optimizer: Optimizer) -> list[list[Any]]:
    """Return the step sizes that RAdam has computed for its latest updates."""
    return optimizer._radam_buffer


def set_radam_buffer(optimizer: Optimizer, buffer: list[list[Any]]) -> None:
    """Set the step sizes that RAdam has computed for its latest updates."""
    optimizer._radam_buffer = buffer
