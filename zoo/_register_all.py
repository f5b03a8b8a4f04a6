"""Import every module that registers a name, so that configs can use all names."""

# ruff: noqa: F401
from . import corpora, layers, objectives, rules, tokenizer, transformers, vectors
from ._spacy_names import (
    augmenter_names,
    data_names,
    logger_names,
    names,
    parser_names,
    readers,
    rule_names,
    textcat_names,
    transformer_names,
    user_code,
)
from .config import ConfigError, load_config
from .config._resolve import registry
from .pipeline import Pipeline, load
from .tokenizer import adapters
from .training import _batchers, _optimizers, loggers

__all__ = ["ConfigError", "Pipeline", "load", "load_config", "registry"]
