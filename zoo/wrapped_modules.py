"""Let the tensors of the PyTorch modules that layers wrap pass for parameters."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from thinc.api import Model, Ops
from thinc.shims import PyTorchShim
from thinc.util import torch2xp

from .layers.torch_lstm import as_tensor, import_torch
from .types import Array


class WrappedModule:
    """The tensors of a module, under those methods of a node that parameters need.

    They are what the module's ``state_dict`` has: its parameters, and the buffers that
    it saves, which have no gradients. What is set is copied into them.

    id: The number by which an optimizer of Thinc knows the module.

    Raises ValueError if the module saves something else than tensors.
    """

    def __init__(self, shim: PyTorchShim, ops: Ops) -> None:
        self.id = shim.id
        self.ops = ops
        self.scaler = ModuleScaler(shim._grad_scaler)
        self.tensors: dict[str, Any] = {}
        if shim._model is not None:
            self.tensors = shim._model.state_dict(keep_vars=True)
        for name, tensor in self.tensors.items():
            if not hasattr(tensor, "requires_grad"):
                raise ValueError(
                    f"a wrapped module of PyTorch must save tensors only, got "
                    f"{type(tensor).__name__} as {name!r} of "
                    f"{type(shim._model).__name__}. Leave it out of its state_dict."
                )

    def has_param(self, name: str) -> bool:
        return True

    def get_param(self, name: str) -> Any:
        """Give a tensor as an array, in the same memory where that can be."""
        return self._as_array(self.tensors[name])

    maybe_get_param = get_param

    def set_param(self, name: str, value: Any) -> None:
        self.tensors[name].detach().copy_(as_tensor(value))

    def has_grad(self, name: str) -> bool:
        return self.tensors[name].grad is not None

    def get_grad(self, name: str) -> Any:
        return self._as_array(self.tensors[name].grad)

    def set_grad(self, name: str, value: Any) -> None:
        self.tensors[name].grad = as_tensor(value).to(self.tensors[name])

    @contextmanager
    def use_params(self, values: Mapping[Any, Any]) -> Iterator[None]:
        """Put other values in, of those tensors that have some, inside the block.

        values: By the keys of an optimizer, such as its averages.
        """
        backup = {
            name: tensor.detach().clone()
            for name, tensor in self.tensors.items()
            if (self.id, name) in values
        }
        for name in backup:
            self.set_param(name, values[self.id, name])
        try:
            yield
        finally:
            for name, tensor in backup.items():
                self.tensors[name].detach().copy_(tensor)

    def _as_array(self, tensor: Any) -> Array:
        tensor = tensor.detach()
        if tensor.dtype == import_torch().bfloat16:  # NumPy has no such type.
            tensor = tensor.float()
        array: Array = torch2xp(tensor, ops=self.ops)
        return array


class ModuleScaler:
    """Give what changes of the scaler of a module that is trained in half precision."""

    def __init__(self, scaler: Any) -> None:
        self._changing = (scaler._scale, scaler._growth_tracker)

    @property
    def state(self) -> list[float]:
        """The factor, and updates since it last changed."""
        return [float(tensor) for tensor in self._changing]

    @state.setter
    def state(self, state: list[float]) -> None:
        for tensor, value in zip(self._changing, state, strict=True):
            tensor.fill_(value)


def wrapped_modules(node: Model[Any, Any]) -> dict[str, WrappedModule]:
    """Give the modules that a node wraps, by the step of a path that leads to each.

    It is empty where there is one only.

    Raises ValueError if the node wraps something else than a module of PyTorch.
    """
    shims: list[Any] = node.shims
    for shim in shims:
        if not isinstance(shim, PyTorchShim):
            raise ValueError(
                f"the layer '{node.name}' must hold its weights as parameters of Thinc "
                f"or as a module of PyTorch, got a {type(shim).__name__}, whose "
                f"weights are not saved."
            )
    steps = [str(i) if len(shims) > 1 else "" for i in range(len(shims))]
    return {
        step: WrappedModule(shim, node.ops)
        for step, shim in zip(steps, shims, strict=True)
    }
