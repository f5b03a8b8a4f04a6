"""Train: the loop, what a config plans, and what follows a run.

`zoo train` calls `run_training` (run_training.py), which locks and prepares the output
folder (_run_folder.py). It checks the config and builds what it describes
(_training_config.py and, for the corpora, _training_data.py), and calls `train`
(loop.py), which draws batches (_batches.py), updates (_updater.py), evaluates
(_evaluator.py) and saves (_saver.py, _checkpoint.py). What learns is a `Learner`
(learner.py): a pipeline, or an encoder that is pretrained.
"""

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
