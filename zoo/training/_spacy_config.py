"""Complete the configs of spaCy, which fills in what they leave out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from thinc.api import Config

from ..config import interpolate
from ..config._blocks import fill
from ..config._validate import Schema
from ..pipeline._usual_models import put_usual_models

Schemas = Callable[[Mapping[str, Any]], Mapping[str, Schema]]


def complete_config(config: Config, schemas: Schemas) -> Config:
    """Add usual models, and to a config of spaCy's all settings with a default.

    spaCy trains from configs that leave out settings; those of zoo must have all.

    Args:
        config: A config, which stays as it is.
        schemas: Returns the schemas of its blocks, from its interpolated values.
    """
    config = put_usual_models(config)
    if not is_of_spacy(config):
        return config
    filled = fill(config, schemas(interpolate(config)))
    return Config(filled, is_interpolated=False)


def is_of_spacy(config: Mapping[str, Any]) -> bool:
    """Return whether a config names functions of spaCy's, and none of zoo's."""
    names = list(_names(config))
    return any(name.startswith(("spacy.", "spacy-")) for name in names) and not any(
        name.startswith("zoo.") for name in names
    )


def _names(block: Any) -> Iterator[str]:
    """Yield the names of all functions in a block."""
    for key, value in block.items() if isinstance(block, Mapping) else ():
        if key.startswith("@") and isinstance(value, str):
            yield value
        yield from _names(value)
