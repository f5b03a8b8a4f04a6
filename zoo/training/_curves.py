"""Read and draw the curves of a training run."""

import json
import math
from pathlib import Path
from typing import Any

from .._atomic import replace_file
from .._drawing.line_chart import Marker, Panel, draw_panels
from .loggers import LOG, is_log, unit_of

#: The columns of every curve.
_COLUMNS = ("step", "epoch", "words", "seconds", "score", "is_best")


def read_curves(run: str | Path) -> dict[str, list[Any]]:
    """Read the losses and scores of a run as columns, one row for each evaluation.

    ``pandas.DataFrame(read_curves("out"))`` is a table of them.

    Args:
        run: The output folder of a run, or a file of `JsonLinesLogger`.

    Returns:
        Lists of the same length, by name: "step", "epoch", "words", "seconds", "score"
        and "is_best"; "loss NAME" for the training loss of each head, in nats per token
        or document; and every score that is a number. What an evaluation lacks is None.

    Raises:
        FileNotFoundError: There is no such log.
        ValueError: The file is not the log of a run.
    """
    log = Path(run)
    log = log / LOG if log.is_dir() else log
    if not log.is_file():
        raise FileNotFoundError(f"read_curves: there is no log {log}.")
    if not is_log(log):
        raise ValueError(f"read_curves: {log} is not the log of a run.")
    rows = []
    for record in read_records(log):
        row = {name: record.get(name) for name in _COLUMNS}
        row |= {f"loss {name}": x for name, x in record["losses"].items()}
        row |= {n: x for n, x in record["scores"].items() if isinstance(x, int | float)}
        rows.append(row)
    names = dict.fromkeys([*_COLUMNS, *(name for row in rows for name in row)])
    return {name: [row.get(name) for row in rows] for name in names}


def read_records(log: Path) -> list[dict[str, Any]]:
    """Read the whole lines of a log file."""
    lines = log.read_text(encoding="utf8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def draw_curves(log: Path, picture: Path) -> None:
    """Draw the losses and scores of a log file over the words that were read.

    Args:
        log: A file of `JsonLinesLogger`, with one evaluation or more.
        picture: File for the picture, in SVG, which is replaced.
    """
    records = read_records(log)
    names = dict.fromkeys(name for record in records for name in record["main"])
    losses = {name: 1 for name in names if "loss" in name}
    units = {
        name: unit_of(name, *(record["scores"].get(name) for record in records))
        for name in names
        if name not in losses
    }
    of_training = {name: 1 for record in records for name in record["losses"]}
    lines = _lines(records, "losses", of_training)
    lines |= _lines(records, "scores", losses, " of the development corpus")
    panels = [Panel("Loss", "nats per token or document", lines, from_zero=True)]
    if units:
        lines = _lines(records, "scores", units)
        title = "Scores on the development corpus"
        panels.append(Panel(title, _name(units), lines, from_zero=False))
    best = max(records, key=lambda record: record["score"])
    words = [record["words"] for record in records]
    marker = Marker(best["words"], "best model")
    with replace_file(picture) as new:
        svg = draw_panels(words, "words read", panels, marker)
        new.write_text(svg, encoding="utf8")


def _name(units: dict[str, int]) -> str:
    """Return the unit of scores, for an axis."""
    kinds = {*units.values()}
    if kinds == {100}:
        return "per cent"
    return "per cent, if a share" if len(kinds) > 1 else ", ".join(units)


def _lines(
    records: list[Any], kind: str, units: dict[str, int], suffix: str = ""
) -> dict[str, list[float]]:
    """Return a line for each name, in its unit; what a record lacks is NaN."""
    lines = {}
    for name, unit in units.items():
        values = [record[kind].get(name) for record in records]
        heights = [math.nan if v is None else float(unit * v) for v in values]
        lines[name + suffix] = heights
    return lines
