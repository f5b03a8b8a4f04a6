"""Hold the registries: Thinc's own, plus the kinds of function only zoo has."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import catalogue
from thinc.config import registry as thinc_registry

Function = TypeVar("Function", bound=Callable[..., Any])


class Registry(Protocol):
    """Functions of one kind by name, as catalogue keeps them."""

    def __call__(self, name: str) -> Callable[[Function], Function]: ...

    def register(self, name: str, *, func: Any) -> Any: ...

    def get(self, name: str) -> Callable[..., Any]: ...

    def get_all(self) -> dict[str, Callable[..., Any]]: ...


def _create(kind: str) -> Registry:
    return cast(Registry, catalogue.create("zoo", kind, entry_points=True))


class registry(thinc_registry):
    """Find functions by name: ``registry.architectures.get("zoo.Tok2Vec.v1")``.

    Layers, initializers, optimizers and schedules are Thinc's, and shared with it.
    Packages add their own functions by entry points in groups such as
    ``zoo_architectures``.
    """

    architectures = _create("architectures")
    batchers = _create("batchers")
    callbacks = _create("callbacks")
    factories = _create("factories")
    loggers = _create("loggers")
    readers = _create("readers")
    scorers = _create("scorers")
    tokenizers = _create("tokenizers")
    vectors = _create("vectors")

    @classmethod
    def kinds(cls) -> list[str]:
        """List the names of all registries, Thinc's included."""
        found = (name for base in cls.__mro__ for name in vars(base))
        return sorted(
            {n for n in found if isinstance(getattr(cls, n), catalogue.Registry)}
        )


def layer(name: str) -> Callable[[Function], Function]:
    """Register a constructor of models as a Thinc layer and as an architecture.

    Thinc's configs say ``@layers`` and spaCy's say ``@architectures``; both find it.
    """

    def register(constructor: Function) -> Function:
        for kind in ("layers", "architectures"):
            cast(Registry, getattr(registry, kind)).register(name, func=constructor)
        return constructor

    return register
