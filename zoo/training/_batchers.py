"""Group documents into batches, by their number, their words or their padded size."""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, repeat
from typing import Any, TypeVar

from .._check_numbers import Range, check_numbers, check_sizes
from .._registry import registry
from .._schedules import repeat_last

T = TypeVar("T")
#: A size for all batches, or one after another, such as a schedule of Thinc.
Size = int | float | Iterable[float]
#: A function from documents to lists of them.
Batcher = Callable[[Iterable[Any]], Iterator[list[Any]]]
#: Groups documents by sizes that it draws as it needs them.
Group = Callable[[Iterable[Any], Iterator[float]], Iterator[list[Any]]]
#: Returns the number of words of a document.
GetLength = Callable[[Any], int]


class SizedBatcher:
    """Group documents by sizes that may follow a schedule, and count the sizes drawn.

    The constructors of this module return one. Other functions are batchers too; this
    one can go on in the middle of its schedule, in a run that is resumed.
    """

    def __init__(self, name: str, size: Size, group: Group) -> None:
        self.n_sizes = 0  # Drawn so far.
        self._sizes = _read_sizes(name, size)
        self._group = group

    def __call__(self, docs: Iterable[T]) -> Iterator[list[T]]:
        return self._group(docs, self._draw())

    def skip_to(self, n_sizes: int) -> None:
        """Draw sizes until `n_sizes` have been drawn.

        Raises:
            ValueError: More than these have been drawn already.
        """
        if self.n_sizes > n_sizes and not isinstance(self._sizes, repeat):
            raise ValueError(
                f"batcher: it has drawn {self.n_sizes} sizes of its schedule already, "
                f"those are needed after {n_sizes}. Make it anew."
            )
        for _ in range(self.n_sizes, n_sizes):
            next(self._draw())

    def _draw(self) -> Iterator[float]:
        for size in self._sizes:
            self.n_sizes += 1
            yield size


@registry.batchers("zoo.batch_by_words.v1")
def batch_by_words(
    size: Size,
    *,
    tolerance: float = 0.2,
    discard_oversize: bool = False,
    get_length: GetLength | None = None,
) -> SizedBatcher:
    """Make batches of up to about `size` words.

    A batch takes documents while they fit. The first that does not fit opens the
    next batch, which takes all that follow while the two together stay within
    ``size + size * tolerance``; then the first is complete. At the end of the
    documents the two are one. No batch is empty.

    Args:
        size: Words in a batch. Of a schedule, each batch takes the next value, also
            when the batcher is called again; the last value stays.
        tolerance: By what fraction of `size` two batches may exceed it, 0 or more.
        discard_oversize: Whether to drop a document that alone is longer than that.
            If not, it is a batch of its own, yielded at once.
        get_length: Returns the number of words of a document. None: its `len`.

    Raises:
        ValueError: `size` or `tolerance` is out of range.

    Source:
        spaCy's ``spacy.batch_by_words.v1``, which makes the same batches.
    """
    check_numbers("batch_by_words", Range(0), tolerance=tolerance)

    def group(docs: Iterable[T], sizes: Iterator[float]) -> Iterator[list[T]]:
        length = get_length or len
        return _by_words(docs, sizes, tolerance, discard_oversize, length)

    return SizedBatcher("batch_by_words", size, group)


@registry.batchers("zoo.batch_by_sequence.v1")
def batch_by_sequence(
    size: Size, *, get_length: GetLength | None = None
) -> SizedBatcher:
    """Make batches of `size` documents, the last one of what is left.

    Args:
        size: Documents in a batch, at least 1, rounded down. Of a schedule, each
            batch takes the next value, also when the batcher is called again; the
            last value stays.
        get_length: Has no effect; every batcher takes it.

    Raises:
        ValueError: `size` is out of range.
    """

    def group(docs: Iterable[T], sizes: Iterator[float]) -> Iterator[list[T]]:
        rest = iter(docs)
        while batch := list(islice(rest, _whole(next(sizes)))):
            yield batch

    return SizedBatcher("batch_by_sequence", size, group)


@registry.batchers("zoo.batch_by_padded.v1")
def batch_by_padded(
    size: Size,
    *,
    buffer: int = 256,
    discard_oversize: bool = False,
    get_length: GetLength | None = None,
) -> SizedBatcher:
    """Make batches of documents of similar length, of up to `size` padded words.

    The padded size of a batch is the length of its longest document times the number
    of documents. Of every `buffer` documents, the shortest go together, then the next
    ones, while their batch stays within `size`. The longest come out first.

    Args:
        size: Padded words in a batch. Of a schedule, each buffer takes the next
            value, also when the batcher is called again; the last value stays.
        buffer: How many documents are sorted at a time, at least 1.
        discard_oversize: Whether to drop a batch that reaches `size`: a document too
            long for it, but, as in spaCy, also documents that fill it to the word. If
            not, a document that is too long is a batch of its own.
        get_length: Returns the number of words of a document. None: its `len`.

    Raises:
        ValueError: `size` or `buffer` is out of range.

    Source:
        spaCy's ``spacy.batch_by_padded.v1``, which makes the same batches, but
        takes `len` and not `get_length` where it drops them.
    """
    check_sizes("batch_by_padded", 1, buffer=buffer)

    def group(docs: Iterable[T], sizes: Iterator[float]) -> Iterator[list[T]]:
        rest = iter(docs)
        while window := list(islice(rest, _whole(buffer))):
            length = get_length or len
            yield from _by_padded(window, next(sizes), discard_oversize, length)

    return SizedBatcher("batch_by_padded", size, group)


def _by_words(
    docs: Iterable[T],
    sizes: Iterator[float],
    tolerance: float,
    discard_oversize: bool,
    length: Callable[[Any], int],
) -> Iterator[list[T]]:
    size = next(sizes)
    batch: list[T] = []
    after: list[T] = []  # The batch that follows, while it is filled.
    n_batch = n_after = 0
    for doc in docs:
        n_words = length(doc)
        if n_words > size + size * tolerance:
            if not discard_oversize:
                yield [doc]
            continue
        for turn in range(3):
            # A size that has shrunk may still be too small in the third turn.
            if turn == 2 or (n_after == 0 and n_batch + n_words <= size):
                batch.append(doc)
                n_batch += n_words
                break
            if n_batch + n_after + n_words <= size + size * tolerance:
                after.append(doc)
                n_after += n_words
                break
            if batch:
                yield batch
            size = next(sizes)
            batch, n_batch, after, n_after = after, n_after, [], 0
    if batch or after:
        yield batch + after


def _by_padded(
    docs: list[T],
    size: float,
    discard_oversize: bool,
    length: Callable[[Any], int],
) -> Iterator[list[T]]:
    lengths = [length(doc) for doc in docs]
    batches: list[list[int]] = []
    for i in sorted(range(len(docs)), key=lengths.__getitem__):
        if batches and lengths[i] * (len(batches[-1]) + 1) <= size:
            batches[-1].append(i)
        else:
            batches.append([i])
    for batch in reversed(batches):
        padded = lengths[batch[-1]] * len(batch)
        if not discard_oversize or padded < size:
            yield [docs[i] for i in sorted(batch)]


def _whole(size: float) -> int:
    """Return a size as the whole number of at least 1 that `islice` can take."""
    return max(1, int(min(size, sys.maxsize)))


def _read_sizes(name: str, size: Size) -> Iterator[float]:
    if not isinstance(size, int | float):
        return repeat_last(size, f"{name}: size")
    check_numbers(name, Range(1), size=size)
    return repeat(min(size, sys.float_info.max))
