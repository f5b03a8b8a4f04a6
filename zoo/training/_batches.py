"""Draw batches epoch after epoch, from any place of a run."""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

from ..doc import Doc
from ._batchers import Batcher, SizedBatcher
from .learner import Corpus


class Place(NamedTuple):
    """Where in the data a run is."""

    epoch: int = 0  # Passes over the corpus that are complete.
    n_batches: int = 0  # Drawn in this pass.
    n_sizes: int = 0  # What the batcher had drawn from its schedule before this pass.
    digest: int = 0  # CRC-32 of the words of this pass so far.
    ends_epoch: bool = False  # Whether that was the last batch of this pass.

    @property
    def n_epochs(self) -> int:
        """The passes that are complete."""
        return self.epoch + self.ends_epoch


class Batches:
    """Draw batches epoch after epoch, and know which one is the last.

    Batches before the start, in its epoch, are drawn again and passed over, which
    costs little. So are those of earlier epochs where the batcher is not one of zoo's.

    corpus: Gives the documents.
    batcher: Groups them.
    max_epochs: Passes over the corpus. 0: no limit; -1: no limit, and the corpus is
        streamed instead of held in memory and shuffled.
    seed: Start of the shuffling.
    start: The place after which to draw. None: the beginning.

    Raises ValueError, when it is drawn from, if the corpus gives no batch, or not the
    documents that it gave before the start.
    """

    def __init__(
        self,
        corpus: Corpus,
        batcher: Batcher,
        *,
        max_epochs: int = 0,
        seed: int = 0,
        start: Place | None = None,
    ) -> None:
        self.corpus = corpus
        self.batcher = batcher
        self.max_epochs = max_epochs
        self.seed = seed
        self.start = start or Place()
        self.place = self.start  # After the batch that was drawn last.
        self.words_per_epoch = 0  # 0 where they are not known.

    @property
    def is_last(self) -> bool:
        """Whether the batch that was drawn last is the last of all."""
        place = self.place
        return place.ends_epoch and place.n_epochs >= self.max_epochs > 0

    def __iter__(self) -> Iterator[list[Doc]]:
        start, batcher = self.start, self.batcher
        for epoch, docs in enumerate(self._epochs()):
            if isinstance(batcher, SizedBatcher) and epoch <= start.epoch:
                if epoch < start.epoch:
                    continue
                if self.start != Place():
                    batcher.skip_to(start.n_sizes)
            for batch in self._epoch(epoch, docs):
                if self.place[:2] > start[:2]:
                    yield batch
                elif self.place[:2] == start[:2] and self.place != start:
                    raise ValueError(_OTHER_CORPUS)
            if self.place[:2] < start[:2] and epoch == start.epoch:
                raise ValueError(_OTHER_CORPUS)

    def _epoch(self, epoch: int, docs: Iterable[Doc]) -> Iterator[list[Doc]]:
        batcher = self.batcher
        n_sizes = batcher.n_sizes if isinstance(batcher, SizedBatcher) else 0
        batches = iter(self.batcher(docs))
        batch = next(batches, None)
        if batch is None:
            raise ValueError(
                "training: the training corpus gives no batch. It holds no "
                "documents, or the batcher left them all out as too long."
            )
        n_batches = digest = 0
        while batch is not None:
            following = next(batches, None)
            n_batches += 1
            for doc in batch:
                digest = crc32(" ".join(doc.words).encode(errors="replace"), digest)
            ends_epoch = following is None
            self.place = Place(epoch, n_batches, n_sizes, digest, ends_epoch)
            yield batch
            batch = following

    def _epochs(self) -> Iterator[Iterable[Doc]]:
        if self.max_epochs < 0:
            while True:
                yield self.corpus()
        docs = list(self.corpus())
        self.words_per_epoch = sum(map(len, docs))
        order = random.Random(self.seed)
        while True:
            order.shuffle(docs)
            yield docs


_OTHER_CORPUS = (
    "training: the run cannot go on, as its training corpus does not give the "
    "documents that it gave before. Bring the earlier files back, or begin a new run."
)


def split_by_words(docs: Sequence[Doc], n_parts: int) -> list[list[Doc]]:
    """Split a batch into up to `n_parts` runs of documents of about as many words.

    No part is empty: where there are fewer documents, there are fewer parts.
    """
    n_parts = min(n_parts, len(docs))
    ends = list(accumulate(map(len, docs)))
    parts, start = [], 0
    for i in range(1, n_parts):
        # At least one document for this part, and for each that follows.
        least, most = start + 1, len(docs) - (n_parts - i)
        goal = ends[-1] * i / n_parts
        end = min(range(least, most + 1), key=lambda e: abs(ends[e - 1] - goal))
        parts.append(list(docs[start:end]))
        start = end
    return [*parts, list(docs[start:])] if docs else []
