"""Share the memory of parameters between a module of PyTorch and a Thinc node."""

from typing import Any

import numpy as np
from thinc.api import Model
from thinc.util import torch2xp

from .._arrays import as_array, as_thinc, param_of
from .._freeze import frozen_names
from .._tensors import as_tensor, can_share, own_memory
from .._types import Array


class SharedParameters:
    """Parameters that a module and a node share without a copy.

    The arrays of the node count. Where one was replaced, as by the weights of a file
    or by averages, the module takes the new one's memory over, and goes to the device
    where it is. So parameters are saved, frozen, averaged, moved and trained like
    those of any other layer. The node also has the float buffers that the module
    saves; they do not learn.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        self.known: dict[str, Array] = {}
        self._find_tensors()

    def _find_tensors(self) -> None:
        self.learning = dict(self.module.named_parameters())
        saved = self.module.state_dict(keep_vars=True)
        buffers = {
            name: tensor
            for name, tensor in self.module.named_buffers()
            if name in saved and tensor.is_floating_point()
        }
        self.tensors = {**self.learning, **buffers}

    @property
    def device(self) -> Any:
        """Return the device of the module."""
        return next(iter(self.tensors.values())).device

    def give_to(self, node: Model[Any, Any]) -> None:
        """Build the module's parameters those of a node."""
        for name, tensor in self.tensors.items():
            self.known[name] = as_array(torch2xp(tensor.detach(), ops=node.ops))
            node.set_param(name, as_thinc(self.known[name]))

    def take_from(self, node: Model[Any, Any]) -> None:
        """Return the module the node's parameters, where these are others by now."""
        for name in self.tensors:
            array = param_of(node, name)
            if _is_same(array, self.known.get(name)):
                continue
            if not can_share(array):
                array = own_memory(array)
                node.set_param(name, as_thinc(array))
            shared = as_tensor(array)
            if shared.device != self.device:  # The model has been moved.
                self.module.to(shared.device)
                self._find_tensors()  # Buffers are replaced.
            if shared.data_ptr() != self.tensors[name].data_ptr():
                self.tensors[name].data = shared
            self.known[name] = array

    def learners(self, node: Model[Any, Any]) -> dict[str, Any]:
        """Return the parameters that are not frozen, and mark them so in PyTorch."""
        frozen = frozen_names(node)
        for name, tensor in self.learning.items():
            tensor.requires_grad_(name not in frozen)
        return {n: t for n, t in self.learning.items() if n not in frozen}


def add_gradient(node: Model[Any, Any], name: str, gradient: Any) -> None:
    """Add a tensor to the gradient of a node's parameter; the first is not copied."""
    array: Any = torch2xp(gradient.contiguous(), ops=node.ops)
    if node.has_grad(name):
        node.inc_grad(name, array)
    else:
        node.set_grad(name, array)


def _is_same(array: Array, known: Array | None) -> bool:
    """Check whether two arrays are one memory; Thinc's optimizers give views of it."""
    return array is known or (known is not None and _view(array) == _view(known))


def _view(array: Array) -> tuple[Any, ...]:
    start = array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr
    return start, array.shape, array.strides, array.dtype
