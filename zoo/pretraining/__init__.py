"""Pretrain an encoder on raw text, before it learns from labels."""

from ._pretraining_config import PretrainingSettings
from .encoder_learner import Pretraining
from .pretrain import pretrain

__all__ = ["Pretraining", "PretrainingSettings", "pretrain"]
