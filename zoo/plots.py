"""Draw the curves of a training run."""

import json
from pathlib import Path

from .loggers import SHOWN_SCORES


def draw_curves(log: Path, picture: Path) -> None:
    """Draw the losses and scores of a log file over the words that were read.

    Raises ImportError, with what to install, if matplotlib is missing.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            "The curves need matplotlib: pip install thinc-zoo[plots]"
        ) from error
    matplotlib.use("Agg")
    from matplotlib import pyplot

    lines = log.read_text(encoding="utf8").splitlines()
    records = [json.loads(line) for line in lines]
    words = [record["words"] for record in records]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name in records[0]["losses"]:
        left.plot(words, [r["losses"].get(name) for r in records], ".-", label=name)
    left.set(title="Training loss", ylabel="nats per token or document", ylim=(0, None))
    for name in SHOWN_SCORES:
        if isinstance(records[0]["scores"].get(name), float):
            scores = [100 * record["scores"][name] for record in records]
            right.plot(words, scores, ".-", label=name)
    best = max(records, key=lambda record: record["score"])
    right.axvline(best["words"], color="grey", linewidth=0.8, label="best model")
    right.set(title="Scores on the development corpus", ylabel="per cent")
    for axis in (left, right):
        axis.set_xlabel("words read")
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axis.grid(alpha=0.3)
        axis.legend(loc="best")
    figure.savefig(picture, dpi=150)
    pyplot.close(figure)
