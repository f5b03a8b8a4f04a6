"""Run a training from a config into a folder: models, log and curves."""

import re
import shutil
import sys
from pathlib import Path

from thinc.api import Config, require_gpu, set_gpu_allocator

from ..config import format_config
from ..files import replace_file
from ..pipeline.checkpoint import CONFIG, check_replaceable
from .loggers import JsonLinesLogger
from .loop import Evaluation, train
from .plans import plan_training
from .plots import draw_curves

LOG = "log.jsonl"
CURVES = "curves.png"
MODELS = ("model-best", "model-last")
#: What a save that was cut short leaves.
_LEFTOVER = re.compile(r"\.(model-best|model-last|config\.cfg)\.(new|old)-\d+")


def run_training(
    config: Config, output: Path, *, overwrite: bool = False, gpu_id: int = -1
) -> Evaluation | None:
    """Train what a config describes, and leave everything in a folder.

    Raises FileExistsError if the folder holds something and `overwrite` is not set,
    or holds what no earlier run left; ConfigError with all faults of the config and
    ValueError for corpora without labels, before anything is written.
    """
    check_output(output, overwrite=overwrite)
    if gpu_id >= 0:
        require_gpu(gpu_id)
    plan = plan_training(config)
    if gpu_id >= 0 and plan.settings.gpu_allocator is not None:
        set_gpu_allocator(plan.settings.gpu_allocator)
    plan.initialize()
    for path in _contents(output):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    output.mkdir(parents=True, exist_ok=True)
    (output / LOG).touch()  # It marks the folder as a run's, so it comes first.
    with replace_file(output / CONFIG) as file:
        file.write_text(format_config(config), encoding="utf8")
    loggers = [JsonLinesLogger(output / LOG)]
    if plan.settings.logger is not None:
        loggers.append(plan.settings.logger)
    best = train(
        plan.pipeline,
        plan.train_corpus,
        plan.dev_corpus,
        plan.settings,
        output=output,
        loggers=loggers,
    )
    _report(best, output)
    return best


def check_output(output: Path, *, overwrite: bool = False) -> None:
    """Raise FileExistsError if a run would write over what is no earlier run's."""
    if output.exists() and not output.is_dir():
        raise FileExistsError(f"{output} is a file. Give a folder as --output.")
    names = [path.name for path in _contents(output)]
    if not names:
        return
    known = {LOG, CONFIG, CURVES, *MODELS}
    foreign = [n for n in names if n not in known and not _LEFTOVER.fullmatch(n)]
    is_run = LOG in names and not foreign
    if not (overwrite and is_run):
        way = " or --overwrite" if is_run else ""
        raise FileExistsError(
            f"{output} is not empty: it holds {', '.join((foreign or names)[:5])}. "
            f"Give another folder{way}."
        )
    for name in MODELS:
        check_replaceable(output / name)


def _contents(output: Path) -> list[Path]:
    return sorted(output.iterdir()) if output.is_dir() else []


def _report(best: Evaluation | None, output: Path) -> None:
    try:
        draw_curves(output / LOG, output / CURVES)
        picture = f", curves in {output / CURVES}."
    except ImportError as error:
        picture = f". {error}"
    if best is not None:
        where = output / MODELS[0]
        print(f"Best score {best.score:.4f}: {where}{picture}", file=sys.stderr)
