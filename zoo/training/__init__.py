"""Train: the loop, what a config plans, and what follows a run."""

from ._batchers import batch_by_padded, batch_by_sequence, batch_by_words
from ._curves import read_curves
from ._loop_settings import LoopSettings, out_of_range
from ._optimizers import ByPath
from ._training_config import TrainingSettings
from .learner import Corpus, Learner
from .loggers import (
    ConsoleLogger,
    Evaluation,
    JsonLinesLogger,
    Logger,
    LoggerSetup,
    Progress,
)
from .loop import train
from .run_training import run_training

__all__ = [
    "ByPath",
    "ConsoleLogger",
    "Corpus",
    "Evaluation",
    "JsonLinesLogger",
    "Learner",
    "Logger",
    "LoggerSetup",
    "LoopSettings",
    "Progress",
    "TrainingSettings",
    "batch_by_padded",
    "batch_by_sequence",
    "batch_by_words",
    "out_of_range",
    "read_curves",
    "run_training",
    "train",
]
