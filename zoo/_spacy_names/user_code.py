"""Use functions of a user's own that are registered in spaCy's registry."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any

from .._optional import require
from .._registry import registry
from ..config import interpolate
from ..corpora import read_spacy
from ..doc import Doc
from ..tokenizer.tokenizer import default_tokenizer
from ..training import Learner, Logger, LoggerSetup, Progress
from ..training._run_folder import LAST

#: Documents that are converted at a time, by one file.
BATCH = 100


class LanguageView:
    """What loggers of spaCy ask of the pipeline that they follow.

    Args:
        learner: What learns.
    """

    def __init__(self, learner: Learner) -> None:
        self.pipe_names = list(learner.models)
        self.pipeline = [(name, _Trainable()) for name in self.pipe_names]
        config: Any = getattr(learner, "config", None) or {}
        self.config: Any = interpolate(config) if config else {}


class _Trainable:
    is_trainable = True


def adapt_logger(function: Callable[..., Any]) -> Callable[..., LoggerSetup]:
    """Return a logger of spaCy's form as one of zoo's."""

    @wraps(function)
    def make(*args: Any, **settings: Any) -> LoggerSetup:
        begin = function(*args, **settings)

        def setup(learner: Learner, output: Path | None) -> Logger:
            log, end = begin(LanguageView(learner), sys.stdout, sys.stderr)
            return _SpacyLogger(log, end, output)

        return setup

    return make


class _SpacyLogger:
    def __init__(
        self, log: Callable[[Any], None], end: Callable[[], None], output: Path | None
    ) -> None:
        self.log, self.end, self.output = log, end, output
        self.checkpoints: list[tuple[float, int]] = []

    def __call__(self, progress: Progress | None) -> None:
        if progress is None:
            self.end()
            return
        found = progress.evaluation
        if found is None:
            self.log(None)
            return
        self.checkpoints.append((found.score, progress.step))
        info = {
            "epoch": progress.epoch,
            "step": progress.step,
            "score": found.score,
            "other_scores": found.scores,
            "losses": found.losses,
            "checkpoints": self.checkpoints,
            "seconds": int(progress.seconds),
            "words": progress.words,
        }
        if self.output is not None:
            info["output_path"] = self.output / LAST
        self.log(info)


def adapt_reader(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a reader of spaCy's form as one of zoo's.

    What it makes may be one corpus, several by name, or data, which stay as they are.
    """

    @wraps(function)
    def make(*args: Any, **settings: Any) -> Any:
        made = function(*args, **settings)
        # It is asked now, as the tokenizer is in scope when a corpus is built.
        lang = getattr(default_tokenizer(), "lang", "xx")
        if isinstance(made, Mapping):
            return {
                n: _as_reader(v, lang) if callable(v) else v for n, v in made.items()
            }
        return _as_reader(made, lang) if callable(made) else made

    return make


def _as_reader(read: Callable[[Any], Any], lang: str) -> Callable[[], Iterator[Doc]]:
    def docs() -> Iterator[Doc]:
        spacy = require("spacy", "A reader of spaCy's form")
        examples = iter(read(spacy.blank(lang)))
        while batch := list(islice(examples, BATCH)):
            yield from _convert([getattr(e, "reference", e) for e in batch])

    return docs


def _convert(docs: list[Any]) -> list[Doc]:
    """Convert documents of spaCy's, with their annotation."""
    tokens = require("spacy.tokens", "A reader of spaCy's form").tokens
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "docs.spacy")
        tokens.DocBin(docs=docs).to_disk(file)
        return list(read_spacy(file))


registry.adapters["loggers"] = adapt_logger
registry.adapters["readers"] = adapt_reader
registry.adapters["misc"] = lambda function: function
