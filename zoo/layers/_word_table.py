"""Keep the vectors of words across batches, in bounded memory."""

import math
import mmap
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from thinc.api import NumpyOps
from thinc.types import Ints1d

from .._fork_lock import ForkLock
from .._kernel_choice import kernels_name
from .._lexical.token_forms import word_of
from .._types import Array
from ..threads import map_chunks, threads
from ._ragged import SizedRagged

#: Bytes of the vectors that one embedding keeps.
MAX_BYTES = 3 * 2**20
#: Characters of the longest word that is kept.
MAX_LENGTH = 128

#: Words for which waking another thread takes longer than it saves.
FEW_WORDS = 64

#: Computes the vectors of forms, (n_forms, width).
Compute = Callable[[Sequence[Hashable]], Array]


class WordTable:
    """The vectors of all words so far, until they are too many.

    Rows are only added: the row of a word never changes. Row 0 is zeros, the vector of
    padding.

    Args:
        width: Numbers of a vector.
        max_words: Words that it has room for.
        is_kept: Whether it serves more than one batch.

    Attributes:
        rows: The vectors, (max_words + 1, width). The memory is not in use before it
            is written to.
        size: Rows that are in use.
    """

    def __init__(self, width: int, max_words: int, is_kept: bool) -> None:
        self.adding = ForkLock()
        self.is_kept = is_kept
        self.rows = _reserve(max_words + 1, width)
        self.rows[0] = 0
        self.size = 1
        self._places: dict[Hashable, int] = {}

    def find(self, forms: Sequence[Hashable]) -> Array | None:
        """Return the row of each form, (n_forms,); None if one is missing."""
        try:
            places = map(self._places.__getitem__, forms)
            return np.fromiter(places, np.intp, len(forms))
        except KeyError:
            return None

    def add(self, forms: Sequence[Hashable], compute: Compute) -> bool:
        """Add the forms that are missing.

        Returns:
            Whether all forms have a place. If not, there is no room, or a word is too
            long to be kept.
        """
        with self.adding:
            missing = [form for form in forms if form not in self._places]
            missing = list(dict.fromkeys(missing))
            end = self.size + len(missing)
            if end > len(self.rows) or (self.is_kept and any(map(_is_long, missing))):
                return False
            if missing:
                self.rows[self.size : end] = compute(missing)
                places = range(self.size, end)
                # Only now can others find them, and what is found is counted.
                self.size = end
                self._places.update(zip(missing, places, strict=True))
            return True


class KnownRagged(SizedRagged):
    """A Ragged of rows of a `WordTable`.

    Args:
        table: The table.
        index: The row of each token, (n_tokens,).
        lengths, sizes: Tokens of each document, (n_docs,), the latter on the host.
    """

    def __init__(
        self, table: WordTable, index: Array, lengths: Ints1d, sizes: list[int]
    ) -> None:
        self.data_shape = -1, table.rows.shape[1]
        self.lengths = lengths
        self.sizes = sizes
        self.table = table
        self.index = index

    @cached_property
    def data(self) -> Any:  # type: ignore[override]
        """The rows themselves, of which an encoder with kernels has no need."""
        return self.table.rows.take(self.index, axis=0)


def _reserve(*shape: int) -> Array:
    """Return an array whose pages are in memory once something is written to them.

    On Linux, numpy (2.4) asks for pages of 2 MB for what `numpy.empty` returns if that
    is larger than 4 MB, so that a few rows bring all of it into memory.
    """
    n_values = math.prod(shape)
    memory = mmap.mmap(-1, max(4 * n_values, 1), access=mmap.ACCESS_COPY)
    reserved: Array = np.frombuffer(memory, "f", n_values).reshape(shape)
    return reserved


def max_words(width: int) -> int:
    """Return for how many words of a width there is room."""
    return max(MAX_BYTES // (4 * width), 1)


def look_up_forms(
    table: WordTable,
    docs: Sequence[Sequence[Hashable]],
    compute: Compute,
    replace: Callable[[WordTable], None],
) -> tuple[WordTable, Array]:
    """Return the row of each token, after adding the words that are missing.

    Args:
        table: Where to look and to add first.
        docs: The forms of each document's tokens.
        compute: Computes the vectors of those that are missing.
        replace: Called with the table that takes the place of a full one.

    Returns:
        The table that the rows belong to, and the rows, (n_tokens,). If a word is too
        long to be kept, or the batch alone has more words than there is room for, the
        table is one for this batch only.
    """
    forms = docs[0] if len(docs) == 1 else list(chain.from_iterable(docs))
    index = table.find(forms)
    if index is not None:
        return table, index
    if not table.add(forms, compute):
        unique, (n_rows, width) = dict.fromkeys(forms), table.rows.shape
        if len(unique) < n_rows and not any(map(_is_long, unique)):
            table = WordTable(width, n_rows - 1, table.is_kept)
            table.add(forms, compute)
            replace(table)
        else:
            table = WordTable(width, len(unique), is_kept=False)
            table.add(forms, compute)
    index = table.find(forms)
    assert index is not None
    return table, index


def _is_long(form: Hashable) -> bool:
    word = word_of(form)
    return isinstance(word, str) and len(word) > MAX_LENGTH


#: Writes the terms of vectors to an array.
FillTerms = Callable[[Array, Array], None]


class Terms:
    """What the words of a table contribute to the maxout pieces of a first block.

    A maxout piece is a sum of terms, one for each position in the window. The term of a
    word at a position is computed once, however many tokens are that word.

    Args:
        table: The table of the words.
        shape: Of the terms of a word, (n_window, nP * nO).
        fill: Writes the terms of vectors, (n_vectors, width), to (n_vectors, *shape).

    Attributes:
        values: (max_words + 1, n_window, nP * nO). Those of padding are zeros.
        size: Rows that are known.
    """

    def __init__(
        self, table: WordTable, shape: tuple[int, int], fill: FillTerms
    ) -> None:
        self.adding = ForkLock()
        self.table = table
        self.values = _reserve(len(table.rows), *shape)
        self.values[0] = 0
        self.size = 1
        self._fill = fill

    def complete(self) -> None:
        """Compute the terms of all words that are in the table by now."""
        end = self.table.size
        if self.size >= end:
            return
        with self.adding:
            start = min(self.size, end)
            rows, values = self.table.rows[start:end], self.values[start:end]
            map_words(lambda part: self._fill(rows[part], values[part]), end - start)
            self.size = max(self.size, end)


def map_words(function: Callable[[slice], None], n_words: int) -> None:
    """Apply a function to chunks of words on the host, in several threads if many."""
    if n_words > FEW_WORDS:
        map_chunks(NUMPY, function, n_words)
    elif kernels_name() == "numba":  # Nothing calls BLAS.
        function(slice(n_words))
    else:
        with threads.one_blas_thread():
            function(slice(n_words))


#: Everything in this file is on the host.
NUMPY = NumpyOps()
