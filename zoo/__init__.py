"""Token encoders for Thinc: spaCy's embeddings and encoders, without spaCy."""

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import (  # noqa: F401
        config,
        corpora,
        layers,
        models,
        objectives,
        pipeline,
        pretraining,
        rules,
        testing,
        tokenizer,
        training,
        transformers,
        vectors,
    )
    from ._drawing.view import view
    from ._freeze import freeze
    from ._parameters import count_parameters, named_parameters
    from ._register_all import registry
    from .config import ConfigError, load_config
    from .corpora import read_docs, write_docs
    from .doc import Doc, Span
    from .fused_adam import finish_update
    from .layers.precision import set_precision
    from .layers.scatter import deterministic
    from .layers.suggest_rows import suggest_rows
    from .models import create_model, list_models
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

#: The module of each public name. It is imported when the name is first used, because
#: Thinc imports PyTorch if that is installed, which takes seconds.
_MODULES = {
    "ConfigError": "_register_all",
    "Doc": "doc",
    "FloretVectors": "vectors",
    "Pipeline": "_register_all",
    "Span": "doc",
    "Tokenizer": "tokenizer",
    "VectorTable": "vectors",
    "Vectors": "vectors",
    "count_parameters": "_parameters",
    "create_model": "models",
    "deterministic": "layers.scatter",
    "finish_update": "fused_adam",
    "freeze": "_freeze",
    "list_models": "models",
    "load": "_register_all",
    "load_config": "_register_all",
    "named_parameters": "_parameters",
    "pretrain": "pretraining",
    "read_docs": "corpora",
    "read_vectors": "vectors",
    "registry": "_register_all",
    "set_precision": "layers.precision",
    "set_threads": "threads",
    "suggest_rows": "layers.suggest_rows",
    "tokenize": "tokenizer",
    "view": "_drawing.view",
    "write_docs": "corpora",
    "write_vectors": "vectors",
}

#: The public packages, which are imported when they are first used.
_PACKAGES = (
    "config",
    "corpora",
    "layers",
    "models",
    "objectives",
    "pipeline",
    "pretraining",
    "rules",
    "testing",
    "tokenizer",
    "training",
    "transformers",
    "vectors",
)

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
    "count_parameters",
    "create_model",
    "deterministic",
    "finish_update",
    "freeze",
    "list_models",
    "load",
    "load_config",
    "named_parameters",
    "pretrain",
    "read_docs",
    "read_vectors",
    "registry",
    "set_precision",
    "set_threads",
    "suggest_rows",
    "tokenize",
    "view",
    "write_docs",
    "write_vectors",
]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f".{name}", __name__)
    if name not in _MODULES:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_PACKAGES])
