"""Pipelines: named components that are trained together, saved and loaded."""

from ._load import load
from .pipeline import Pipeline

__all__ = ["Pipeline", "load"]
