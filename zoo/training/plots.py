"""Draw the curves of a training run."""

import json
from pathlib import Path
from typing import Any

from .loggers import unit_of


def draw_curves(log: Path, picture: Path) -> None:
    """Draw the losses and scores of a log file over the words that were read.

    log: As `JsonLinesLogger` writes it, with one evaluation or more.
    picture: File for the picture, which is replaced.

    Raises ImportError, with what to install, if matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "The curves need matplotlib: pip install thinc-zoo[plots]"
        ) from error
    lines = log.read_text(encoding="utf8").splitlines()
    records = [json.loads(line) for line in lines]
    # Not by pyplot, which would hold on to the figure and the host's settings.
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw(left, records, "losses", dict.fromkeys(records[0]["losses"], 1))
    left.set(title="Training loss", ylabel="nats per token or document")
    left.set_ylim(bottom=0)
    units = {
        name: unit_of(name, *(record["scores"].get(name) for record in records))
        for name in records[0]["main"]
    }
    _draw(right, records, "scores", units)
    best = max(records, key=lambda record: record["score"])
    right.axvline(best["words"], color="grey", linewidth=0.8, label="best model")
    right.set(title="Scores on the development corpus", ylabel="per cent, if a share")
    for axis in (left, right):
        axis.set_xlabel("words read")
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axis.grid(alpha=0.3)
        axis.legend(loc="best")
    figure.savefig(picture, dpi=150, format="png")


def _draw(axis: Any, records: list[Any], kind: str, units: dict[str, int]) -> None:
    """Draw a line for each name, in its unit; what a record lacks is a gap."""
    words = [record["words"] for record in records]
    for name, unit in units.items():
        values = [record[kind].get(name) for record in records]
        heights = [float("nan") if v is None else unit * v for v in values]
        axis.plot(words, heights, ".-", label=name)
