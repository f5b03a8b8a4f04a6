"""Import every module that registers a name, so that configs can use them all."""

from . import batching, corpora, layers, objectives, tokenizer, transformers, vectors
from .config import ConfigError, load_config
from .interop import names, parser_names, readers, transformer_names
from .pipeline import Pipeline, load
from .registries import registry
from .tokenizer import adapters
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
    "parser_names",
    "readers",
    "registry",
    "tokenizer",
    "transformer_names",
    "transformers",
    "vectors",
]
