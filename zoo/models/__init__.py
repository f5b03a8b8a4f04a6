"""List ready-made models, and create them."""

from .catalog import ModelCard, list_models, model_card
from .create import create_model, model_config
from .make_config import make_config

__all__ = [
    "ModelCard",
    "create_model",
    "list_models",
    "make_config",
    "model_card",
    "model_config",
]
