"""Read and draw the curves of a training run."""

import json
from pathlib import Path
from typing import Any

from .._atomic import replace_file
from .._optional import require
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
        picture: File for the picture, which is replaced.

    Raises:
        ImportError: matplotlib is missing.
    """
    matplotlib = require("matplotlib.figure", "A picture of curves", "plots")
    records = read_records(log)
    names = records[0]["main"]
    losses = {name: 1 for name in names if "loss" in name}
    units = {
        name: unit_of(name, *(record["scores"].get(name) for record in records))
        for name in names
        if name not in losses
    }
    # Not by pyplot, which would keep the figure and use the host's settings.
    size = (10 if units else 6, 4)
    figure = matplotlib.figure.Figure(figsize=size, layout="constrained")
    left, *others = figure.subplots(1, 1 + bool(units), squeeze=False)[0]
    _draw(left, records, "losses", dict.fromkeys(records[0]["losses"], 1))
    _draw(left, records, "scores", losses, " of the development corpus")
    left.set(title="Loss", ylabel="nats per token or document", ylim=(0, None))
    for right in others:
        _draw(right, records, "scores", units)
        right.set(title="Scores on the development corpus", ylabel=_name(units))
    best = max(records, key=lambda record: record["score"])
    for axis in (left, *others):
        axis.axvline(best["words"], color="grey", linewidth=0.8, label="best model")
        axis.set_xlabel("words read")
        axis.locator_params(axis="x", nbins=5)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axis.grid(alpha=0.3)
        axis.legend(loc="best")
    with replace_file(picture) as new:
        figure.savefig(new, dpi=150, format="png")


def _name(units: dict[str, int]) -> str:
    """Return the unit of scores, for an axis."""
    kinds = {*units.values()}
    if kinds == {100}:
        return "per cent"
    return "per cent, if a share" if len(kinds) > 1 else ", ".join(units)


def _draw(
    axis: Any, records: list[Any], kind: str, units: dict[str, int], suffix: str = ""
) -> None:
    """Draw a line for each name, in its unit; what a record lacks is a gap."""
    words = [record["words"] for record in records]
    for name, unit in units.items():
        values = [record[kind].get(name) for record in records]
        heights = [float("nan") if v is None else unit * v for v in values]
        axis.plot(words, heights, ".-", label=name + suffix)
