"""Follow a training run on the terminal and in a file."""

import json
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from ..pipeline import Pipeline
from ..registries import registry
from .loop import Evaluation, Logger, LoggerSetup, Progress


@registry.loggers("zoo.ConsoleLogger.v1")
def ConsoleLogger(progress_bar: bool = True) -> LoggerSetup:
    """Print a row of scores at each evaluation, above a progress bar.

    progress_bar: Whether to show a bar with words per second and the time left. It
        is shown on a terminal only.
    """

    def setup(pipeline: Pipeline, output: Path | None) -> Logger:
        return _ConsoleLog(Console(stderr=True, highlight=False), progress_bar)

    return setup


class _ConsoleLog:
    def __init__(self, console: Console, show_bar: bool) -> None:
        self.console = console
        self.columns: list[str] = []
        self.bar = Bar(
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[speed]:>9,.0f} words/s"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            disable=not (show_bar and console.is_terminal),
        )
        self.task = self.bar.add_task("train", total=1.0, speed=0.0)
        self.bar.start()

    def __call__(self, progress: Progress | None) -> None:
        if progress is None:
            self.bar.stop()
            return
        speed = progress.words / max(progress.seconds, 1e-9)
        self.bar.update(self.task, completed=progress.done or 0.0, speed=speed)
        if progress.evaluation is not None:
            self._print_row(progress, progress.evaluation, speed)

    def _print_row(self, progress: Progress, found: Evaluation, speed: float) -> None:
        row = {"epoch": f"{progress.epoch}", "step": f"{progress.step}"}
        row |= {f"loss {name}": f"{loss:.4f}" for name, loss in found.losses.items()}
        row |= {
            name: f"{100 * value:.2f}"
            for name, value in found.scores.items()
            if isinstance(value, float) and name in SHOWN_SCORES
        }
        row |= {"words/s": f"{speed:,.0f}", "score": f"{found.score:.4f}"}
        if not self.columns:
            self.columns = list(row)
            self._print(self.columns, bold=True)
        cells = [row.get(name, "") for name in self.columns]
        self._print(cells, suffix=" best" if found.is_best else "")

    def _print(self, cells: list[str], *, suffix: str = "", bold: bool = False) -> None:
        widths = [max(len(name), 8) for name in self.columns]
        line = "  ".join(c.rjust(w) for c, w in zip(cells, widths, strict=True))
        self.console.print(
            line + suffix,
            style="bold" if bold else None,
            soft_wrap=True,
            markup=False,
        )


#: The scores that the terminal shows, in per cent; the log file holds them all.
SHOWN_SCORES = ("tag_acc", "pos_acc", "cats_macro_f", "cats_acc")


def JsonLinesLogger(path: str | Path) -> LoggerSetup:
    """Write every evaluation as one line of JSON to a file, which is replaced."""

    def setup(pipeline: Pipeline, output: Path | None) -> Logger:
        return _JsonLinesLog(Path(path).open("w", encoding="utf8"))

    return setup


class _JsonLinesLog:
    def __init__(self, file: TextIO) -> None:
        self.file = file

    def __call__(self, progress: Progress | None) -> None:
        if progress is None:
            self.file.close()
        elif progress.evaluation is not None:
            record = as_record(progress, progress.evaluation)
            self.file.write(json.dumps(record, default=float) + "\n")
            self.file.flush()


def as_record(progress: Progress, found: Evaluation) -> dict[str, Any]:
    """Put an evaluation into a dictionary, as the log file holds it."""
    return {
        "epoch": progress.epoch,
        "step": progress.step,
        "words": progress.words,
        "seconds": round(progress.seconds, 3),
        "losses": found.losses,
        "scores": found.scores,
        "score": found.score,
        "is_best": found.is_best,
    }
