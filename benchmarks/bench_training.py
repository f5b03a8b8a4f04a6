"""Time what a training run spends on saving itself and on checking its numbers.

    python benchmarks/bench_training.py DATA/ud_english_ewt [--steps 600] [--runs 3]

Trains the tagger of `zoo init config` at its default settings on the files train and
dev of a folder. Prints a line of JSON for each run: seconds of training, and the share
of them that was spent on checkpoints, on saving the models, and on checks for numbers
that are not finite.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zoo
from zoo import _register_all as builtins  # noqa: F401  Registers all names.
from zoo.models.make_config import make_config
from zoo.training import _saver
from zoo.training._check_finite import FiniteCheck
from zoo.training._random_state import RandomState
from zoo.training.run_training import run_training

#: What is timed, by what it is for.
TIMED: dict[str, list[tuple[Any, str]]] = {
    "checkpoints": [(_saver, "save_checkpoint")],
    "models": [(zoo.Pipeline, "to_disk")],
    "checks": [
        (FiniteCheck, "check_losses"),
        (FiniteCheck, "check_gradients"),
        (FiniteCheck, "check_all"),
        (RandomState, "now"),
    ],
}


def timed(function: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    """Wrap a function so that the time of each call is added to a list."""

    def call(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            seconds.append(time.perf_counter() - start)

    return call


def run(folder: Path, output: Path, steps: int) -> dict[str, Any]:
    """Train, and measure where the time goes."""
    config = make_config(["tok2vec", "tagger"])
    for name in ("train", "dev"):
        [path] = folder.glob(f"{name}.*")
        config["paths"][name] = str(path)
    config["training"].update(max_steps=steps, logger=None)
    spent: dict[str, list[float]] = {kind: [] for kind in TIMED}
    kept = [(o, n, vars(o)[n]) for found in TIMED.values() for o, n in found]
    for kind, found in TIMED.items():
        for owner, name in found:
            setattr(owner, name, timed(getattr(owner, name), spent[kind]))
    try:
        best = run_training(config, output)
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)
    log = (output / "log.jsonl").read_text("utf8").splitlines()
    last = json.loads(log[-1])
    # What was saved is whole: the run is over, and its best score is known.
    assert run_training(config, output, resume=True) == best
    size = sum(file.stat().st_size for file in (output / "checkpoint").iterdir())
    return {
        "steps": last["step"],
        "words": last["words"],
        "seconds": round(last["seconds"], 1),
        **{
            f"{kind}_share": round(sum(times) / last["seconds"], 4)
            for kind, times in spent.items()
        },
        "checkpoints": len(spent["checkpoints"]),
        "checkpoint_seconds": round(statistics.median(spent["checkpoints"]), 3),
        "checkpoint_megabytes": round(size / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    versions = {"zoo": zoo.__version__, "python": platform.python_version()}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            found = run(options.folder, Path(folder) / "out", options.steps)
        print(json.dumps(found | versions), flush=True)


if __name__ == "__main__":
    main()
