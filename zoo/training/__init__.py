"""Training: the loop, what a config plans, and what follows a run."""

from .loop import (
    Corpus,
    Evaluation,
    Logger,
    LoggerSetup,
    Progress,
    TrainingSettings,
    check_scores,
    out_of_range,
    train,
)

__all__ = [
    "Corpus",
    "Evaluation",
    "Logger",
    "LoggerSetup",
    "Progress",
    "TrainingSettings",
    "check_scores",
    "out_of_range",
    "train",
]
