"""Cut pieces into windows that a transformer can read, and batch the windows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._types import Array
from ._align import ranges
from ._tokenize import Pieces, SpecialPieces


@dataclass
class Windows:
    """The rows that a transformer reads: pieces and special ones, window by window.

    A piece that stands in two windows that overlap has a row in both.
    """

    ids: Array  # (n_rows,): of pieces.
    types: Array  # (n_rows,): of segments, as the tokenizer numbers them.
    lengths: Array  # (n_windows,): rows in each window.
    spans: Array  # (n_windows,): the span that each window is of.
    row_of: Array  # (n_pieces,): the row that stands for each piece.
    piece_of: Array  # (n_rows,): the piece in each row; -1 for a special one.
    class_rows: Array  # (n_windows,): the row of each class token; none without one.

    @property
    def starts(self) -> Array:
        """Return the first row of each window."""
        return np.cumsum(self.lengths) - self.lengths


def cut_windows(
    pieces: Pieces, special: SpecialPieces, window: int, stride: int
) -> Windows:
    """Cut each span that is longer than a window into several.

    They begin every `stride` pieces; the last one may be shorter. Of the windows that
    a piece stands in, the one whose middle it is nearest to gives its vector, the
    earlier of two alike.

    Args:
        window: Pieces in a window at most, beside special ones.
        stride: Pieces from the start of one window to that of the next, 1 to window.
    """
    n = pieces.n_pieces
    counts = np.where(n > 0, 1 + np.maximum(0, -(-(n - window) // stride)), 0)
    spans = np.repeat(np.arange(len(n)), counts)
    at = stride * ranges(
        np.zeros_like(counts), counts
    )  # Where in its span each begins.
    n_texts = np.minimum(window, n[spans] - at)
    lengths = n_texts + len(special)
    starts = np.cumsum(lengths) - lengths
    n_before = len(special.before)
    text_rows = ranges(starts + n_before, n_texts)
    read = ranges((np.cumsum(n) - n)[spans] + at, n_texts)
    ids = np.zeros(int(lengths.sum()), dtype="i8")
    types = np.full(len(ids), special.type_of_text, dtype="i8")
    ids[text_rows] = pieces.ids[read]
    piece_of = np.full(len(ids), -1)
    piece_of[text_rows] = read
    ends = starts + lengths
    for i in range(n_before):
        ids[starts + i] = special.before[i]
        types[starts + i] = special.types_before[i]
    for i in range(-len(special.behind), 0):
        ids[ends + i] = special.behind[i]
        types[ends + i] = special.types_behind[i]
    in_span = ranges(np.zeros_like(n), n)
    span_of = np.repeat(np.arange(len(n)), n)
    nearest = -(-(2 * in_span - window + 1 - stride) // (2 * stride))
    nearest = np.clip(nearest, 0, counts[span_of] - 1)
    owner = (np.cumsum(counts) - counts)[span_of] + nearest
    row_of = starts[owner] + n_before + in_span - at[owner]
    class_rows = _class_rows(special, starts, ends)
    return Windows(ids, types, lengths, spans, row_of, piece_of, class_rows)


def _class_rows(special: SpecialPieces, starts: Array, ends: Array) -> Array:
    if special.class_row is None:
        return starts[:0]
    return starts if special.class_row == 0 else ends - 1


@dataclass
class PaddedBatch:
    """Windows as a matrix, padded to the length of the longest."""

    windows: Array  # (n,): their numbers, the longest first.
    ids: Array  # (n, width)
    types: Array  # (n, width)
    mask: Array  # (n, width): True where there is a row, False where it is filled up.
    rows: Array  # (n_rows,): what row stands at each place of the mask that is True.


def pad_batches(
    windows: Windows,
    pad_id: int,
    max_batch_items: int,
    batching: str = "padded",
    enough_items: int | None = None,
) -> Iterator[PaddedBatch]:
    """Batch windows of similar lengths, the longest first.

    Args:
        max_batch_items: Positions in a matrix at most, unless one window has more.
        batching: "padded", "equal" for windows of one length, or "single".
        enough_items: Positions from which on a matrix takes no window that would be
            padding by more than an eighth. If None, it takes windows of any length.
    """
    order = np.argsort(-windows.lengths, kind="stable")
    starts = windows.starts
    i = 0
    while i < len(order):
        width = int(windows.lengths[order[i]])
        most = 1 if batching == "single" else max(1, max_batch_items // width)
        chosen = order[i : i + most]
        lengths = windows.lengths[chosen]
        if batching == "equal":
            n_chosen = int((lengths == width).sum())
        elif enough_items is not None:
            n_near = int((8 * lengths >= 7 * width).sum())
            n_chosen = max(n_near, enough_items // width)
        else:
            n_chosen = most
        chosen, lengths = chosen[:n_chosen], lengths[:n_chosen]
        rows = ranges(starts[chosen], lengths)
        mask = np.arange(width) < lengths[:, None]
        ids = np.full(mask.shape, pad_id, dtype="i8")
        types = np.zeros(mask.shape, dtype="i8")
        ids[mask], types[mask] = windows.ids[rows], windows.types[rows]
        yield PaddedBatch(chosen, ids, types, mask, rows)
        i += len(chosen)
