"""Run a training from a config into a folder: models, log and curves."""

import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path
from typing import Protocol

from thinc.api import Config, require_gpu, set_gpu_allocator
from thinc.compat import has_cupy

from .._atomic import replace_file
from .._run_output import writing_into
from .._terminal import escape_controls
from ..config import format_config, interpolate, load_config
from ..config._diff import compare
from ..layers.scatter import deterministic
from ..pipeline._model_folder import CONFIG
from ._check_finite import building_explained
from ._curves import draw_curves, read_records
from ._distributed import Workers, is_first, join_workers
from ._loop_settings import LoopSettings
from ._run_advice import advise
from ._run_folder import (
    BEST,
    CURVES,
    FILES,
    FOLDERS,
    LOCK,
    check_output,
    clear_folder,
    lock_folder,
    refuse_if_locked,
    settle_run,
)
from ._spacy_config import complete_config
from ._system_section import is_deterministic
from ._training_config import plan_training, training_schemas
from .learner import Corpus, Learner
from .loggers import LOG, Evaluation, JsonLinesLog, LoggerSetup
from .loop import train_unlocked

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

    Args:
        config: The config. One of spaCy's may lack settings that have a default.
        output: The output folder.
        overwrite: Whether to replace what an earlier run left there.
        resume: Whether to go on where an earlier run stopped, or to begin if there is
            none. The config must be the same, except for `CHANGEABLE` settings.
        gpu_id: The GPU to use. -1: none. Of several processes that `torchrun` started,
            each uses one, from this one on.
        make_plan: Builds all that a run needs from the config.
        section: The section that holds the settings of the loop.

    Returns:
        The best evaluation, or None if there was none.

    Raises:
        FileExistsError: The folder holds something and neither `overwrite` nor
            `resume` is set, or holds what no earlier run left.
        FileNotFoundError: A run to resume has models, but no checkpoint.
        ConfigError: The config has errors. Nothing has been written then.
        ValueError: A corpus has no labels. Nothing has been written then.
        ImportError: A GPU is asked for without CuPy.
        RuntimeError: Another run is writing into the folder; and what `train` raises.
    """
    output, config = Path(output), complete_config(config, training_schemas)
    if is_first():
        refuse_if_locked(output)
    check_output(output, overwrite=overwrite, resume=resume)
    with ExitStack() as stack:
        if is_first():
            stack.enter_context(lock_folder(output))
            # Another run may have ended meanwhile.
            check_output(output, overwrite=overwrite, resume=resume)
            if resume:
                settle_run(output)
        resume = resume and (output / CONFIG).exists()
        if resume:
            check_same_config(config, load_config(output / CONFIG), output, section)
        stack.enter_context(deterministic(is_deterministic(config)))
        workers = stack.enter_context(join_workers(on_gpu=gpu_id >= 0))
        if gpu_id >= 0:
            _use_gpu(gpu_id + workers.local_rank)
        with (
            _printed_by_first(workers),
            _warnings_printed(),
            building_explained(),
            writing_into(output, (*FOLDERS, *FILES, LOCK)),
        ):
            plan = make_plan(config)
            if gpu_id >= 0 and plan.settings.gpu_allocator is not None:
                set_gpu_allocator(plan.settings.gpu_allocator)
            plan.initialize()
        workers.first(lambda: _prepare(config, output, resume=resume))
        loggers: list[LoggerSetup] = [lambda *_: JsonLinesLog(output / LOG)]
        if plan.settings.logger is not None:
            loggers.append(plan.settings.logger)
        best = train_unlocked(
            plan.learner,
            plan.train_corpus,
            plan.dev_corpus,
            plan.settings,
            output=output,
            loggers=loggers,
            resume=resume,
            workers=workers,
        )
        if workers.rank == 0:
            _report(best, output)
            step = records[-1]["step"] if (records := read_records(output / LOG)) else 0
            values, learner = interpolate(config), plan.learner
            for line in advise(values, section, plan.settings, learner, step, best):
                print(escape_controls(f"advice: {line}"), file=sys.stderr)
    return best


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
            f"{', '.join(allowed)}. These differ:\n" + "\n".join(differences) + "\n"
            f"To train on with other settings, such as another learning rate, begin a "
            f"new run in another folder, from the model of this one: in each "
            f"[components.NAME], write source = {json.dumps(str(output / BEST))} in "
            f"the place of all else."
        )


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


def _prepare(config: Config, output: Path, *, resume: bool) -> None:
    """Remove what an earlier run left, unless it is resumed, and mark the folder."""
    if not resume:
        clear_folder(output)
    (output / LOG).touch()
    with replace_file(output / CONFIG) as file:
        file.write_text(format_config(config), encoding="utf8")


@contextmanager
def _printed_by_first(workers: Workers) -> Iterator[None]:
    """Print what several processes would print in the first one only."""
    with ExitStack() as stack:
        if workers.rank > 0:
            nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf8"))
            stack.enter_context(redirect_stderr(nowhere))
        yield


@contextmanager
def _warnings_printed() -> Iterator[None]:
    """Print zoo's warnings as messages for users, without lines of code."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for warning in caught:
        print(escape_controls(f"warning: {warning.message}"), file=sys.stderr)


def _report(best: Evaluation | None, output: Path) -> None:
    """Draw the curves, and print the best score and the files to look at."""
    draw_curves(output / LOG, output / CURVES)
    if best is not None:
        what = f"Best score {best.score:.4f}"
        if best.score == -best.main.get("loss", math.nan):
            what = f"Lowest validation loss {-best.score:.4f}"
        print(f"{what}: {output / BEST}, curves in {output / CURVES}.", file=sys.stderr)
