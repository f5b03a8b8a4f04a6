"""Define the registries: Thinc's own, and those of functions that only zoo has."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, ClassVar, Final, NamedTuple, Protocol, TypeVar, cast

import catalogue
from thinc.config import registry as thinc_registry

Function = TypeVar("Function", bound=Callable[..., Any])


class Registry(Protocol):
    """A registry of catalogue: functions of one kind by name."""

    def __call__(self, name: str) -> Callable[[Function], Function]: ...

    def register(self, name: str, *, func: Any) -> Any: ...

    def get(self, name: str) -> Callable[..., Any]: ...

    def get_all(self) -> dict[str, Callable[..., Any]]: ...

    def __contains__(self, name: str) -> bool: ...


def _create(kind: str) -> Registry:
    return cast(Registry, catalogue.create("zoo", kind, entry_points=True))


class registry(thinc_registry):
    """Registries of functions: ``registry.architectures.get("zoo.Tok2Vec.v1")``.

    Layers, initializers, optimizers and schedules are Thinc's, and shared with it.
    Packages add their own functions by entry points in groups such as
    ``zoo_architectures``.
    """

    annotation_setters = _create("annotation_setters")
    architectures = _create("architectures")
    augmenters = _create("augmenters")
    batchers = _create("batchers")
    callbacks = _create("callbacks")
    factories = _create("factories")
    loggers = _create("loggers")
    misc = _create("misc")
    objectives = _create("objectives")
    readers = _create("readers")
    scorers = _create("scorers")
    span_getters = _create("span_getters")
    tokenizers = _create("tokenizers")
    vectors = _create("vectors")
    #: Layers under spaCy's names. spaCy uses Thinc's registry too: there they would
    #: replace spaCy's own layers in a process that runs both.
    spacy_layers = _create("spacy_layers")
    #: By kind: turns a function that a user registered with spaCy into one of zoo's
    #: form. spaCy's own functions are never taken.
    adapters: ClassVar[dict[str, Callable[[Any], Callable[..., Any]]]] = {}

    @classmethod
    def has(cls, registry_name: str, func_name: str) -> bool:
        """Check whether a function has this name."""
        if registry_name == "layers" and func_name in cls.spacy_layers:
            return True
        if cls._find(registry_name, func_name) is not None:
            return True
        return bool(super().has(registry_name, func_name))

    @classmethod
    def get(cls, registry_name: str, func_name: str) -> Callable[..., Any]:
        """Return a function by name; zoo's own for a layer under spaCy's name."""
        if registry_name == "layers" and func_name in cls.spacy_layers:
            return cls.spacy_layers.get(func_name)
        found = cls._find(registry_name, func_name)
        return super().get(registry_name, func_name) if found is None else found

    @classmethod
    def _find(cls, kind: str, name: str) -> Callable[..., Any] | None:
        """Find an imported function, without catalogue's search of all packages."""
        path = (*getattr(getattr(cls, kind, None), "namespace", ()), name)
        found: Callable[..., Any] | None = catalogue.REGISTRY.get(path)
        if found is None and kind in cls.adapters:
            foreign = catalogue.REGISTRY.get(("spacy", kind, name))
            module = getattr(foreign, "__module__", "").partition(".")[0]
            if foreign is not None and not module.startswith("spacy"):
                found = cls.adapters[kind](foreign)
        return found

    @classmethod
    def kinds(cls) -> list[str]:
        """Return the names of all registries, including Thinc's."""
        found = (name for base in cls.__mro__ for name in vars(base))
        return sorted(
            {n for n in found if isinstance(getattr(cls, n), catalogue.Registry)}
        )

    @classmethod
    def registered(cls, kind: str) -> dict[str, Callable[..., Any]]:
        """Return the imported functions of a kind, by name."""
        namespace = getattr(cls, kind).namespace
        return {
            path[-1]: function
            for path, function in catalogue.REGISTRY.items()
            if path[:-1] == tuple(namespace)
        }

    @classmethod
    def advertised(cls, kind: str) -> dict[str, str]:
        """Return the names of a kind in entry points, with the package of each.

        Nothing is imported: spaCy's packages would import spaCy.
        """
        group = "_".join(getattr(cls, kind).namespace)
        return {
            entry.name: entry.dist.name if entry.dist else "a package"
            for entry in entry_points(group=group)
        }

    @classmethod
    def names(cls, kind: str) -> list[str]:
        """Return all names of a kind, including those that are not imported yet."""
        return sorted({**cls.registered(kind), **cls.advertised(kind)})


class Capabilities(NamedTuple):
    """What a layer is for and what it needs, as set at its registration.

    Attributes:
        task: "encoding" (documents to token vectors), "tagging" or "classification";
            None for a part of models.
        needs: What it needs besides zoo's own requirements: "torch", "transformers" or
            "vectors", a table of word vectors. Each with the setting that turns it on,
            or None if it is always needed.
    """

    task: str | None = None
    needs: Mapping[str, str | None] = {}


_CAPABILITIES: Final[dict[str, Capabilities]] = {}


def layer(
    name: str,
    *,
    task: str | None = None,
    needs: Mapping[str, str | None] | None = None,
) -> Callable[[Function], Function]:
    """Register a constructor of models as a Thinc layer and as an architecture.

    Configs of Thinc have ``@layers`` and those of spaCy ``@architectures``; both work.

    Args:
        name: The registered name.
        task, needs: Its `Capabilities`.
    """

    def register(constructor: Function) -> Function:
        for kind in ("layers", "architectures"):
            cast(Registry, getattr(registry, kind)).register(name, func=constructor)
        _CAPABILITIES[name] = Capabilities(task, needs or {})
        return constructor

    return register


def capabilities(name: str) -> Capabilities:
    """Return the capabilities of a layer; empty for a layer of another package."""
    return _CAPABILITIES.get(name, Capabilities())
