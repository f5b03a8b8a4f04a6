"""Ready-made models: list them, say what each is for, and make one."""

from .catalog import ModelCard, list_models, model_card
from .create import create_model, model_config

__all__ = ["ModelCard", "create_model", "list_models", "model_card", "model_config"]
