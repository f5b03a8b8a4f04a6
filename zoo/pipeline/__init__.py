"""Pipelines: named components that are trained together, saved and loaded."""

from ._load import load
from .pipeline import Pipeline
from .tune import Tuned, tune

__all__ = ["Pipeline", "Tuned", "load", "tune"]
