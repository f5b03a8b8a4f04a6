"""Import every module that registers a name, so that configs can use them all."""

from . import batching, corpora, layers, loggers, objectives, vectors
from .config import ConfigError, load_config
from .interop import names
from .pipeline import Pipeline, load
from .registries import registry

__all__ = [
    "ConfigError",
    "Pipeline",
    "batching",
    "corpora",
    "layers",
    "load",
    "load_config",
    "loggers",
    "names",
    "objectives",
    "registry",
    "vectors",
]
