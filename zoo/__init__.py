"""Token encoders for Thinc: spaCy's embeddings and encoders, without spaCy."""

import importlib
from typing import TYPE_CHECKING, Any

from .about import __version__

if TYPE_CHECKING:
    from .builtins import registry
    from .config import ConfigError, load_config
    from .docs import Doc, Span
    from .pipeline import Pipeline, load
    from .vectors import (
        FloretVectors,
        Vectors,
        VectorTable,
        read_vectors,
        write_vectors,
    )

#: Where each public name stands. It is imported when it is first used, because Thinc
#: imports PyTorch where that is installed, which takes seconds.
_MODULES = {
    "ConfigError": "builtins",
    "Doc": "docs",
    "FloretVectors": "vectors",
    "Pipeline": "builtins",
    "Span": "docs",
    "VectorTable": "vectors",
    "Vectors": "vectors",
    "load": "builtins",
    "load_config": "builtins",
    "read_vectors": "vectors",
    "registry": "builtins",
    "write_vectors": "vectors",
}

__all__ = [
    "ConfigError",
    "Doc",
    "FloretVectors",
    "Pipeline",
    "Span",
    "VectorTable",
    "Vectors",
    "__version__",
    "load",
    "load_config",
    "read_vectors",
    "registry",
    "write_vectors",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
