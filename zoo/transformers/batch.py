"""Define the output of a transformer for a batch of documents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from thinc.types import Floats2d, Ragged

from .._arrays import as_array, as_thinc, rows_of
from .._registry import registry
from .._types import Array
from ..doc import Doc
from ._align import Coverage


@dataclass
class TransformerBatch:
    """The vectors of all rows of a batch, and which of them stand for each token.

    A row is a piece in a window, or a special piece such as a class token. Rows stand
    window by window, and windows document by document. Vectors and attention stand
    where the transformer computes; what says where things stand is on the host, so
    that nobody waits for a GPU to learn it.

    Attributes:
        layers: (n_rows, width) each: the last layer's output, or on request the
            embeddings and all layers' outputs.
        alignment: The rows of each token, (n_alignments,), with a length per token. A
            token may have none; of a piece in several windows, one row counts.
        n_tokens: (n_docs,)
        n_rows: (n_windows,): rows in each window.
        window_docs: (n_windows,): the document that each window is of.
        ids: (n_rows,): of the pieces.
        piece_rows: (n_pieces,): the row that counts of each piece of the text.
        row_pieces: (n_rows,): the piece in each row; -1 for a special one.
        class_rows: (n_windows,): the row of each window's class token; empty if the
            tokenizer has no such.
        pooled: (n_windows, width): the model's own summary of each window, if it has
            one. It passes no gradient.
        attentions: On request, (n_layers, n_heads, n, n) per window of n rows: how much
            each row attends to each. They pass no gradient.
        coverage: What is wrong with the alignment.
        cut_spans: Spans that were to be read in one, and did not fit into a window.
        cut_tokens: Tokens that have more pieces than a window holds.
    """

    layers: list[Floats2d]
    alignment: Ragged
    n_tokens: Array
    n_rows: Array
    window_docs: Array
    ids: Array
    piece_rows: Array
    row_pieces: Array
    class_rows: Array
    pooled: Floats2d | None = None
    attentions: list[Array] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    cut_spans: int = 0
    cut_tokens: int = 0

    def __len__(self) -> int:
        return len(self.n_tokens)

    @property
    def vectors(self) -> Floats2d:
        """Return the last layer's output, (n_rows, width)."""
        return self.layers[-1]

    @property
    def class_vectors(self) -> Floats2d:
        """Return the class token's vector of each window, (n_windows, width)."""
        vectors: Any = self.vectors
        return vectors[self.class_rows]  # type: ignore[no-any-return]

    @property
    def doc_data(self) -> list["TransformerBatch"]:
        """Return the same for each document alone. The vectors are views."""
        return [self._of_doc(i) for i in range(len(self))]

    def _of_doc(self, i: int) -> "TransformerBatch":
        windows = slice(*np.searchsorted(self.window_docs, [i, i + 1]))
        rows = _slice(self.n_rows, windows)
        tokens = _slice(self.n_tokens, slice(i, i + 1))
        lengths = as_array(self.alignment.lengths)
        aligned = _slice(lengths, tokens)
        data = rows_of(self.alignment)
        in_doc = (self.piece_rows >= rows.start) & (self.piece_rows < rows.stop)
        first_piece = int((self.piece_rows < rows.start).sum())
        row_pieces = self.row_pieces[rows]
        return TransformerBatch(
            layers=[layer[rows] for layer in self.layers],
            alignment=Ragged(
                as_thinc(data[aligned] - rows.start), as_thinc(lengths[tokens])
            ),
            n_tokens=self.n_tokens[i : i + 1],
            n_rows=self.n_rows[windows],
            window_docs=np.zeros_like(self.window_docs[windows]),
            ids=self.ids[rows],
            piece_rows=self.piece_rows[in_doc] - rows.start,
            row_pieces=np.where(row_pieces < 0, -1, row_pieces - first_piece),
            class_rows=self.class_rows[windows] - rows.start,
            pooled=None if self.pooled is None else self.pooled[windows],
            attentions=self.attentions[windows],
        )


def _slice(lengths: Array, which: slice) -> slice:
    """Return where sequences stand in an array that holds one after another."""
    start = int(lengths[: which.start].sum())
    return slice(start, start + int(lengths[which].sum()))


class LayerGradients:
    """The gradient of a TransformerBatch: of those of its layers that have one.

    Args:
        arrays: By the place of the layer among `TransformerBatch.layers`; -1 is not
            one.
    """

    def __init__(self, arrays: Mapping[int, Array]) -> None:
        self.arrays = dict(arrays)

    def __add__(self, other: "LayerGradients") -> "LayerGradients":
        both = self.arrays.keys() & other.arrays.keys()
        sums = {i: self.arrays[i] + other.arrays[i] for i in both}
        return LayerGradients({**self.arrays, **other.arrays, **sums})

    def __mul__(self, factor: float) -> "LayerGradients":
        return LayerGradients({i: a * factor for i, a in self.arrays.items()})


def layer_gradients(batch: TransformerBatch, last: Array) -> LayerGradients:
    """Build the gradient of a batch of which only the last layer has one."""
    return LayerGradients({len(batch.layers) - 1: last})


#: Gets the documents of a batch, and all that the transformer gave for them.
AnnotationSetter = Callable[[Sequence[Doc], TransformerBatch], None]
#: Where `trf_data` keeps a document's part, in `Doc.user_data`.
TRF_DATA = "trf_data"


@registry.annotation_setters("zoo.null_annotation_setter.v1")
def null_annotation_setter() -> AnnotationSetter:
    """Write nothing, so that the vectors are let go when the batch is done."""

    def set_nothing(docs: Sequence[Doc], batch: TransformerBatch) -> None:
        pass

    return set_nothing


@registry.annotation_setters("zoo.trf_data.v1")
def trf_data() -> AnnotationSetter:
    """Store each document's part of the output as ``doc.user_data["trf_data"]``.

    It is a TransformerBatch of one document, and stays in memory with that.
    """

    def set_trf_data(docs: Sequence[Doc], batch: TransformerBatch) -> None:
        for doc, data in zip(docs, batch.doc_data, strict=True):
            doc.user_data[TRF_DATA] = data

    return set_trf_data
