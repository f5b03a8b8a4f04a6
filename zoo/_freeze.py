"""Freeze parameters of a model: they do not change and need no backward pass."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import update_wrapper
from typing import Any

from thinc.api import Model
from thinc.backends import ParamServer, get_array_ops
from thinc.types import FloatsXd, Ragged

from ._parameters import WrappedModule, named_nodes, named_parameters, own_parameters
from ._thinc_internals import Forward, contents_of, forward_of, server_of, set_server
from ._watched_parameters import WatchedParameters
from .config import nearest
from .layers._ragged import with_data
from .layers.listener import upstream_of


def freeze(model: Model[Any, Any], *paths: str) -> list[str]:
    """Set which parameters of a model do not learn; all others learn.

    A frozen parameter is never changed by an optimizer, which keeps no state for it.
    It has no gradient. All layers below the lowest parameter that learns only predict,
    even in training: without dropout and without a backward pass.

    Args:
        model: The model.
        *paths: Paths of parameters or of nodes above them, such as "embed.norm.E" or
            "encode", and patterns of such paths, such as "*.b". Without any, all
            parameters learn.

    Returns:
        The paths of the frozen parameters.

    Raises:
        ValueError: A path leads to no parameter.
    """
    frozen = match_paths(named_parameters(model), paths)
    freeze_parameters(model, frozen)
    return sorted(frozen)


def match_paths(known: Iterable[str], patterns: Iterable[str]) -> set[str]:
    """Return the paths that match a pattern, or that are below a node that matches.

    Raises:
        ValueError: A pattern matches nothing.
    """
    known, found = list(known), set[str]()
    for pattern in patterns:
        fitting = {p for p in known if fits_path(p, pattern)}
        if not fitting:
            nodes = [p[:i] for p in known for i, c in enumerate(p) if c == "."]
            names = [*dict.fromkeys(nodes), *known]
            hint = nearest(pattern.removesuffix(".*"), names)
            raise ValueError(
                f"freeze: expected the path of a parameter or of a node above some, or "
                f"a pattern of such paths, got {pattern!r}, which fits none.{hint}"
            )
        found |= fitting
    return found


def fits_path(path: str, pattern: str) -> bool:
    """Check whether a pattern matches a path, or the path of a node above it."""
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}.*")


def freeze_parameters(model: Model[Any, Any], frozen: Iterable[str]) -> None:
    """Freeze the parameters with these paths; all others learn."""
    frozen = set(frozen)
    for path, node in named_nodes(model):
        names = {n for n in own_parameters(node) if f"{path}.{n}".strip(".") in frozen}
        _guard(node, names)
        forward = forward_of(node)
        if isinstance(forward, PredictOnly):
            node.replace_callbacks(forward.forward, init=node.init)
    if frozen:
        places = Counter(child.id for node in model.walk() for child in node.layers)
        for node in _below_what_learns(model):
            if places[node.id] < 2:  # Otherwise it may also be above what learns.
                node.replace_callbacks(PredictOnly(forward_of(node)), init=node.init)


def is_frozen(model: Model[Any, Any]) -> bool:
    """Check whether nothing learns in a model or in an encoder that it listens to."""
    return all(map(_is_still, model.walk()))


def frozen_names(node: Model[Any, Any]) -> set[str]:
    """Return the names of the frozen parameters of a node itself."""
    guard = server_of(node)
    return guard.frozen if isinstance(guard, FrozenParameters) else set()


def frozen_paths(model: Model[Any, Any]) -> set[str]:
    """Return the paths of the frozen parameters of a model."""
    return {
        f"{path}.{name}".strip(".")
        for path, node in named_nodes(model)
        for name in frozen_names(node)
    }


class FrozenParameters(WatchedParameters):
    """The parameters of a node, which ignore gradients of frozen ones.

    A Thinc model keeps its parameters in such an object, through which every layer adds
    gradients and every optimizer reads them. Frozen tensors of PyTorch modules get
    `requires_grad` False.

    Args:
        inner: The parameters of the node before.
        frozen: Names of the frozen parameters, including those of wrapped modules.
        tensors: The frozen tensors of the modules, all of which can learn.
    """

    def __init__(
        self, inner: ParamServer, frozen: set[str], tensors: list[Any]
    ) -> None:
        params, grads = contents_of(inner)
        super().__init__(params, {k: v for k, v in grads.items() if k[1] not in frozen})
        self.frozen = frozen
        self.tensors = tensors
        for tensor in tensors:
            tensor.requires_grad_(False)
            tensor.grad = None

    def release(self) -> ParamServer:
        """Unfreeze all parameters, and return the plain parameters of the node."""
        for tensor in self.tensors:
            tensor.requires_grad_(True)
        return WatchedParameters(*contents_of(self))

    def get_grad(self, model_id: int, name: str) -> FloatsXd:
        if name in self.frozen:  # Layers may add into it; the sum is dropped.
            value: Any = self.get_param(model_id, name)
            zeros: FloatsXd = get_array_ops(value).xp.zeros_like(value)
            return zeros
        return super().get_grad(model_id, name)

    def inc_grad(self, model_id: int, name: str, value: FloatsXd) -> None:
        if name not in self.frozen:
            super().inc_grad(model_id, name, value)

    def set_grad(self, model_id: int, name: str, value: FloatsXd) -> None:
        if name not in self.frozen:
            super().set_grad(model_id, name, value)


class PredictOnly:
    """A forward function that predicts, even in training; its input has no gradient."""

    def __init__(self, forward: Forward) -> None:
        update_wrapper(self, forward)
        self.forward = forward

    def __call__(
        self, model: Model[Any, Any], X: Any, is_train: bool
    ) -> tuple[Any, Callable[[Any], Any]]:
        Y, _ = self.forward(model, X, is_train=False)
        return Y, lambda dY: _no_gradient(model, X)


def _guard(node: Model[Any, Any], frozen: set[str]) -> None:
    server = server_of(node)
    if isinstance(server, FrozenParameters):
        set_server(node, server.release())
    if frozen:
        parameters = own_parameters(node)
        tensors = [
            holder.tensors[name]
            for holder, name in map(parameters.__getitem__, frozen)
            if isinstance(holder, WrappedModule)
        ]
        learning = [tensor for tensor in tensors if tensor.requires_grad]
        set_server(node, FrozenParameters(server_of(node), frozen, learning))


def _is_still(node: Model[Any, Any]) -> bool:
    upstream = upstream_of(node)
    if upstream is not None and not is_frozen(upstream.model):
        return False
    return own_parameters(node).keys() == frozen_names(node)


def _below_what_learns(model: Model[Any, Any]) -> Iterator[Model[Any, Any]]:
    """Return the highest nodes in which and below which nothing learns.

    The layers of a node are in the order in which it runs them, so they are those
    before the first that learns.
    """
    if is_frozen(model):
        yield model
        return
    for child in model.layers:
        yield from _below_what_learns(child)
        if not is_frozen(child):
            return


def _no_gradient(model: Model[Any, Any], X: Any) -> Any:
    """Build a gradient of zeros for an input; documents have none."""
    if isinstance(X, Ragged):
        return with_data(X, _no_gradient(model, X.dataXd))
    if isinstance(X, model.ops.xp.ndarray):
        return model.ops.xp.zeros_like(X)
    if isinstance(X, list) and X and isinstance(X[0], model.ops.xp.ndarray):
        return [model.ops.xp.zeros_like(part) for part in X]
    return []
