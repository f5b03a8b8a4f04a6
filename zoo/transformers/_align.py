"""Align the pieces of a transformer with the tokens of a document."""

import unicodedata
from dataclasses import dataclass

import numpy as np
from thinc.types import Ragged

from .._arrays import as_thinc
from .._types import Array
from ._tokenize import Pieces, Texts


def ranges(starts: Array, lengths: Array) -> Array:
    """Join ``range(start, start + length)`` of each pair."""
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    joined: Array = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return joined


def gather(data: Array, lengths: Array, which: Array) -> Array:
    """Join the chosen sequences of an array that holds all of them, one by one."""
    starts = np.cumsum(lengths) - lengths
    return data[ranges(starts[which], lengths[which])]


#: Whitespace characters, as `str.isspace` knows them, up to the last one, U+3000.
_IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])


@dataclass(frozen=True)
class Coverage:
    """Counts of what the pieces of a batch leave uncovered; all should be 0.

    Attributes:
        bare_tokens: Tokens that are not whitespace and have no piece.
        bare_chars: Characters that are not whitespace and belong to no piece.
        disordered: Pieces that stand in the text before the one they follow.
    """

    bare_tokens: int = 0
    bare_chars: int = 0
    disordered: int = 0


def align(
    texts: Texts, pieces: Pieces, *, joins_spans: bool = False
) -> tuple[Ragged, Coverage]:
    """Find the pieces of each token of a batch.

    A piece belongs to each token that it shares a character with: to none if it is
    whitespace between tokens, to several if the tokenizer does not part them. A token
    that stands in several spans has the pieces of the one in which it is farthest
    from where the span cuts the text.

    Args:
        joins_spans: Whether a token that stands in several spans has its pieces in all
            of them, and a piece of the space behind a token belongs to it, as in
            spacy-transformers.

    Returns:
        A Ragged of numbers of pieces, with a length per token, and counts of what was
        found wrong.

    Raises:
        ValueError: No piece has a place in the text.
    """
    if len(pieces.ids) and not (pieces.ends > pieces.starts).any():
        raise ValueError(
            "TransformerWrapper: the tokenizer must say where in the text each piece "
            "stands, got only empty offsets. Use a fast tokenizer that keeps them."
        )
    ends = texts.reaches if joins_spans else texts.ends
    places, owners = _meet(texts.starts, ends, pieces)
    lengths = np.bincount(places, minlength=len(texts.tokens))
    order = np.argsort(places, kind="stable")
    chosen = (
        np.argsort(texts.tokens, kind="stable")
        if joins_spans
        else _choose_places(texts)
    )
    n_tokens = int(texts.n_tokens.sum())
    data: Array = gather(owners[order], lengths, chosen)
    per_token: Array = np.zeros(n_tokens, dtype="i4")
    np.add.at(per_token, texts.tokens[chosen], lengths[chosen])
    found = Ragged(as_thinc(data), as_thinc(per_token))
    return found, _check(texts, pieces, lengths)


def _meet(starts: Array, ends: Array, pieces: Pieces) -> tuple[Array, Array]:
    """Return all pairs of a token's place and a piece that share a character."""
    filled = np.flatnonzero(ends > starts)
    first = np.searchsorted(ends[filled], pieces.starts, side="right")
    last = np.searchsorted(starts[filled], pieces.ends, side="left")
    counts = np.maximum(last - first, 0)
    counts[pieces.ends <= pieces.starts] = 0
    places = filled[ranges(first, counts)]
    return places, np.repeat(np.arange(len(counts)), counts)


def _choose_places(texts: Texts) -> Array:
    """Choose one span for each token that several spans hold, in order."""
    order = np.lexsort((-texts.edge, texts.tokens))
    tokens = texts.tokens[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = tokens[1:] != tokens[:-1]
    return order[is_first]


def _is_composed(codes: Array, is_bare: Array, starts: Array) -> Array:
    """Find the characters of which a piece covers the letter or a mark upon it.

    Tokenizers that compose a letter and its marks to one character (NFC, NFKC) count
    only one of them as the place of the piece. A mark that begins a token is none of
    the letter before.
    """
    kinds, inverse = np.unique(codes, return_inverse=True)
    marks = np.array([_is_mark(chr(code)) for code in kinds.tolist()], dtype=bool)
    is_first = ~marks[inverse]
    is_first[starts[starts < len(codes)]] = True
    clusters = np.cumsum(is_first)
    n_covered = np.bincount(clusters, weights=~is_bare)
    composed: Array = n_covered[clusters] > 0
    return composed


def _is_mark(char: str) -> bool:
    """Check whether a character is written upon the one before: accents, jamo."""
    is_jamo = "\u1160" <= char <= "\u11ff"  # Vowels and final consonants of Hangul.
    return is_jamo or unicodedata.category(char).startswith("M")


def _check(texts: Texts, pieces: Pieces, lengths: Array) -> Coverage:
    joined = "".join(texts.texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    is_space = _IS_SPACE[np.minimum(codes, len(_IS_SPACE) - 1)]
    size = len(codes) + 1
    steps = np.bincount(pieces.starts, minlength=size)
    steps = steps - np.bincount(pieces.ends, minlength=size)
    is_bare = (np.cumsum(steps[:-1]) == 0) & ~is_space
    if is_bare.any():
        is_bare &= ~_is_composed(codes, is_bare, texts.starts)
    n_visible = np.concatenate(([0], np.cumsum(~is_space)))
    is_visible = n_visible[texts.ends] > n_visible[texts.starts]
    goes_back = (np.diff(pieces.starts) < 0) | (np.diff(pieces.ends) < 0)
    return Coverage(
        bare_tokens=int((is_visible & (lengths == 0)).sum()),
        bare_chars=int(is_bare.sum()),
        disordered=int(goes_back.sum()),
    )
