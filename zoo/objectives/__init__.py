"""Objectives: from documents and a model's output to loss and annotation."""

from .classification import Classification, textcat, textcat_multilabel
from .objective import Loss, Objective
from .tagging import Tagging

__all__ = [
    "Classification",
    "Loss",
    "Objective",
    "Tagging",
    "textcat",
    "textcat_multilabel",
]
