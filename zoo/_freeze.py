"""Freeze parameters of a model: they keep their bits, and cost no backward pass."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import update_wrapper
from typing import Any

from thinc.api import Model
from thinc.backends import ParamServer, get_array_ops
from thinc.types import FloatsXd, Ragged

from ._parameters import WrappedModule, named_nodes, named_parameters, own_parameters
from .config import nearest
from .layers._ragged import with_data
from .layers.listener import upstream_of

Forward = Callable[..., tuple[Any, Callable[[Any], Any]]]


def freeze(model: Model[Any, Any], *paths: str) -> list[str]:
    """Say which parameters of a model do not learn, instead of any said before.

    A frozen parameter is never changed by an optimizer, which keeps nothing for it.
    It has no gradient either. Whatever lies below the lowest parameter that learns
    only predicts, even in training: without dropout, and without a backward pass.

    paths: Paths of parameters or of nodes above them, such as "embed.norm.E" or
        "encode", and patterns of such paths, such as "*.b". Without any, all
        parameters learn.

    Returns the paths of the frozen parameters. Raises ValueError if a path leads to
    no parameter.
    """
    frozen = match_paths(named_parameters(model), paths)
    freeze_parameters(model, frozen)
    return sorted(frozen)


def match_paths(known: Iterable[str], patterns: Iterable[str]) -> set[str]:
    """Find the paths that a pattern fits, or that lie below one that it fits.

    Raises ValueError if a pattern fits none.
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
    """Tell whether a pattern fits a path, or the path of a node above it."""
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}.*")


def freeze_parameters(model: Model[Any, Any], frozen: Iterable[str]) -> None:
    """Freeze the parameters that have these paths, and no others."""
    frozen = set(frozen)
    for path, node in named_nodes(model):
        names = {n for n in own_parameters(node) if f"{path}.{n}".strip(".") in frozen}
        _guard(node, names)
        if isinstance(node._func, PredictOnly):
            node.replace_callbacks(node._func.forward, init=node.init)
    if frozen:
        places = Counter(child.id for node in model.walk() for child in node.layers)
        for node in _below_what_learns(model):
            if places[node.id] < 2:  # Elsewhere it may stand above what learns.
                node.replace_callbacks(PredictOnly(node._func), init=node.init)


def is_frozen(model: Model[Any, Any]) -> bool:
    """Tell whether nothing in a model learns, nor in an encoder that it listens to."""
    return all(map(_is_still, model.walk()))


def frozen_names(node: Model[Any, Any]) -> set[str]:
    """Give the names of a node's own parameters that are frozen."""
    guard = node._params
    return guard.frozen if isinstance(guard, FrozenParameters) else set()


def frozen_paths(model: Model[Any, Any]) -> set[str]:
    """Give the paths of the frozen parameters of a model."""
    return {
        f"{path}.{name}".strip(".")
        for path, node in named_nodes(model)
        for name in frozen_names(node)
    }


class FrozenParameters(ParamServer):
    """Keep the parameters of a node, and take no gradient for the frozen ones.

    A Thinc model keeps its parameters in such an object, through which every layer
    adds its gradients and every optimizer finds them. PyTorch is told of those that
    a module has.

    frozen: Their names, those of modules that the node wraps included.
    tensors: Those of the modules, all of which can learn.
    """

    def __init__(
        self, inner: ParamServer, frozen: set[str], tensors: list[Any]
    ) -> None:
        grads = {k: v for k, v in inner._grads.items() if k[1] not in frozen}
        super().__init__(inner._params, grads)
        self.frozen = frozen
        self.tensors = tensors
        for tensor in tensors:
            tensor.requires_grad_(False)
            tensor.grad = None

    def release(self) -> ParamServer:
        """Let all learn again that can."""
        for tensor in self.tensors:
            tensor.requires_grad_(True)
        return ParamServer(self._params, self._grads)

    def get_grad(self, model_id: int, name: str) -> FloatsXd:
        if name in self.frozen:  # Layers may add into it; what they add is let go.
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
    """Let a node predict where it is asked to train; its input gets no gradient."""

    def __init__(self, forward: Forward) -> None:
        update_wrapper(self, forward)
        self.forward = forward

    def __call__(
        self, model: Model[Any, Any], X: Any, is_train: bool
    ) -> tuple[Any, Callable[[Any], Any]]:
        Y, _ = self.forward(model, X, is_train=False)
        return Y, lambda dY: _no_gradient(model, X)


def _guard(node: Model[Any, Any], frozen: set[str]) -> None:
    if isinstance(node._params, FrozenParameters):
        node._params = node._params.release()
    if frozen:
        parameters = own_parameters(node)
        tensors = [
            holder.tensors[name]
            for holder, name in map(parameters.__getitem__, frozen)
            if isinstance(holder, WrappedModule)
        ]
        learning = [tensor for tensor in tensors if tensor.requires_grad]
        node._params = FrozenParameters(node._params, frozen, learning)


def _is_still(node: Model[Any, Any]) -> bool:
    upstream = upstream_of(node)
    if upstream is not None and not is_frozen(upstream.model):
        return False
    return own_parameters(node).keys() == frozen_names(node)


def _below_what_learns(model: Model[Any, Any]) -> Iterator[Model[Any, Any]]:
    """Give the highest nodes that hold nothing that learns and get nothing that does.

    The layers of a node stand in the order in which it runs them, so all of them up
    to the first that learns do.
    """
    if is_frozen(model):
        yield model
        return
    for child in model.layers:
        yield from _below_what_learns(child)
        if not is_frozen(child):
            return


def _no_gradient(model: Model[Any, Any], X: Any) -> Any:
    """Make a gradient of zeros for an input; for documents there is none."""
    if isinstance(X, Ragged):
        return with_data(X, _no_gradient(model, X.dataXd))
    if isinstance(X, model.ops.xp.ndarray):
        return model.ops.xp.zeros_like(X)
    if isinstance(X, list) and X and isinstance(X[0], model.ops.xp.ndarray):
        return [model.ops.xp.zeros_like(part) for part in X]
    return []
