"""Pipelines: named components that are trained together, saved and loaded."""

from .pipeline import Pipeline, load

__all__ = ["Pipeline", "load"]
