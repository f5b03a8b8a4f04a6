"""Cache the keys of words, in bounded memory."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .._fork_lock import ForkLock

Keys = NDArray[np.uint64]


class KeyCache:
    """A cache of the keys of words, up to a number of words.

    When it is full, the older half is dropped, so that an endless stream of words needs
    constant memory. Its contents change no result, only the time. Threads may share a
    cache: readers take no lock, and if two threads add words at once, one of them does
    not.

    Args:
        compute: Computes the keys of words, (n_words, width) uint64.
        width: Keys per word.
        max_words: Words to keep. Each takes about 200 bytes, at most 800.
        max_length: Characters of the longest word to keep. Longer words are computed
            each time, so that the memory is bounded in bytes too.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[str]], Keys],
        width: int,
        max_words: int = 2**17,
        max_length: int = 128,
    ) -> None:
        self.max_words = max_words
        self.max_length = max_length
        self._compute = compute
        self._width = width
        self._records: dict[str, bytes] = {}
        self._adding = ForkLock()

    def __len__(self) -> int:
        return len(self._records)

    def __call__(self, words: Collection[str]) -> Keys:
        """Return the keys of words, (n_words, width), read-only."""
        # Nothing is ever removed from this dict: dropping words builds a new one.
        records = self._records
        try:
            data = b"".join(map(records.__getitem__, words))
        except KeyError:
            data = b"".join(self._complete(words, list(map(records.get, words))))
        return np.frombuffer(data, np.uint64).reshape(-1, self._width)

    def _complete(
        self, words: Collection[str], known: list[bytes | None]
    ) -> Iterator[bytes]:
        missing = [w for w, r in zip(words, known, strict=True) if r is None]
        data = self._compute(missing).tobytes()
        size = 8 * self._width
        new = [data[at : at + size] for at in range(0, len(data), size)]
        pairs = zip(missing, new, strict=True)
        self._add({word: r for word, r in pairs if len(word) <= self.max_length})
        in_turn = iter(new)
        return (next(in_turn) if record is None else record for record in known)

    def _add(self, found: dict[str, bytes]) -> None:
        if not self._adding.acquire(blocking=False):
            return
        try:
            records = self._records
            if len(records) + len(found) > self.max_words:
                half = self.max_words // 2
                oldest = max(len(records) - half, 0)
                records = dict(islice(records.items(), oldest, None))
                found = dict(islice(found.items(), half))
            records.update(found)
            self._records = records
        finally:
            self._adding.release()
