"""Keep what is computed from parameters, and drop it before they can change."""

import sys
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from thinc.api import Model
from thinc.backends import ParamServer
from thinc.types import FloatsXd

from ._arrays import param_of
from ._thinc_internals import contents_of, server_of, set_server, share_contents
from ._types import Array

Derived = TypeVar("Derived")


class WatchedParameters(ParamServer):
    """The parameters of a node, which note when somebody may change them.

    A parameter changes if another array is set, or if somebody writes into the array
    that `get_param` returned. So both replace `token`, and nothing that was computed
    before is used again.

    Attributes:
        token: The same object as long as nobody has set or received a parameter.
        weights: The `Weights` of this token, or None.
    """

    def __init__(self, *contents: Any) -> None:
        super().__init__(*contents)
        self.token = object()
        self.weights: Weights | None = None

    def get_param(self, model_id: int, name: str) -> FloatsXd:
        value = super().get_param(model_id, name)
        # After the array is held here, as `weights_of` counts who holds it.
        self._forget()
        return value

    def set_param(self, model_id: int, name: str, value: FloatsXd) -> None:
        super().set_param(model_id, name, value)
        self._forget()

    def _forget(self) -> None:
        self.token = object()
        self.weights = None


class Weights:
    """The parameters of a node at one time, and what is computed from them.

    Args:
        arrays: The parameters by name. They must not be changed.
        token: The token of the node's parameters; None if the arrays may change without
            notice, so that nothing computed from them may be used later.

    Attributes:
        is_single: Whether all are arrays of numpy with float32.
    """

    def __init__(self, arrays: dict[str, Array], token: object | None) -> None:
        self.arrays = arrays
        self.token = token
        self.is_single = all(
            type(array) is np.ndarray and array.dtype == np.float32
            for array in arrays.values()
        )
        self._derived: dict[Hashable, Any] = {}

    def derive(self, compute: Callable[[dict[str, Array]], Derived]) -> Derived:
        """Return ``compute(arrays)``, computed once for each function."""
        if compute not in self._derived:
            self._derived[compute] = compute(self.arrays)
        derived: Derived = self._derived[compute]
        return derived

    def keep(self, name: Hashable, value: Any) -> None:
        """Keep something until the parameters change."""
        self._derived[name] = value

    def kept(self, name: Hashable) -> Any:
        """Return what was kept under a name, or None."""
        return self._derived.get(name)


def derive_from_all(
    weights: Sequence[Weights], name: Hashable, compute: Callable[[], Derived]
) -> Derived:
    """Return what was computed from the weights of several nodes, or compute it now.

    Args:
        weights: Those of the nodes, one at least.
        name: What to keep it under.
        compute: Computes it.
    """
    tokens = [w.token for w in weights]
    known = weights[0].kept(name)
    if known is None or known[0] != tokens or None in tokens:
        known = tokens, compute()
        weights[0].keep(name, known)
    derived: Derived = known[1]
    return derived


def weights_of(node: Model[Any, Any]) -> Weights:
    """Return the parameters of a node, with what was computed from them before.

    The same object is returned until somebody may have changed a parameter: until one
    is set, or until one is returned by `get_param`, as its receiver could write into
    it. It is not kept at all while somebody outside holds an array of the node or the
    memory of one: an optimizer's averages, a view, a tensor that shares it.

    Returns:
        The weights. Their `token` is None if they are not kept.
    """
    known = server_of(node)
    # This runs for each node and batch, so that the usual case is the short one.
    if type(known) is WatchedParameters and known.proxy is None:
        kept = known.weights
        if kept is not None and kept.token is known.token:
            return kept
    server = _watch(node)
    if server is not None:
        token = server.token
        arrays, _ = contents_of(server)
        keys = [(node.id, name) for name in node.param_names]
        if all(key in arrays and _is_held_once(arrays, key) for key in keys):
            weights = Weights({name: arrays[_, name] for _, name in keys}, token)
            server.weights = weights
            return weights
    return Weights({name: param_of(node, name) for name in node.param_names}, None)


def _watch(node: Model[Any, Any]) -> WatchedParameters | None:
    """Return the watched parameters of a node; None if they cannot be watched."""
    server = server_of(node)
    if isinstance(server, WatchedParameters):
        return server if server.proxy is None else None
    if type(server) is not ParamServer or server.proxy is not None or not _CAN_COUNT:
        return None
    with _watching:
        server = server_of(node)
        if type(server) is ParamServer:
            watched = WatchedParameters()
            share_contents(watched, server)
            set_server(node, watched)
    # Somebody may have asked the old object for an array just before.
    return None


def _is_held_once(holder: Any, key: Any) -> bool:
    """Check that only a dict holds an array, and only that array its memory."""
    if type(holder[key]) is not np.ndarray:
        return False
    if sys.getrefcount(holder[key]) > _IN_DICT:
        return False
    return _owns_memory(holder[key], 0)


def _owns_memory(array: Any, depth: int) -> bool:
    """Check that no other object holds the memory of an array, as a view would."""
    if array.base is None:
        return bool(array.flags.owndata)
    if type(array.base) is bytes:  # Nobody can change it.
        return True
    if type(array.base) is not np.ndarray or depth == MAX_DEPTH:
        return False
    if sys.getrefcount(array.base) > _AS_BASE:
        return False
    return _owns_memory(array.base, depth + 1)


#: Views of views that are followed to the owner of the memory.
MAX_DEPTH = 4
_watching = Lock()

# Python versions differ in how many references a call adds, so they are counted.
_sample: dict[Any, Any] = {"array": np.zeros(1)}
_IN_DICT = sys.getrefcount(_sample["array"])
_sample["array"] = np.zeros(2)[:1]
_AS_BASE = sys.getrefcount(_sample["array"].base)
#: Without the GIL, other threads may hold references that are not counted yet.
_CAN_COUNT = getattr(sys, "_is_gil_enabled", lambda: True)()
