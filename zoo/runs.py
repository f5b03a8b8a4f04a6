"""Run a training from a config into a folder: models, log and curves."""

import json
import sys
from pathlib import Path

from thinc.api import Config, require_gpu, set_gpu_allocator

from .checkpoint import replace_file
from .loggers import JsonLinesLog
from .plots import draw_curves
from .training import Evaluation, plan_training, train

#: What a run leaves in its folder, and another may replace.
OUTPUTS = ("config.cfg", "curves.png", "log.jsonl", "model-best", "model-last")


def run_training(
    config: Config, output: Path, *, overwrite: bool = False, gpu_id: int = -1
) -> Evaluation | None:
    """Train what a config describes, and leave everything in a folder.

    Raises FileExistsError if the folder holds something and `overwrite` is not set,
    and ConfigError with all faults of the config before anything is written.
    """
    if output.exists() and not output.is_dir():
        raise FileExistsError(f"{output} is a file. Give a folder as --output.")
    left = sorted(path.name for path in output.iterdir()) if output.exists() else []
    if left and not (overwrite and set(left) <= set(OUTPUTS)):
        raise FileExistsError(
            f"{output} is not empty: it holds {', '.join(left[:5])}. Give another folder"
            + (" or --overwrite." if set(left) <= set(OUTPUTS) else ".")
        )
    if gpu_id >= 0:
        require_gpu(gpu_id)
    plan = plan_training(config)
    if plan.settings.gpu_allocator is not None:
        set_gpu_allocator(plan.settings.gpu_allocator)
    output.mkdir(parents=True, exist_ok=True)
    with replace_file(output / "config.cfg") as file:
        file.write_text(config.to_str(interpolate=False) + "\n", encoding="utf8")
    log = output / "log.jsonl"
    loggers = [JsonLinesLog(log.open("w", encoding="utf8"))]
    if plan.settings.logger is not None:
        loggers.append(plan.settings.logger(plan.pipeline, output))
    best = train(
        plan.pipeline,
        plan.train_corpus,
        plan.dev_corpus,
        plan.settings,
        output=output,
        loggers=loggers,
    )
    _report(best, output, log)
    return best


def _report(best: Evaluation | None, output: Path, log: Path) -> None:
    try:
        draw_curves(log, output / "curves.png")
        picture = f", curves in {output / 'curves.png'}"
    except ImportError as error:
        picture = f". {error}"
    if best is not None:
        print(
            f"Best score {best.score:.4f}: {output / 'model-best'}{picture}",
            file=sys.stderr,
        )


def write_json(path: Path, value: object) -> None:
    """Write a JSON file, whole or not at all."""
    with replace_file(path) as file:
        file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf8")
