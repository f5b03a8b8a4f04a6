"""Training: the loop, what a config plans, and what follows a run."""

from .learner import Corpus, Learner
from .loop import train
from .progress import Evaluation, Logger, LoggerSetup, Progress
from .settings import LoopSettings, TrainingSettings, out_of_range

__all__ = [
    "Corpus",
    "Evaluation",
    "Learner",
    "Logger",
    "LoggerSetup",
    "LoopSettings",
    "Progress",
    "TrainingSettings",
    "out_of_range",
    "train",
]
