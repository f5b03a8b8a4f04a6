"""Import every module that registers a name, so that configs can use them all."""

from . import corpora, layers, objectives, tokenizer, transformers, vectors
from ._registry import registry
from ._spacy_names import names, readers, transformer_names
from .config import ConfigError, load_config
from .pipeline import Pipeline, load
from .tokenizer import adapters
from .training import _batchers as batching
from .training import loggers, optimizers

__all__ = [
    "ConfigError",
    "Pipeline",
    "adapters",
    "batching",
    "corpora",
    "layers",
    "load",
    "load_config",
    "loggers",
    "names",
    "objectives",
    "optimizers",
    "readers",
    "registry",
    "tokenizer",
    "transformer_names",
    "transformers",
    "vectors",
]
