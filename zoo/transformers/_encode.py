"""Turn documents into the windows that a transformer reads, aligned with tokens."""

from dataclasses import dataclass

import numpy as np
from thinc.types import Ragged

from .._arrays import as_array, as_thinc, rows_of
from .._types import Array, Docs
from ._align import Coverage, align
from ._hugging_face import Transformer
from ._strides import Windows, cut_windows
from ._token_pieces import cut_token_pieces
from ._tokenize import read_pieces, read_texts
from .spans import SpanGetter, StridedSpans, TokenPieces, TokenSpans

#: By what share windows overlap where a span is longer than the transformer can read.
OVERLAP = 0.25


@dataclass
class Encoded:
    """The windows that a transformer reads, and the rows of each token."""

    windows: Windows
    window_docs: Array  # (n_windows,)
    n_tokens: Array  # (n_docs,)
    alignment: Ragged  # Of rows, (n_alignments,), with a length per token.
    coverage: Coverage
    cut_spans: int
    cut_tokens: int
    twins: Array | None = None  # (n_rows,): the row that each is averaged with.


def encode(transformer: Transformer, get_spans: SpanGetter, docs: Docs) -> Encoded:
    """Cut documents into pieces and these into windows, and align them with tokens."""
    if isinstance(get_spans, TokenPieces):
        return _encode_tokens(transformer, get_spans, docs)
    texts = read_texts(docs, get_spans)
    pieces = read_pieces(transformer.tokenizer, texts)
    joins = isinstance(get_spans, TokenSpans)
    alignment, coverage = align(texts, pieces, joins_spans=joins)
    window, stride = find_window(transformer, get_spans)
    windows = cut_windows(pieces, transformer.special, window, stride)
    lengths = as_array(alignment.lengths)
    wants_whole = not isinstance(get_spans, StridedSpans)
    rows = windows.row_of[rows_of(alignment)].astype("i4")
    return Encoded(
        windows,
        texts.span_docs[windows.spans],
        texts.n_tokens,
        Ragged(as_thinc(rows), as_thinc(lengths)),
        coverage,
        cut_spans=int((pieces.n_pieces > window).sum()) if wants_whole else 0,
        cut_tokens=int((lengths > window).sum()),
    )


def _encode_tokens(
    transformer: Transformer, getter: TokenPieces, docs: Docs
) -> Encoded:
    """Cut each token into pieces by itself, and documents into windows."""
    cut = cut_token_pieces(transformer, getter, docs)
    return Encoded(
        cut.windows,
        cut.windows.spans,
        cut.n_tokens,
        Ragged(as_thinc(cut.windows.row_of.astype("i4")), as_thinc(cut.n_pieces)),
        Coverage(),
        cut_spans=0,
        cut_tokens=0,
        twins=cut.twins,
    )


def find_window(transformer: Transformer, get_spans: SpanGetter) -> tuple[int, int]:
    """Return the length of a window and its stride, in pieces.

    Raises:
        ValueError: The windows are longer than the transformer can read.
    """
    most = transformer.max_pieces
    if isinstance(get_spans, TokenPieces):
        longest = transformer.max_length
        if longest is not None and get_spans.window > longest:
            raise ValueError(
                f"token_pieces: window must be at most {longest}, the pieces that the "
                f"transformer reads at once, got {get_spans.window}."
            )
        return get_spans.window, get_spans.stride
    if isinstance(get_spans, StridedSpans):
        if most is not None and get_spans.window > most:
            raise ValueError(
                f"strided_spans: window must be at most {most}, as the transformer "
                f"reads {transformer.max_length} pieces at once, with "
                f"{len(transformer.special)} special ones, got {get_spans.window}."
            )
        return get_spans.window, get_spans.stride
    window = np.iinfo("i4").max if most is None else most
    return window, max(1, int(window * (1 - OVERLAP)))
