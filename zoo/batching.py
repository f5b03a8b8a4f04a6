"""Group documents into batches, by their number, their words or their padded size."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, repeat
from typing import Any, TypeVar

from .registries import registry

T = TypeVar("T")
#: A batch size that stays, or one size after another, such as a schedule of Thinc.
Size = int | float | Iterable[float]
#: What the constructors here return: it turns documents into lists of documents.
Batcher = Callable[[Iterable[Any]], Iterator[list[Any]]]
GetLength = Callable[[Any], int]


@registry.batchers("zoo.batch_by_words.v1")
def batch_by_words(
    size: Size,
    *,
    tolerance: float = 0.2,
    discard_oversize: bool = False,
    get_length: GetLength | None = None,
) -> Batcher:
    """Make batches of about `size` words, in nearly the order of the documents.

    A document that does not fit waits in a second batch while both stay within
    ``size * (1 + tolerance)``; shorter ones behind it may still... no

    size: Words in a batch. A schedule gives the next value to each batch, goes on
        where it stood when the batcher is called again, and keeps its last value.
    tolerance: By how much of `size` a batch may exceed it, as a fraction.
    discard_oversize: Whether to drop a document longer than size and tolerance. If
        not, it is a batch of its own.
    get_length: Gives the number of words of a document. None takes its `len`.

    Raises ValueError if size or tolerance is out of range.
    """
    sizes = _read_sizes("batch_by_words", size)
    if tolerance < 0:
        raise ValueError(
            f"batch_by_words: tolerance must be 0 or more, got {tolerance}."
        )
    length = get_length or len

    def batcher(docs: Iterable[T]) -> Iterator[list[T]]:
        return _by_words(docs, sizes, tolerance, discard_oversize, length)

    return batcher
