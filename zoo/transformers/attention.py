"""Read the attention of a transformer between words, and compare two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from thinc.api import to_numpy

from .._arrays import as_array, rows_of
from .._types import Array
from ..doc import DocLike
from ..tokenizer import Tokenizer
from ._save import is_saved, read_saved
from ._tokenize import words_and_spaces
from .batch import TransformerBatch
from .spans import doc_spans
from .wrapper import TransformerWrapper, transformer_of


@dataclass
class WordAttention:
    """Attention of each word of a text to each word.

    Attributes:
        words: Those that have pieces.
        pieces: Those of each word.
        weights: (n_layers, n_heads, n_words, n_words): of the word in the row, to the
            word in the column. A row adds up to 1, less what goes to special pieces and
            to other pieces of the text. It is nan where no window holds both words.
    """

    words: list[str]
    pieces: list[list[str]]
    weights: Array

    def mean(self, layer: int | None = None, head: int | None = None) -> Array:
        """Average over layers and heads, or take one; (n_words, n_words).

        Raises:
            ValueError: There is no such layer or head.
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
    """Difference in attention between two transformers on the same words.

    Attributes:
        difference: (n_words, n_words): of the first, less that of the second; nan where
            one of them has no window that holds both words.
        divergence: (n_words,): of Jensen and Shannon between what a word attends to in
            both, in bits: from 0 for the same to 1 for nothing in common.
    """

    words: list[str]
    difference: Array
    divergence: Array


def read_attention(
    batch: TransformerBatch,
    words: Sequence[str],
    pieces: Sequence[str],
    start: int = 0,
    end: int | None = None,
) -> WordAttention:
    """Pool the attention of one document over the alignment.

    What a word attends to is the mean of what its pieces do; what it is given is
    the sum of what they are. A piece attends to those in its window. If it stands in
    several windows, it attends as it does in the one that its vector is of.

    Args:
        batch: Of one document, with its attention: set ``output_attentions`` to true in
            the transformer_config.
        words: Of the document.
        pieces: The strings of all rows.
        start, end: Which of the words to look at. The default is all.

    Raises:
        ValueError: The batch is another, or none of the words has a piece.

    Source:
        Clark et al. (2019), https://arxiv.org/abs/1906.04341.
    """
    if len(batch) != 1:
        raise ValueError(f"attention: needs one document, got {len(batch)}.")
    if len(batch.n_rows) and not batch.attentions:
        raise ValueError(
            "attention: the output of the transformer holds none. Set "
            "output_attentions to true in its transformer_config."
        )
    lengths, aligned = as_array(batch.alignment.lengths), rows_of(batch.alignment)
    rows = np.split(aligned, np.cumsum(lengths)[:-1])
    chosen = range(*slice(start, end).indices(len(lengths)))
    kept = [i for i in chosen if lengths[i]]
    if not kept:
        raise ValueError(
            f"attention: needs words that have pieces, got none among the "
            f"{len(chosen)} from {chosen.start} to {chosen.stop}."
        )
    return WordAttention(
        [words[i] for i in kept],
        [[pieces[row] for row in rows[i].tolist()] for i in kept],
        _pool(batch, [rows[i] for i in kept]),
    )


def _pool(batch: TransformerBatch, rows_of: Sequence[Array]) -> Array:
    """Pool the attention of pieces to that of words, window by window.

    Args:
        rows_of: The rows that count of each word's pieces.
    """
    n_pieces = np.array([[len(rows)] for rows in rows_of], dtype="f")
    total, is_read = 0.0, np.zeros((len(rows_of), len(rows_of)), dtype=bool)
    ends = np.cumsum(batch.n_rows)
    starts = ends - batch.n_rows
    for matrix, start, end in zip(batch.attentions, starts, ends, strict=True):
        window = np.arange(start, end)
        counts = np.array([np.isin(window, rows) for rows in rows_of], dtype="f")
        if not counts.any():
            continue
        found = batch.row_pieces[window]
        given = [np.isin(found, batch.row_pieces[rows]) for rows in rows_of]
        holds = np.array(given, dtype="f")
        total = total + (counts / n_pieces) @ to_numpy(matrix) @ holds.T
        is_read |= np.outer(counts.any(axis=1), holds.any(axis=1))
    weights: Array = np.where(is_read, total, np.float32(np.nan))
    return weights


def compare_attention(
    left: WordAttention,
    right: WordAttention,
    layer: int | None = None,
    head: int | None = None,
) -> AttentionDifference:
    """Compare what two transformers attend to, on the same words.

    Words that either has in no common window do not count.

    Args:
        layer, head: What to compare; None for the mean over all.

    Raises:
        ValueError: The words differ.
    """
    if left.words != right.words:
        raise ValueError(
            f"attention: both transformers must have the same words, got {left.words} "
            f"and {right.words}."
        )
    A, B = left.mean(layer, head), right.mean(layer, head)
    difference = A - B
    shares = [_share(np.where(np.isnan(difference), 0, each)) for each in (A, B)]
    return AttentionDifference(left.words, difference, _diverge(*shares))


def _share(A: Array) -> Array:
    """Normalize each row to a sum of 1."""
    sums = np.maximum(A.sum(axis=1, keepdims=True), np.finfo(A.dtype).tiny)
    shares: Array = A / sums
    return shares


def _diverge(P: Array, Q: Array) -> Array:
    """Return the divergence of Jensen and Shannon, row by row, in bits."""
    M = (P + Q) / 2
    divergence: Array = (_relative_entropy(P, M) + _relative_entropy(Q, M)) / 2
    return divergence


def _relative_entropy(P: Array, M: Array) -> Array:
    tiny = np.finfo(P.dtype).tiny
    terms: Array = P * np.log2(np.maximum(P, tiny) / np.maximum(M, tiny))
    entropy: Array = terms.sum(axis=1)
    return entropy


def attend(
    name: str | Path, doc: DocLike | str, start: int = 0, end: int | None = None
) -> WordAttention:
    """Load a transformer, and read its attention between the words of a document.

    It reads the whole document, in windows as long as it can read, which overlap by a
    quarter.

    Args:
        name: As of a `TransformerWrapper`, or the folder of a pipeline that holds one.
        doc: A document, or a text, which is cut at whitespace and punctuation.
        start, end: Which of the words to look at. The default is all.

    Raises:
        ValueError: None of them has a piece, the pipeline has no transformer, or the
            transformer has no attention between all pieces.
    """
    doc = Tokenizer("en")(doc) if isinstance(doc, str) else doc
    settings = {"output_attentions": True}
    source: Any = name
    if is_saved(name):
        source, settings = read_saved(name, **settings), {}
    model = TransformerWrapper(
        source, doc_spans(), transformer_config=settings, on_truncate="ignore"
    ).initialize()
    batch = model.predict([doc])
    tokenizer = transformer_of(model).tokenizer
    pieces = [tokenizer.id_to_token(i) for i in batch.ids.tolist()]
    return read_attention(batch, words_and_spaces(doc)[0], pieces, start, end)
