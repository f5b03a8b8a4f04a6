"""Report how far a training run is, on the terminal and in files."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from .._atomic import replace_file
from .._registry import registry
from .._run_output import place_inside
from .._terminal import align, escape_controls
from .learner import Learner

#: The log that every run writes, and the batch that ended it.
LOG, BAD_BATCH = "log.jsonl", "bad-batch.jsonl"
#: What every line of a log has.
_KEYS = {"epoch", "step", "words", "seconds", "losses", "scores", "main", "score"}
_BEGINNING, _LONGEST_LINE = b'{"epoch": ', 2**24


class Evaluation(NamedTuple):
    """The result of an evaluation."""

    losses: dict[str, float]  # Mean per token or document since the last evaluation.
    scores: dict[str, Any]  # On the development corpus.
    score: float  # The weighted sum that chooses the best model.
    is_best: bool
    main: dict[str, float]  # The scores that have a weight.


class Progress(NamedTuple):
    """How far a run is, after an update."""

    step: int  # Updates so far.
    epoch: int  # Complete passes over the training corpus.
    words: int  # Words so far.
    seconds: float  # Of training, in all parts of a run that was interrupted.
    done: float | None  # Share of the run, 0 to 1; None if no end is known.
    evaluation: Evaluation | None  # If there was an evaluation after this update.


class Logger(Protocol):
    """Follows a run. It is called after every update, and with None at the end."""

    def __call__(self, progress: Progress | None) -> None: ...


#: Makes a logger for a run, from the learner and the output folder.
LoggerSetup = Callable[[Learner, Path | None], Logger]


def weigh(
    losses: dict[str, float],
    scores: dict[str, Any],
    weights: Mapping[str, float | None],
    best: Evaluation | None,
) -> Evaluation:
    """Weigh the scores of an evaluation, and compare it with the best so far.

    Args:
        losses: Mean losses since the last evaluation.
        scores: All scores.
        weights: How much each score counts. A score with None is not shown either.
        best: The best evaluation so far.

    Raises:
        ValueError: A score that counts is no number.
    """
    main = {name: scores.get(name) for name, w in weights.items() if w is not None}
    for name in main:
        if weights[name] and not isinstance(main[name], int | float):
            found = [n for n, v in scores.items() if isinstance(v, int | float)]
            raise ValueError(
                f"training: score_weights names {name}, for which the development "
                f"corpus has no value. It has: {', '.join(found) or 'none'}."
            )
    known = {n: float(v) for n, v in main.items() if isinstance(v, int | float)}
    score = float(sum(value * (weights[name] or 0) for name, value in known.items()))
    is_best = best is None or score > best.score
    return Evaluation(losses, scores, score, is_best, known)


@registry.loggers("zoo.ConsoleLogger.v1")
def ConsoleLogger(progress_bar: bool = True) -> LoggerSetup:
    """Print a row of scores at each evaluation, above a progress bar.

    Args:
        progress_bar: Whether to show a bar with words per second and the time left.
            It is shown on a terminal only.
    """

    def setup(learner: Learner, output: Path | None) -> Logger:
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
        row |= {name: _show(name, value) for name, value in found.main.items()}
        row |= {"words/s": f"{speed:,.0f}", "score": f"{found.score:.4f}"}
        if not self.columns:
            self.columns = list(row)
            self._print(self.columns, bold=True)
        cells = [row.get(name, "") for name in self.columns]
        self._print(cells, suffix=" best" if found.is_best else "")

    def _print(self, cells: list[str], *, suffix: str = "", bold: bool = False) -> None:
        widths = [max(len(name), 8) for name in self.columns]
        [line] = align([cells], right=range(len(cells)), widths=widths)
        self.console.print(
            escape_controls(line + suffix, ""),
            style="bold" if bold else None,
            soft_wrap=True,
            markup=False,
        )


def unit_of(score: str, *values: float | None) -> int:
    """Return the factor by which a score is shown: 100 for a share, else 1."""
    is_share = all(0 <= value <= 1 for value in values if value is not None)
    return 100 if is_share and "loss" not in score else 1


def _show(score: str, value: float) -> str:
    unit = unit_of(score, value)
    return f"{unit * value:.2f}" if unit > 1 else f"{value:.4f}"


@registry.loggers("zoo.JsonLinesLogger.v1")
def JsonLinesLogger(path: str | Path) -> LoggerSetup:
    """Write every evaluation as one line of JSON to a file.

    A run with an output folder writes into that only. Whatever the file holds is not
    lost: it must be empty or the log of a run, and must not be a link.

    Args:
        path: The file, relative to the output folder if there is one. Its name ends in
            .jsonl. A new run begins it anew; a resumed run keeps the lines of the
            updates before it.

    Raises:
        ValueError: When the run begins: the file is not one to be in the output
            folder, or is one that every run writes.
        FileExistsError: When the run begins: the file is something else than a log.
    """

    def setup(learner: Learner, output: Path | None) -> Logger:
        return JsonLinesLog(_find_file(Path(path), output))

    return setup


def _find_file(path: Path, output: Path | None) -> Path:
    """Return the file of a logger; see `JsonLinesLogger` for the errors."""
    file = path
    if output is not None:
        file = place_inside("JsonLinesLogger", path, output)
        if file.suffix != ".jsonl" or file.name in (LOG, BAD_BATCH):
            raise ValueError(
                f"JsonLinesLogger: the name of the file must end in .jsonl, and be "
                f"another than {LOG} and {BAD_BATCH}, which every run writes, got "
                f"{path}."
            )
    if os.path.lexists(file) and not is_log(file):
        raise FileExistsError(
            f"JsonLinesLogger: {file} exists and is not the log of a run. Use the "
            f"path of a new file."
        )
    return file


def is_log(file: Path) -> bool:
    """Return whether a file is empty, or holds what `JsonLinesLogger` writes.

    The last line may have been cut short as the process was killed.
    """
    if file.is_symlink() or not file.is_file():
        return False
    number = 0
    with file.open("rb") as stream:
        while (line := stream.readline(_LONGEST_LINE)).endswith(b"\n"):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                return False
            if not isinstance(record, dict) or not record.keys() >= _KEYS:
                return False
            number += 1
    is_begun = line.startswith(_BEGINNING) or _BEGINNING.startswith(line)
    return number > 0 or is_begun


class JsonLinesLog:
    """Write every evaluation as one line of JSON to a file, which it replaces.

    Args:
        path: The file, which was checked before.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: TextIO | None = None

    def __call__(self, progress: Progress | None) -> None:
        if progress is None:
            if self.file is not None:
                self.file.close()
            return
        if self.file is None:
            keep_lines(self.path, before=progress.step)
            self.file = self.path.open("a", encoding="utf8")
        if progress.evaluation is not None:
            record = as_record(progress, progress.evaluation)
            self.file.write(json.dumps(record, default=float) + "\n")
            self.file.flush()


def keep_lines(path: Path, *, before: int) -> None:
    """Remove the lines of later updates, and incomplete lines, from a log file."""
    kept = []
    for line in path.read_text("utf8").splitlines() if path.exists() else []:
        try:
            is_earlier = json.loads(line)["step"] < before
        except (ValueError, TypeError, KeyError):
            break  # A line that was cut short as the process was killed.
        if is_earlier:
            kept.append(line + "\n")
    with replace_file(path) as new:
        new.write_text("".join(kept), encoding="utf8")


def as_record(progress: Progress, found: Evaluation) -> dict[str, Any]:
    """Return an evaluation as a dictionary, as a log file holds it."""
    return {
        "epoch": progress.epoch,
        "step": progress.step,
        "words": progress.words,
        "seconds": round(progress.seconds, 3),
        "losses": found.losses,
        "scores": found.scores,
        "main": list(found.main),
        "score": found.score,
        "is_best": found.is_best,
    }
