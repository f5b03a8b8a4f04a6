"""Draw the attention between words as a heat map, with the pieces of each word."""

from pathlib import Path

import numpy as np

from .._optional import require
from .._types import Array
from .attention import WordAttention

#: The size of a word's row in inches, and that of all the rest.
CELL, MARGIN = 0.34, 2.2
#: Words in a picture at most, which is some 36 inches wide then.
MOST_WORDS = 100


def draw_attention(
    attention: WordAttention, weights: Array, path: str | Path, title: str = ""
) -> None:
    """Draw a matrix of words against words into a file; its suffix tells the format.

    Under each word that has several stand its pieces. Weights that may be negative,
    as a difference, are drawn in two colours, and those that are nan are grey.

    Args:
        weights: (n_words, n_words), such as ``attention.mean()``.

    Raises:
        ValueError: For more words than `MOST_WORDS`.
        ImportError: Matplotlib is missing.
    """
    check_number(len(attention.words))
    matplotlib = require("matplotlib.figure", "A picture of attention", "plots")
    n_words, is_signed = len(attention.words), bool((weights < 0).any())
    most = float(np.nanmax(abs(weights)))
    side = MARGIN + CELL * max(n_words, 4)
    size = (side + 0.6, side)
    figure = matplotlib.figure.Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot(facecolor="0.85")
    image = axes.imshow(
        weights,
        cmap=matplotlib.colormaps["RdBu_r" if is_signed else "Blues"],
        vmin=-most if is_signed else 0.0,
        vmax=most,
    )
    labels = list(map(_label, attention.words, attention.pieces))
    axes.set_xticks(range(n_words), labels, rotation=90, fontsize=8)
    axes.set_yticks(range(n_words), labels, fontsize=8)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("attends to", fontsize=8, loc="left")
    axes.set_ylabel("word", fontsize=8)
    axes.set_xticks([i - 0.5 for i in range(1, n_words)], minor=True)
    axes.set_yticks([i - 0.5 for i in range(1, n_words)], minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="both", length=0)
    for edge in axes.spines.values():
        edge.set_visible(False)
    figure.colorbar(image, shrink=0.6).ax.tick_params(labelsize=7)
    figure.suptitle(title, fontsize=9)
    figure.savefig(path, dpi=150)


def check_number(n_words: int) -> None:
    """Raise ValueError for more words than a picture can hold."""
    if n_words > MOST_WORDS:
        raise ValueError(
            f"attention: a picture holds {MOST_WORDS} words at most, got {n_words}. "
            f"Choose some of the text, such as those from --start 0 to --end "
            f"{MOST_WORDS}."
        )


def _label(word: str, pieces: list[str]) -> str:
    """Return a word, and its pieces in a second line if it has several."""
    lines = [word] if len(pieces) == 1 else [word, " ".join(pieces)]
    return "\n".join(line.replace("$", r"\$") for line in lines)
