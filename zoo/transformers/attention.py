"""Read the attention of a transformer between words, and compare two of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from thinc.api import to_numpy

from ..types import Array
from .batch import TransformerBatch


@dataclass
class WordAttention:
    """How much each word of a text attends to each word.

    words: Those that have pieces.
    pieces: Those of each word.
    weights: (n_layers, n_heads, n_words, n_words): of the word in the row, to the word
        in the column. A row adds up to 1, less what goes to special pieces and to
        pieces of no word.
    """

    words: list[str]
    pieces: list[list[str]]
    weights: Array

    def mean(self, layer: int | None = None, head: int | None = None) -> Array:
        """Average over layers and heads, or take one; (n_words, n_words).

        Raises ValueError if there is no such layer or head.
        """
        chosen = self.weights
        for axis, (what, i) in enumerate((("layer", layer), ("head", head))):
            size = self.weights.shape[axis]
            if i is None:
                chosen = chosen.mean(axis=axis, keepdims=True)
            elif not -size <= i < size:
                raise ValueError(
                    f"attention: {what} must be {-size} to {size - 1}, as there are "
                    f"{size}, got {i}."
                )
            else:
                chosen = np.take(chosen, [i], axis=axis)
        averaged: Array = chosen[0, 0]
        return averaged


@dataclass
class AttentionDifference:
    """How the attention of two transformers differs on the same words.

    difference: (n_words, n_words): of the first, less that of the second.
    divergence: (n_words,): of Jensen and Shannon between what a word attends to in
        both, in bits: from 0 for the same to 1 for nothing in common.
    """

    words: list[str]
    difference: Array
    divergence: Array


def read_attention(
    batch: TransformerBatch, words: Sequence[str], pieces: Sequence[str]
) -> WordAttention:
    """Pool the attention of one document over the alignment.

    What a word attends to is the mean of what its pieces do; what it is given is
    the sum of what they are.

    batch: Of one document that was read in one window, with its attention: set
        ``output_attentions`` to true in the transformer_config.
    words: Of the document.
    pieces: The strings of all rows.

    Raises ValueError if the batch is another.

    Source: Clark et al. (2019), https://arxiv.org/abs/1906.04341.
    """
    if len(batch) != 1 or len(batch.n_rows) != 1:
        raise ValueError(
            f"attention: needs one document that is read in one window, got "
            f"{len(batch)} documents in {len(batch.n_rows)} windows. Take a shorter "
            f"text, or longer windows."
        )
    if not batch.attentions:
        raise ValueError(
            "attention: the transformer gave none. Set output_attentions to true in "
            "its transformer_config."
        )
    lengths, rows = (
        to_numpy(array) for array in (batch.alignment.lengths, batch.alignment.dataXd)
    )
    kept: list[int] = np.flatnonzero(lengths).tolist()
    matrix = to_numpy(batch.attentions[0])
    owner = np.repeat(np.arange(len(kept)), lengths[kept])
    membership = np.zeros((len(kept), matrix.shape[-1]), dtype=matrix.dtype)
    membership[owner, rows] = 1.0
    means = membership / lengths[kept][:, None]
    return WordAttention(
        [words[i] for i in kept],
        [[pieces[row] for row in rows[owner == i].tolist()] for i in range(len(kept))],
        means @ matrix @ membership.T,
    )


def compare_attention(
    left: WordAttention,
    right: WordAttention,
    layer: int | None = None,
    head: int | None = None,
) -> AttentionDifference:
    """Compare what two transformers attend to, on the same words.

    layer, head: What to compare; None for the mean over all.

    Raises ValueError if the words differ.
    """
    if left.words != right.words:
        raise ValueError(
            f"attention: both transformers must have the same words, got {left.words} "
            f"and {right.words}."
        )
    A, B = left.mean(layer, head), right.mean(layer, head)
    return AttentionDifference(left.words, A - B, _diverge(_share(A), _share(B)))


def _share(A: Array) -> Array:
    """Let each row add up to 1."""
    return A / np.maximum(A.sum(axis=1, keepdims=True), np.finfo(A.dtype).tiny)


def _diverge(P: Array, Q: Array) -> Array:
    """Give the divergence of Jensen and Shannon, row by row, in bits."""
    M = (P + Q) / 2
    divergence: Array = (_relative_entropy(P, M) + _relative_entropy(Q, M)) / 2
    return divergence


def _relative_entropy(P: Array, M: Array) -> Array:
    tiny = np.finfo(P.dtype).tiny
    return (P * np.log2(np.maximum(P, tiny) / np.maximum(M, tiny))).sum(axis=1)
