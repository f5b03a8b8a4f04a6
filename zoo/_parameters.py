"""Find the parameters of a model by dotted paths, such as "embed.norm.E"."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, Protocol, cast

from thinc.api import Model, Ops
from thinc.shims import PyTorchShim
from thinc.util import torch2xp

from ._arrays import as_array
from ._optional import import_torch
from ._tensors import as_tensor
from ._terminal import align
from ._thinc_internals import module_of, scaler_tensors_of
from ._types import Array


class WrappedModule:
    """The tensors of a PyTorch module, with the methods of a node for parameters.

    The tensors are those of the module's ``state_dict``: its parameters, and the saved
    buffers, which have no gradients. Values that are set are copied into them.

    Args:
        shim: The shim of Thinc that wraps the module.
        ops: The ops of its node.

    Attributes:
        id: The number of the module in the keys of an optimizer of Thinc.
        scaler: The state of its gradient scaler.
        tensors: Its tensors by name.

    Raises:
        ValueError: The module saves something else than tensors.
    """

    def __init__(self, shim: PyTorchShim, ops: Ops) -> None:
        self.id = shim.id
        self.ops = ops
        self.scaler = ModuleScaler(*scaler_tensors_of(shim))
        self.tensors: dict[str, Any] = {}
        module = module_of(shim)
        if module is not None:
            self.tensors = module.state_dict(keep_vars=True)
        for name, tensor in self.tensors.items():
            if not hasattr(tensor, "requires_grad"):
                raise ValueError(
                    f"a wrapped module of PyTorch must save tensors only, got "
                    f"{type(tensor).__name__} as {name!r} of "
                    f"{type(module).__name__}. Leave it out of its state_dict."
                )

    def has_param(self, name: str) -> bool:
        return True

    def get_param(self, name: str) -> Array:
        """Return a tensor as an array, which shares its memory if possible."""
        return self._as_array(self.tensors[name])

    maybe_get_param = get_param

    def set_param(self, name: str, value: Array) -> None:
        self.tensors[name].detach().copy_(as_tensor(value))

    def has_grad(self, name: str) -> bool:
        return self.tensors[name].grad is not None

    def get_grad(self, name: str) -> Array:
        return self._as_array(self.tensors[name].grad)

    def set_grad(self, name: str, value: Array) -> None:
        self.tensors[name].grad = as_tensor(value).to(self.tensors[name])

    @contextmanager
    def use_params(self, values: Mapping[Any, Any]) -> Iterator[None]:
        """Replace the values of those tensors that have others, inside the block.

        Args:
            values: Values by the keys of an optimizer, such as its averages.
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
        if tensor.dtype == import_torch("A module of PyTorch").bfloat16:
            tensor = tensor.float()  # NumPy has no bfloat16.
        return as_array(torch2xp(tensor, ops=self.ops))


class ModuleScaler:
    """The state of the gradient scaler of a module that trains in half precision.

    Args:
        *tensors: The factor, and the updates since it last changed: two tensors.
    """

    def __init__(self, *tensors: Any) -> None:
        self._tensors = tensors

    @property
    def state(self) -> list[float]:
        """The factor, and the number of updates since it last changed."""
        return [float(tensor) for tensor in self._tensors]

    @state.setter
    def state(self, state: list[float]) -> None:
        for tensor, value in zip(self._tensors, state, strict=True):
            tensor.fill_(value)


def wrapped_modules(node: Model[Any, Any]) -> dict[str, WrappedModule]:
    """Return the modules that a node wraps, by the step of a path to each.

    The step is empty if there is only one module.

    Raises:
        ValueError: The node wraps something else than a module of PyTorch.
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
    """A parameter of a model, or a tensor of a module that a layer wraps.

    Attributes:
        node: The node with the parameter, or the wrapped module.
        name: Its name there.
    """

    node: Model[Any, Any] | WrappedModule
    name: str

    @property
    def value(self) -> Array | None:
        """The array; None if it is not set yet."""
        return cast(Array | None, self.node.maybe_get_param(self.name))


class HasParameters(Protocol):
    """An object with named parameters, such as a pipeline."""

    @property
    def parameters(self) -> Mapping[str, Parameter]: ...


def count_parameters(model: Model[Any, Any] | HasParameters) -> int:
    """Count the numbers in all parameters of a model or pipeline.

    Frozen parameters are included. An encoder that several components share is counted
    once. Tables of word vectors are not parameters.

    Args:
        model: A Thinc model, or a pipeline.

    Raises:
        ValueError: A parameter has no value, as the model is not initialized.
    """
    if isinstance(model, Model):
        parameters: Mapping[str, Parameter] = named_parameters(model)
    else:
        parameters = model.parameters
    total = 0
    for path, parameter in parameters.items():
        value = parameter.value
        if value is None:
            raise ValueError(
                f"count_parameters: the model must be initialized, got one whose "
                f"parameter {path!r} has no value. Call its `initialize` first."
            )
        total += value.size
    return total


def named_nodes(model: Model[Any, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Iterate over the nodes of a model, depth first, with a readable path to each.

    A step of a path is the reference by which the parent knows the child, such as
    "encode", or else the position of the child among its siblings. An only child adds
    no step, unless its parent has parameters too. A node that occurs several times is
    returned once, with its first path.

    Args:
        model: The model.
        path: The path of the model itself, which all others begin with.
    """
    seen: set[int] = set()

    def walk(node: Model[Any, Any], path: str) -> Iterator[tuple[str, Any]]:
        if node.id in seen:
            return
        seen.add(node.id)
        yield path, node
        known = {ref.id: name for name, ref in _references(node)}
        for i, child in enumerate(node.layers):
            # A step must separate the child's parameters from those of its parent.
            alone = len(node.layers) == 1 and not (node.param_names or node.shims)
            step = known.get(child.id, "" if alone else str(i))
            yield from walk(child, ".".join(filter(None, [path, step])))

    return walk(model, path)


def named_parameters(model: Model[Any, Any]) -> dict[str, Parameter]:
    """Return every parameter by a dotted name, such as "embed.norm.E" or "encode.0.W".

    Args:
        model: A Thinc model. The names are those that `zoo.freeze` takes.

    Returns:
        The parameters in the order of the layers. Each has a `value`, an array, or None
        if the model is not initialized.

    Raises:
        ValueError: A layer has weights that are neither parameters of Thinc nor tensors
            of a module of PyTorch.
    """
    return {
        _join(path, name): parameter
        for path, node in named_nodes(model)
        for name, parameter in own_parameters(node).items()
    }


def own_parameters(node: Model[Any, Any]) -> dict[str, Parameter]:
    """Return the parameters of a node itself and of its wrapped modules, by name."""
    own = {name: Parameter(node, name) for name in node.param_names}
    for step, module in wrapped_modules(node).items():
        own |= {_join(step, name): Parameter(module, name) for name in module.tensors}
    return own


def parameters_of(models: Mapping[str, Model[Any, Any]]) -> dict[str, Parameter]:
    """Return every parameter of several models, by the name of its model and path."""
    return {
        f"{name}.{path}": parameter
        for name, model in models.items()
        for path, parameter in named_parameters(model).items()
    }


@contextmanager
def use_params(model: Model[Any, Any], values: Mapping[Any, Any]) -> Iterator[None]:
    """Replace the values of parameters inside the block.

    Unlike ``Model.use_params``, this includes the modules that layers wrap.

    Args:
        model: The model.
        values: Values by the keys of an optimizer, such as its averages.
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
    names = reversed(node.ref_names)  # If a child has two names, the first is used.
    return [(name, node.get_ref(name)) for name in names if node.has_ref(name)]


def set_parameters(model: Model[Any, Any], arrays: dict[str, Any], source: str) -> None:
    """Copy arrays into the parameters of the same names.

    Args:
        model: The model, whose parameters have values.
        arrays: The arrays by name.
        source: Where the arrays come from, for the message.

    Raises:
        ValueError: A name or a shape differs. The message has a table of file and
            model. Or whole numbers stand in the place of others, or the reverse.
            Nothing is changed then.
    """
    parameters = named_parameters(model)
    values: dict[str, Any] = {name: p.value for name, p in parameters.items()}
    shapes = {name: (*v.shape,) for name, v in values.items() if v is not None}
    found = {name: (*array.shape,) for name, array in arrays.items()}
    if shapes != found:
        raise ValueError(describe_mismatch(source, found, shapes))
    for name, array in arrays.items():
        wanted = values[name].dtype
        if (array.dtype.kind == "f") != (wanted.kind == "f"):
            raise ValueError(
                f"{source}: {name} must hold numbers of {wanted}, got {array.dtype}. "
                f"Save the weights in that type."
            )
    for name, array in arrays.items():
        value: Any = model.ops.asarray(array, dtype=values[name].dtype)
        parameters[name].node.set_param(parameters[name].name, value)


def describe_mismatch(
    source: str, found: dict[str, tuple[int, ...]], wanted: dict[str, tuple[int, ...]]
) -> str:
    """Return a message with a table of the parameters that differ."""
    names = [n for n in {**wanted, **found} if found.get(n) != wanted.get(n)]
    rows = [("parameter", "file", "model")]
    rows += [(n, _shape(found.get(n)), _shape(wanted.get(n))) for n in names]
    return (
        f"{source}: the weights do not fit the model, in {len(names)} of "
        f"{len({**wanted, **found})} parameters. Its config must be the one that the "
        f"weights were made with.\n" + "\n".join(f"  {line}" for line in align(rows))
    )


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else " x ".join(map(str, shape))
