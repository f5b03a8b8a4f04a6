"""Call several loggers, and let them see what others of them measure."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from thinc.api import CupyOps, get_current_ops

from .._optional import import_torch, require
from .._terminal import escape_controls
from .learner import Learner
from .loggers import Evaluation, Logger, LoggerSetup, Progress

#: What a logger measures, by names such as "pytorch.reserved_megabytes.all.peak".
Stats = dict[str, Any]
#: Bytes in a megabyte of these names.
MEGABYTE = 1024.0**2


class Recorder:
    """Follow a run, and see at each evaluation what is known of it.

    Attributes:
        stats: What the loggers before it in a chain have measured; shared by all
            loggers of the chain.
    """

    def __init__(self) -> None:
        self.stats: Stats = {}

    def __call__(self, progress: Progress | None) -> None:
        if progress is None:
            self.end()
        elif progress.evaluation is not None:
            self.record(progress, progress.evaluation)

    def record(self, progress: Progress, found: Evaluation) -> None:
        """Record an evaluation."""

    def end(self) -> None:
        """End the record, when the run is over."""


def chain_loggers(setups: Iterable[LoggerSetup]) -> LoggerSetup:
    """Make one logger of several, which are called in order.

    Those that measure something pass it on to the loggers after them.
    """
    setups = list(setups)

    def setup(learner: Learner, output: Path | None) -> Logger:
        followers = [make(learner, output) for make in setups]
        stats: Stats = {}
        for follower in followers:
            if isinstance(follower, Recorder):
                follower.stats = stats

        def follow(progress: Progress | None) -> None:
            stats.clear()
            for follower in followers:
                follower(progress)

        return follow

    return setup


def known_stats(progress: Progress, found: Evaluation, stats: Mapping[str, Any]) -> Any:
    """Return all that is known at an evaluation, by dotted names.

    The names are spaCy's: "losses.ner", "other_scores.ents_f", "words".
    """
    known = {
        "epoch": progress.epoch,
        "step": progress.step,
        "words": progress.words,
        "seconds": progress.seconds,
        "score": found.score,
        "losses": found.losses,
        "other_scores": found.scores,
    }
    return {**flatten(known), **stats}


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of nested mappings by their dotted names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def compile_patterns(
    owner: str, patterns: Sequence[str] | None
) -> Callable[[str], bool]:
    """Return a function that checks whether one of some patterns is in a name.

    Args:
        owner: What has the patterns, for messages.
        patterns: Regular expressions. None: nothing matches.

    Raises:
        ValueError: One of them is no regular expression.
    """
    found = []
    for pattern in patterns or ():
        try:
            found.append(re.compile(pattern, re.MULTILINE))
        except re.error as error:
            raise ValueError(
                f"{owner}: expected a regular expression, got {pattern!r} ({error})."
            ) from error
    return lambda name: any(pattern.search(name) for pattern in found)


class Lookup(Recorder):
    """Print the values whose names match.

    Args:
        matches: Checks a name.
    """

    def __init__(self, matches: Callable[[str], bool]) -> None:
        super().__init__()
        self.matches = matches

    def record(self, progress: Progress, found: Evaluation) -> None:
        for name, value in known_stats(progress, found, self.stats).items():
            if self.matches(name):
                print(escape_controls(f"{name} -> {value}"), file=sys.stdout)


class CudaMemory(Recorder):
    """Measure the memory of a GPU that PyTorch holds.

    Args:
        prefix: What the names begin with.
        device: The number of the GPU.
        pool: The pool: "all", "large_pool" or "small_pool".
        metric: "current", "peak", "allocated", "freed", or "all" of these.
    """

    def __init__(self, prefix: str, device: int, pool: str, metric: str) -> None:
        super().__init__()
        self.torch = import_torch("spacy.PyTorchLogger")
        self.prefix, self.device, self.pool, self.metric = prefix, device, pool, metric

    def record(self, progress: Progress, found: Evaluation) -> None:
        for name, value in self.torch.cuda.memory_stats(self.device).items():
            kind, *where = name.split(".")
            if "_bytes" in kind:
                kind, value = kind.replace("_bytes", "_megabytes"), value / MEGABYTE
            has_pool = len(where) < 2 or where[0] == self.pool
            if has_pool and (not where or self.metric in ("all", where[-1])):
                self.stats[".".join([self.prefix, kind, *where])] = value


class CupyMemory(Recorder):
    """Measure the memory of a GPU that CuPy holds.

    Args:
        prefix: What the names begin with.

    Raises:
        ImportError: CuPy is missing.
        RuntimeError: The run uses no GPU.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.cupy = require("cupy", "spacy.CupyLogger.v1", "cuda12x")
        self.prefix = prefix
        if not isinstance(get_current_ops(), CupyOps):
            raise RuntimeError(
                "spacy.CupyLogger.v1: the run must use a GPU, got a CPU. Train with "
                "--gpu-id 0, or remove the logger."
            )

    def record(self, progress: Progress, found: Evaluation) -> None:
        # Thinc may have replaced CuPy's pool by one of PyTorch's, which has no figures.
        pool: Any = getattr(self.cupy.cuda.get_allocator(), "__self__", None)
        if not hasattr(pool, "total_bytes"):
            return
        self.stats |= {
            f"{self.prefix}.pool.acquired_mib": pool.total_bytes() / MEGABYTE,
            f"{self.prefix}.pool.used_mib": pool.used_bytes() / MEGABYTE,
            f"{self.prefix}.pool.free_mib": pool.free_bytes() / MEGABYTE,
            f"{self.prefix}.pool.num_free_blocks": pool.n_free_blocks(),
        }
