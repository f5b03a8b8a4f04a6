"""Name the parameters of a model by the path that leads to them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from thinc.api import Model, Ops
from thinc.shims import PyTorchShim
from thinc.types import FloatsXd
from thinc.util import torch2xp

from ._optional import import_torch
from ._tensors import as_tensor
from ._types import Array


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
        if (
            tensor.dtype == import_torch("A module of PyTorch").bfloat16
        ):  # NumPy has no such type.
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


class Parameter(NamedTuple):
    """A parameter of a model: ``node.get_param(name)``, which may not be set yet.

    A tensor of a module that a layer wraps passes for one.
    """

    node: Model[Any, Any] | WrappedModule
    name: str

    @property
    def value(self) -> FloatsXd | None:
        return self.node.maybe_get_param(self.name)


def named_nodes(model: Model[Any, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Walk the nodes of a model, depth first, with a readable path to each.

    A step of the path is the reference by which the parent knows the child, such as
    "encode", or else the child's place among its siblings. A child that is alone
    adds no step, unless its parent has parameters too. A node that stands in several
    places comes once, at its first.
    """
    seen: set[int] = set()

    def walk(node: Model[Any, Any], path: str) -> Iterator[tuple[str, Any]]:
        if node.id in seen:
            return
        seen.add(node.id)
        yield path, node
        known = {ref.id: name for name, ref in _references(node)}
        for i, child in enumerate(node.layers):
            # A step must part the child's parameters from those of its parent.
            alone = len(node.layers) == 1 and not (node.param_names or node.shims)
            step = known.get(child.id, "" if alone else str(i))
            yield from walk(child, ".".join(filter(None, [path, step])))

    return walk(model, path)


def named_parameters(model: Model[Any, Any]) -> dict[str, Parameter]:
    """Give every parameter a dotted name, such as "embed.norm.E" or "encode.0.W".

    Raises ValueError if a layer has weights that are neither parameters of Thinc nor
    tensors of a module of PyTorch.
    """
    return {
        _join(path, name): parameter
        for path, node in named_nodes(model)
        for name, parameter in own_parameters(node).items()
    }


def own_parameters(node: Model[Any, Any]) -> dict[str, Parameter]:
    """Name the parameters of a node and of the modules that it wraps."""
    own = {name: Parameter(node, name) for name in node.param_names}
    for step, module in wrapped_modules(node).items():
        own |= {_join(step, name): Parameter(module, name) for name in module.tensors}
    return own


def parameters_of(models: Mapping[str, Model[Any, Any]]) -> dict[str, Parameter]:
    """Name every parameter of several models, from the name of its model on."""
    return {
        f"{name}.{path}": parameter
        for name, model in models.items()
        for path, parameter in named_parameters(model).items()
    }


@contextmanager
def use_params(model: Model[Any, Any], values: Mapping[Any, Any]) -> Iterator[None]:
    """Put other values in the place of parameters, inside the block.

    ``Model.use_params`` does so too, but for the modules that layers wrap.

    values: By the keys of an optimizer, such as its averages.
    """
    with ExitStack() as stack:
        stack.enter_context(model.use_params(dict(values)))
        for node in model.walk():
            for module in wrapped_modules(node).values():
                stack.enter_context(module.use_params(values))
        yield


def _join(*steps: str) -> str:
    return ".".join(filter(None, steps))


def _references(node: Model[Any, Any]) -> list[tuple[str, Model[Any, Any]]]:
    names = reversed(node.ref_names)  # Where a child has two names, the first counts.
    return [(name, node.get_ref(name)) for name in names if node.has_ref(name)]


def set_parameters(model: Model[Any, Any], arrays: dict[str, Any], source: str) -> None:
    """Copy arrays into the parameters of the same names.

    source: Where the arrays come from, for messages.

    Raises ValueError with a table of file against model if a name or a shape differs,
    before anything is changed.
    """
    parameters = named_parameters(model)
    values: dict[str, Any] = {name: p.value for name, p in parameters.items()}
    shapes = {name: (*v.shape,) for name, v in values.items() if v is not None}
    found = {name: (*array.shape,) for name, array in arrays.items()}
    if shapes != found:
        raise ValueError(describe_mismatch(source, found, shapes))
    for name, array in arrays.items():
        value: Any = model.ops.asarray(array, dtype=values[name].dtype)
        parameters[name].node.set_param(parameters[name].name, value)


def describe_mismatch(
    source: str, found: dict[str, tuple[int, ...]], wanted: dict[str, tuple[int, ...]]
) -> str:
    """Tabulate the parameters that differ between a file and a model."""
    names = [n for n in {**wanted, **found} if found.get(n) != wanted.get(n)]
    rows = [("parameter", "file", "model")]
    rows += [(n, _shape(found.get(n)), _shape(wanted.get(n))) for n in names]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))
        for row in rows
    ]
    return (
        f"{source}: the weights do not fit the model, in {len(names)} of "
        f"{len({**wanted, **found})} parameters. Its config must be the one that the "
        f"weights were made with.\n" + "\n".join(f"  {line.rstrip()}" for line in lines)
    )


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else " x ".join(map(str, shape))
