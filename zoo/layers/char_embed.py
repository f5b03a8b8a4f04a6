"""Embed words by their first and last bytes."""

from collections.abc import Callable, Sequence

import numpy as np
from thinc.api import Model
from thinc.types import Ragged

from .._arrays import grad_of, on_device, param_of, rows_of
from .._check_numbers import check_sizes
from .._registry import layer
from .._types import Array, Docs
from ._unique_words import DistinctWords
from .scatter import scatter_add

#: Stands for a byte that a word does not have. UTF-8 never contains it.
PADDING = 255


@layer("zoo.CharEmbed.v1")
def CharEmbed(nM: int = 64, nC: int = 8) -> Model[Docs, Ragged]:
    """Embed the first and last bytes of each word, and concatenate their vectors.

    Takes nC bytes of the word's UTF-8: the first, the last, the second, the second
    last, and so on, each once. A shorter word is padded, and the padding is embedded
    too, so that the last byte is always at the same position. With nC = 4, "jumping"
    becomes j, g, u and n. Computed once per unique word of the batch.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Ragged of Floats2d, (n_tokens, nC * nM).
    Parameters:
        E, (nC, 256, nM): a table for each position. As in spaCy, it starts as zeros.
        All words with a byte in common train its row. (In spaCy, only the last of
        those in one document does.)

    Args:
        nM: Width of the vector of a byte.
        nC: Number of bytes to take of each word.

    Raises:
        ValueError: nM or nC is below 1.
    """
    check_sizes("CharEmbed", 1, nM=nM, nC=nC)
    return Model(
        "char_embed",
        forward,
        init=init,
        dims={"nO": nM * nC, "nM": nM, "nC": nC, "nV": 256},
        params={"E": None},
    )


def forward(
    model: Model[Docs, Ragged], docs: Docs, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    words = DistinctWords(model.ops, docs, ["ORTH"])
    rows, backprop_rows = embed_bytes(model, words.strings)

    def backprop(dY: Ragged) -> Docs:
        if len(words):  # An empty list has lost its width.
            backprop_rows(words.gather(rows_of(dY)))
        return []

    return words.spread(rows), backprop


def embed_bytes(
    model: Model[Docs, Ragged], words: Sequence[str]
) -> tuple[Array, Callable[[Array], None]]:
    """Embed the bytes of each word, (n_words, nC * nM)."""
    ops = model.ops
    E = param_of(model, "E")
    nC, nV, nM = E.shape
    # The tables of all positions as one, and the row of each byte in it.
    rows = pick_bytes(words, nC) + nV * np.arange(nC, dtype="int32")
    index = on_device(ops, rows.ravel())
    Y = E.reshape(-1, nM)[index].reshape(len(words), nC * nM)

    def backprop(dY: Array) -> None:
        if not model.has_grad("E"):
            model.set_grad("E", ops.xp.zeros_like(E))
        dE = grad_of(model, "E")
        d_bytes = ops.xp.ascontiguousarray(dY).reshape(-1, nM)
        scatter_add(ops, dE.reshape(-1, nM), index, d_bytes)

    return Y, backprop


def take_bytes(E: Array, words: Sequence[str]) -> Array:
    """Return the vectors of the bytes of each word, (n_words, nC * nM), on the host."""
    nC, nV, nM = E.shape
    rows = pick_bytes(words, nC) + nV * np.arange(nC, dtype="int32")
    vectors: Array = E.reshape(-1, nM)[rows].reshape(len(words), nC * nM)
    return vectors


def pick_bytes(words: Sequence[str], n_bytes: int) -> Array:
    """Return bytes of each word, from both ends in turn, (n_words, n_bytes) int32."""
    encoded = [word.encode("utf8", "surrogatepass") for word in words]
    text = np.frombuffer(b"".join(encoded) + bytes(1), np.uint8)
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))[:, None]
    ends = np.cumsum(lengths, dtype=np.int64).reshape(-1, 1)
    positions = np.arange(n_bytes)
    at = np.where(
        positions % 2 == 0, ends - lengths + positions // 2, ends - 1 - positions // 2
    )
    exists = positions < lengths
    return np.where(exists, text[np.where(exists, at, 0)], PADDING).astype("int32")


def init(
    model: Model[Docs, Ragged], X: Docs | None = None, Y: Ragged | None = None
) -> None:
    nC, nV, nM = (model.get_dim(name) for name in ("nC", "nV", "nM"))
    model.set_param("E", model.ops.alloc3f(nC, nV, nM))
