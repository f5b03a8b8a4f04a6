"""Cut tokens into pieces one by one, and documents into windows that overlap."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from .._types import Array, Docs
from ._align import ranges
from ._hugging_face import Transformer
from ._strides import Windows
from ._tokenize import SpecialPieces, words_and_spaces
from .spans import TokenPieces


@dataclass
class TokenWindows:
    """The windows of a batch of documents whose tokens were cut one by one."""

    windows: Windows
    n_tokens: Array  # (n_docs,)
    n_pieces: Array  # (n_tokens,): pieces of each token.
    twins: Array  # (n_rows,): the row of the same piece in another window, or itself.


def cut_token_pieces(
    transformer: Transformer, getter: TokenPieces, docs: Docs
) -> TokenWindows:
    """Cut the tokens of documents into pieces, and the documents into windows.

    A token of whitespace alone has no pieces, and a document without pieces has no
    window.
    """
    texts = [_texts(doc, getter.spaced) for doc in docs]
    ids_of = _encode_unique(transformer.tokenizer, texts, partial=getter.partial)
    per_token = [ids_of[text] for text in chain.from_iterable(texts)]
    n_pieces = np.fromiter(map(len, per_token), "i4", len(per_token))
    ids = np.fromiter(chain.from_iterable(per_token), "i8", int(n_pieces.sum()))
    n_tokens = np.array([len(text) for text in texts], dtype="i8")
    docs_of = np.repeat(np.arange(len(docs)), n_tokens)
    per_doc = np.bincount(docs_of, weights=n_pieces, minlength=len(docs)).astype("i8")
    special = transformer.special
    windows, twins = _cut(ids, per_doc, special, getter.window, getter.stride)
    return TokenWindows(windows, n_tokens, n_pieces, twins)


def _texts(doc: Any, spaced: bool) -> list[str]:
    """Return the text of each token to be cut; that of whitespace is empty."""
    words, spaces = words_and_spaces(doc)
    texts = ["" if word.isspace() else word for word in words]
    if not spaced:
        return texts
    before = [False, *(spaces or [True] * len(texts))]
    pairs = zip(texts, before, strict=False)
    return [f" {text}" if text and space else text for text, space in pairs]


def _encode_unique(
    tokenizer: Any, texts: list[list[str]], *, partial: bool
) -> dict[str, list[int]]:
    """Return the ids of the pieces of each different text."""
    unique = sorted({*chain.from_iterable(texts)} - {""})
    encodings = tokenizer.encode_batch(unique, add_special_tokens=False)
    pairs = zip(unique, encodings, strict=True)
    ids_of = {"": [], **{text: encoding.ids for text, encoding in pairs}}
    if partial:
        vocab, unknown = tokenizer.get_vocab(), tokenizer.model.unk_token
        for text, ids in ids_of.items():
            if vocab[unknown] in ids:
                ids_of[text] = _encode_partly(tokenizer, text, vocab, unknown)
    return ids_of


def _encode_partly(
    tokenizer: Any, text: str, vocab: dict[str, int], unknown: str
) -> list[int]:
    """Cut words into the longest pieces, up to what is unknown."""
    if tokenizer.normalizer is not None:
        text = tokenizer.normalizer.normalize_str(text)
    words = [text]
    if tokenizer.pre_tokenizer is not None:
        words = [w for w, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
    ids = []
    for word in words:
        at, prefix = 0, ""
        while at < len(word):
            ends = range(len(word), at, -1)
            end = next((e for e in ends if prefix + word[at:e] in vocab), None)
            if end is None:
                ids.append(vocab[unknown])
                break
            ids.append(vocab[prefix + word[at:end]])
            at, prefix = end, "##"
    return ids


def _cut(
    ids: Array, per_doc: Array, special: SpecialPieces, window: int, stride: int
) -> tuple[Windows, Array]:
    """Put special pieces around each document, and cut it into windows."""
    n_before, n_special = len(special.before), len(special)
    lengths = np.where(per_doc > 0, per_doc + n_special, 0)
    starts = np.cumsum(lengths) - lengths
    text_at = ranges(starts + n_before, per_doc)
    all_ids = np.zeros(int(lengths.sum()), dtype="i8")
    types = np.full(len(all_ids), special.type_of_text, dtype="i8")
    piece_of = np.full(len(all_ids), -1)
    all_ids[text_at] = ids
    piece_of[text_at] = np.arange(len(ids))
    filled = np.flatnonzero(lengths)
    for i in range(n_before):
        all_ids[starts[filled] + i] = special.before[i]
        types[starts[filled] + i] = special.types_before[i]
    for i in range(-len(special.behind), 0):
        all_ids[(starts + lengths)[filled] + i] = special.behind[i]
        types[(starts + lengths)[filled] + i] = special.types_behind[i]
    # A window begins every `stride` pieces, so that a piece stands in the window that
    # began last before it, and perhaps in the one before that.
    counts = -(-lengths // stride)
    owners = np.repeat(np.arange(len(lengths)), counts)
    at = stride * ranges(np.zeros_like(counts), counts)
    n_rows = np.minimum(window, lengths[owners] - at)
    row_starts = np.cumsum(n_rows) - n_rows
    read = ranges(starts[owners] + at, n_rows)
    in_doc = ranges(np.zeros_like(lengths), lengths)
    doc_of = np.repeat(np.arange(len(lengths)), lengths)
    last = (np.cumsum(counts) - counts)[doc_of] + in_doc // stride
    row_of = row_starts[last] + in_doc % stride
    is_double = (in_doc >= stride) & (in_doc % stride + stride < window)
    other = row_of.copy()
    other[is_double] = (
        row_starts[last[is_double] - 1] + (in_doc % stride)[is_double] + stride
    )
    twins = np.arange(len(read))
    twins[row_of], twins[other] = other, row_of
    windows = Windows(
        ids=all_ids[read],
        types=types[read],
        lengths=n_rows,
        spans=owners,
        row_of=row_of[text_at],
        piece_of=piece_of[read],
        class_rows=row_starts[:0],
    )
    return windows, twins
