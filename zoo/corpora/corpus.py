"""Name files of documents in a config."""

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from .._checks import check_sizes
from .._registry import registry
from ..doc import Doc
from ..tokenizer import Tokenize
from ..tokenizer.tokenizer import default_tokenizer
from .formats import Source, find_files, read_docs


@registry.readers("zoo.Corpus.v1")
class Corpus:
    """Read files of documents, from the start at each call.

    path: The file, a folder, or a list of both, in the formats that `read_docs` knows.
    limit: How many documents to read. 0 reads all.
    shuffle_buffer: Of how many documents at a time the order is drawn, for a corpus
        that is read anew in each epoch and does not fit in memory: each document that
        is given out is drawn from that many, and the next one read takes its place.
        0 keeps the order of the files.
    seed: Start of that drawing. With the same seed the n-th call gives the same order
        each time; two calls of one corpus give different ones.
    tokenizer: Splits what is raw text into words. None takes that of the pipeline, if
        the corpus stands in a config, and else ``zoo.Tokenizer.v1``.

    Raises ValueError for no path, a negative number or an unknown suffix, and
    FileNotFoundError for a missing file: when it is made, before anything is read.
    """

    def __init__(
        self,
        path: Source | None,
        *,
        limit: int = 0,
        shuffle_buffer: int = 0,
        seed: int = 0,
        tokenizer: Tokenize | None = None,
    ) -> None:
        if path is None or not str(path):
            raise ValueError(f"Corpus: path must name a file or folder, got {path!r}.")
        check_sizes("Corpus", 0, limit=limit, shuffle_buffer=shuffle_buffer)
        self.files = find_files(path)
        self.limit = limit
        self.shuffle_buffer = shuffle_buffer
        self.seed = seed
        self.tokenizer = tokenizer or default_tokenizer()
        self.epoch = 0

    def __call__(self, epoch: int | None = None) -> Iterator[Doc]:
        """Read the documents.

        epoch: Which order to draw, if there is a shuffle buffer. None takes that of
            `self.epoch`, which counts such calls, and can be set to begin elsewhere.
        """
        if epoch is None:
            epoch, self.epoch = self.epoch, self.epoch + 1
        docs = read_docs(self.files, tokenizer=self.tokenizer)
        limited = islice(docs, self.limit or None)
        if not self.shuffle_buffer:
            return limited
        order = random.Random(f"{self.seed} {epoch}")
        return shuffle(limited, self.shuffle_buffer, order)


def shuffle(items: Iterable[Any], buffer: int, order: random.Random) -> Iterator[Any]:
    """Give items in a random order, with no more than `buffer` of them in memory."""
    rest = iter(items)
    held = list(islice(rest, buffer))
    for item in rest:
        place = order.randrange(len(held))
        item, held[place] = held[place], item
        yield item
    order.shuffle(held)
    yield from held
