"""Training: the loop, what a config plans, and what follows a run."""

from ._training_config import LoopSettings, TrainingSettings, out_of_range
from .learner import Corpus, Learner
from .loggers import Evaluation, Logger, LoggerSetup, Progress
from .loop import train
from .run_training import run_training

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
    "run_training",
    "train",
]
