"""Run a training from a config into a folder: models, log and curves."""

import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path
from typing import Protocol

from thinc.api import Config, require_gpu, set_gpu_allocator
from thinc.compat import has_cupy

from .._atomic import replace_file
from ..config import format_config, interpolate, load_config
from ..config._diff import compare
from ..layers.scatter import deterministic
from ..pipeline._model_folder import CONFIG, check_replaceable
from ._curves import draw_curves
from ._distributed import Workers, join_workers
from ._system import is_deterministic
from ._training_config import LoopSettings, plan_training
from .learner import Corpus, Learner
from .loggers import Evaluation, JsonLinesLogger
from .loop import BAD_BATCH, BEST, CHECKPOINT, LAST, train

LOG = "log.jsonl"
CURVES = "curves.png"
#: The folders that a run saves.
FOLDERS = (BEST, LAST, CHECKPOINT)
FILES = (LOG, CONFIG, CURVES, BAD_BATCH)
#: What a save that was cut short leaves.
_LEFTOVER = re.compile(
    rf"\.({'|'.join(map(re.escape, (*FOLDERS, *FILES)))})\.(new|old)-\d+"
)
#: The settings that may change when a run is resumed.
CHANGEABLE = ("max_steps", "max_epochs", "patience", "accumulate_gradient", "logger")


class Plan(Protocol):
    """All that a run needs, as a config describes it."""

    @property
    def learner(self) -> Learner:
        """What learns."""

    @property
    def train_corpus(self) -> Corpus:
        """What it learns from."""

    @property
    def dev_corpus(self) -> Corpus:
        """What it is evaluated on."""

    @property
    def settings(self) -> LoopSettings:
        """The settings of the loop."""

    def initialize(self) -> None:
        """Read the corpora, check them, and draw the weights."""


def run_training(
    config: Config,
    output: Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    gpu_id: int = -1,
    make_plan: Callable[[Config], Plan] = plan_training,
    section: str = "training",
) -> Evaluation | None:
    """Train what a config describes, and leave everything in a folder.

    overwrite: Whether to replace what an earlier run left there.
    resume: Whether to go on where an earlier run stopped, or to begin where there is
        none. The config must be the same, but for `CHANGEABLE` settings.
    gpu_id: The GPU to use. -1: none. Of several processes that `torchrun` started,
        each uses one, from this one on.
    make_plan: Builds all that a run needs from the config.
    section: Holds the settings of the loop in the config.

    Raises FileExistsError if the folder holds something and neither `overwrite` nor
    `resume` is set, or holds what no earlier run left; ConfigError with all faults of
    the config and ValueError for corpora without labels, before anything is written;
    ImportError for a GPU without CuPy; and what `train` raises.
    """
    check_output(output, overwrite=overwrite, resume=resume)
    resume = resume and (output / CONFIG).exists()
    if resume:
        check_same_config(config, load_config(output / CONFIG), output, section)
    in_order = deterministic(is_deterministic(config))
    with join_workers(on_gpu=gpu_id >= 0) as workers, in_order:
        if gpu_id >= 0:
            _use_gpu(gpu_id + workers.local_rank)
        with _told_by_first(workers), _warnings_told():
            plan = make_plan(config)
            if gpu_id >= 0 and plan.settings.gpu_allocator is not None:
                set_gpu_allocator(plan.settings.gpu_allocator)
            plan.initialize()
        workers.first(lambda: _prepare(config, output, resume=resume))
        loggers = [JsonLinesLogger(output / LOG)]
        if plan.settings.logger is not None:
            loggers.append(plan.settings.logger)
        best = train(
            plan.learner,
            plan.train_corpus,
            plan.dev_corpus,
            plan.settings,
            output=output,
            loggers=loggers,
            resume=resume,
            workers=workers,
        )
        workers.first(lambda: _report(best, output))
    return best


def _use_gpu(gpu_id: int) -> None:
    try:
        require_gpu(gpu_id)
    except ValueError as error:
        if has_cupy:
            raise
        raise ImportError(
            f"A GPU needs CuPy: pip install thinc-zoo[cuda12x], or [cuda13x], as is "
            f"the driver's CUDA. ({error}.)"
        ) from error


def check_output(
    output: Path, *, overwrite: bool = False, resume: bool = False
) -> None:
    """Raise FileExistsError if a run would write over what is no earlier run's.

    Raises PermissionError if it cannot write there at all.
    """
    if overwrite and resume:
        raise ValueError("A run is either resumed or overwritten, got both.")
    if output.exists() and not output.is_dir():
        raise FileExistsError(f"{output} is a file. Give a folder as --output.")
    _check_writable(output)
    names = [path.name for path in _contents(output)]
    if not names:
        return
    known = {*FILES, *FOLDERS}
    foreign = [n for n in names if n not in known and not _LEFTOVER.fullmatch(n)]
    is_run = LOG in names and not foreign
    if not ((overwrite or resume) and is_run):
        way = ", or --resume or --overwrite" if is_run else ""
        raise FileExistsError(
            f"{output} is not empty: it holds {', '.join((foreign or names)[:5])}. "
            f"Give another folder{way}."
        )
    for name in FOLDERS:
        check_replaceable(output / name)


def check_same_config(
    config: Config, earlier: Config, output: Path, section: str
) -> None:
    """Raise ValueError if a run cannot go on with another config than it had."""
    allowed = tuple(f"{section}.{name}" for name in CHANGEABLE)
    pair = [Config(interpolate(each)) for each in (earlier, config)]
    differences = [
        f"  {path}: {before or 'nothing'} before, {now or 'nothing'} now"
        for path, before, now in compare(*pair)
        if not any(f"{path}.".startswith(f"{name}.") for name in allowed)
    ]
    if differences:
        raise ValueError(
            f"{output}: a run is resumed with the config that it began with, but for "
            f"{', '.join(allowed)}. These differ:\n" + "\n".join(differences)
        )


def _check_writable(output: Path) -> None:
    place = output
    while not place.exists() and place != place.parent:
        place = place.parent
    if not os.access(place, os.W_OK):
        raise PermissionError(
            f"{output} cannot be written, as {place} is read-only. Give another folder "
            f"as --output."
        )


def _prepare(config: Config, output: Path, *, resume: bool) -> None:
    """Take away what an earlier run left, unless it is resumed, and mark the folder."""
    for path in () if resume else _contents(output):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    output.mkdir(parents=True, exist_ok=True)
    (output / LOG).touch()
    with replace_file(output / CONFIG) as file:
        file.write_text(format_config(config), encoding="utf8")


def _contents(output: Path) -> list[Path]:
    return sorted(output.iterdir()) if output.is_dir() else []


@contextmanager
def _told_by_first(workers: Workers) -> Iterator[None]:
    """Let what several processes would tell be told by the first alone."""
    with ExitStack() as stack:
        if workers.rank > 0:
            nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf8"))
            stack.enter_context(redirect_stderr(nowhere))
        yield


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Tell warnings of zoo's as messages for users, not with lines of code."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for warning in caught:
        print(f"warning: {warning.message}", file=sys.stderr)


def _report(best: Evaluation | None, output: Path) -> None:
    try:
        draw_curves(output / LOG, output / CURVES)
        picture = f", curves in {output / CURVES}."
    except ImportError as error:
        picture = f". {error}"
    if best is not None:
        where = output / BEST
        print(f"Best score {best.score:.4f}: {where}{picture}", file=sys.stderr)
