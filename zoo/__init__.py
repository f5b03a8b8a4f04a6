"""Token encoders for Thinc: spaCy's embeddings and encoders, without spaCy."""

import importlib
from typing import TYPE_CHECKING, Any

from .about import __version__

if TYPE_CHECKING:
    from .builtins import registry
    from .config import ConfigError, load_config
    from .corpora import read_docs, write_docs
    from .docs import Doc, Span
    from .freezing import freeze
    from .layers.precision import set_precision
    from .layers.scatter import deterministic
    from .lexical.rows import suggest_rows
    from .models import create_model, list_models
    from .optimizing import finish_update
    from .pipeline import Pipeline, load
    from .pretraining import pretrain
    from .threads import set_threads
    from .tokenizer import Tokenizer, tokenize
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
    "Tokenizer": "tokenizer",
    "VectorTable": "vectors",
    "Vectors": "vectors",
    "create_model": "models",
    "deterministic": "layers.scatter",
    "finish_update": "optimizing",
    "freeze": "freezing",
    "list_models": "models",
    "load": "builtins",
    "load_config": "builtins",
    "pretrain": "pretraining",
    "read_docs": "corpora",
    "read_vectors": "vectors",
    "registry": "builtins",
    "set_precision": "layers.precision",
    "set_threads": "threads",
    "suggest_rows": "lexical.rows",
    "tokenize": "tokenizer",
    "write_docs": "corpora",
    "write_vectors": "vectors",
}

__all__ = [
    "ConfigError",
    "Doc",
    "FloretVectors",
    "Pipeline",
    "Span",
    "Tokenizer",
    "VectorTable",
    "Vectors",
    "__version__",
    "create_model",
    "deterministic",
    "finish_update",
    "freeze",
    "list_models",
    "load",
    "load_config",
    "pretrain",
    "read_docs",
    "read_vectors",
    "registry",
    "set_precision",
    "set_threads",
    "suggest_rows",
    "tokenize",
    "write_docs",
    "write_vectors",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
