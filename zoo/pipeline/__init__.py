"""Pipelines: named components that are trained together, saved and loaded."""

from ._load import load
from .add_labels import add_labels
from .pipeline import Pipeline
from .tune import Tuned, tune

__all__ = ["Pipeline", "Tuned", "add_labels", "load", "tune"]
