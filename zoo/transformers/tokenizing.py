"""Cut texts into pieces, by a tokenizer of the package `tokenizers`."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from ..types import Array
from .texts import Texts


@dataclass
class Pieces:
    """The pieces of all texts of a batch, one text after another."""

    ids: Array  # (n_pieces,)
    starts: Array  # (n_pieces,): the first character, as Texts numbers them,
    ends: Array  # (n_pieces,): and the one after the last.
    n_pieces: Array  # (n_spans,)


@dataclass(frozen=True)
class SpecialPieces:
    """What a tokenizer adds to each text: ids and types, before and behind it."""

    before: tuple[int, ...]
    behind: tuple[int, ...]
    types_before: tuple[int, ...]
    types_behind: tuple[int, ...]
    type_of_text: int

    def __len__(self) -> int:
        return len(self.before) + len(self.behind)

    @property
    def class_row(self) -> int | None:
        """Where in a window the class token stands: first, or from the end, -1."""
        return 0 if self.before else -1 if self.behind else None


def own_copy(tokenizer: Any) -> Any:
    """Copy a tokenizer without the truncation and padding that it may be set to."""
    copied = type(tokenizer).from_str(tokenizer.to_str())
    copied.no_truncation()
    copied.no_padding()
    return copied


def find_special_pieces(tokenizer: Any) -> SpecialPieces:
    """Find out what a tokenizer adds to a text, by an example."""
    encoding = tokenizer.encode("a", add_special_tokens=True)
    marks = encoding.special_tokens_mask
    # What stands for the text is marked too where all of it is an unknown piece.
    n_text = len(tokenizer.encode("a", add_special_tokens=False).ids)
    n_before = marks.index(0) if 0 in marks else (len(marks) - n_text) // 2
    n_behind = len(marks) - n_before - n_text
    ids, types = encoding.ids, encoding.type_ids
    end = len(ids) - n_behind
    return SpecialPieces(
        tuple(ids[:n_before]),
        tuple(ids[end:]),
        tuple(types[:n_before]),
        tuple(types[end:]),
        types[n_before] if n_text else 0,
    )


def read_pieces(tokenizer: Any, texts: Texts) -> Pieces:
    """Cut all texts into pieces, without special ones."""
    encodings = tokenizer.encode_batch(texts.texts, add_special_tokens=False)
    ids = [encoding.ids for encoding in encodings]
    n_pieces = np.fromiter(map(len, ids), "i8", len(ids))
    total = int(n_pieces.sum())
    offsets = chain.from_iterable(encoding.offsets for encoding in encodings)
    bounds = np.fromiter(chain.from_iterable(offsets), "i8", 2 * total)
    bounds = bounds.reshape(-1, 2) + np.repeat(texts.text_starts, n_pieces)[:, None]
    return Pieces(
        np.fromiter(chain.from_iterable(ids), "i8", total),
        bounds[:, 0],
        bounds[:, 1],
        n_pieces,
    )
