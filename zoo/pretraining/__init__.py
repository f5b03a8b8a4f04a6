"""Pretraining: let an encoder learn from raw text before it learns from labels."""

from .learner import Pretraining
from .runs import pretrain
from .settings import PretrainingSettings

__all__ = ["Pretraining", "PretrainingSettings", "pretrain"]
