"""Draw batches epoch after epoch, from any position of a run."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import accumulate
from typing import Any, NamedTuple
from zlib import crc32

from ..doc import Doc
from ._batchers import Batcher, SizedBatcher
from .learner import Corpus

#: The fields of a document that are learned from, but for its words.
_ANNOTATION = [f.name for f in fields(Doc) if f.name not in ("words", "user_data")]


class Place(NamedTuple):
    """The position of a run in its data."""

    epoch: int = 0  # Complete passes over the corpus.
    n_batches: int = 0  # Batches drawn in this pass.
    n_sizes: int = 0  # Sizes that the batcher had drawn before this pass.
    digest: int = 0  # CRC-32 of the words of this pass so far.
    ends_epoch: bool = False  # Whether that was the last batch of this pass.
    labels: int = 0  # CRC-32 of the annotation of this pass, if it is streamed.

    @property
    def n_epochs(self) -> int:
        """The number of complete passes."""
        return self.epoch + self.ends_epoch


class Batches:
    """Draw batches epoch after epoch, and know which one is the last.

    Batches before the start, in its epoch, are drawn again and skipped, which takes
    little time. So are those of earlier epochs if the batcher is not one of zoo's.

    Args:
        corpus: Returns the documents.
        batcher: Groups them.
        max_epochs: Passes over the corpus. 0: no limit; -1: no limit, and the corpus
            is streamed instead of held in memory and shuffled.
        seed: Seed of the shuffling.
        start: The position after which to draw. None: the beginning.

    Raises:
        ValueError: When it is drawn from: the corpus yields no batch, or not the
            documents that it yielded before the start.
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
        self.words_per_epoch = 0  # 0 if it is unknown.

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
                elif self.place[:2] == start[:2]:
                    self._check_start()
            if self.place[:2] < start[:2] and epoch == start.epoch:
                raise ValueError(other_corpus("training"))

    def _check_start(self) -> None:
        """Raise ValueError if the documents up to the start are not as they were."""
        place, start = self.place, self.start
        if place[:5] != start[:5] or start.labels not in (0, place.labels):
            raise ValueError(other_corpus("training"))

    def _epoch(self, epoch: int, docs: Iterable[Doc]) -> Iterator[list[Doc]]:
        batcher = self.batcher
        n_sizes = batcher.n_sizes if isinstance(batcher, SizedBatcher) else 0
        batches = iter(self.batcher(docs))
        batch = next(batches, None)
        if batch is None:
            raise ValueError(
                "training: the training corpus yields no batch. It holds no "
                "documents, or the batcher left them all out as too long."
            )
        n_batches = digest = labels = 0
        while batch is not None:
            following = next(batches, None)
            n_batches += 1
            for doc in batch:
                digest = crc32(" ".join(doc.words).encode(errors="replace"), digest)
            if self.max_epochs < 0:
                labels = digest_annotation(batch, labels)
            is_last = following is None
            self.place = Place(epoch, n_batches, n_sizes, digest, is_last, labels)
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


def other_corpus(name: str) -> str:
    """Return the message for a corpus that is not the one that a run began with."""
    return (
        f"training: the run cannot go on, as its {name} corpus does not yield the "
        f"documents that it yielded before, with the same labels. Bring the earlier "
        f"files back, or begin a new run."
    )


def digest_annotation(docs: Iterable[Doc], digest: int = 0) -> int:
    """Return the CRC-32 of all that is known about documents, but for their words.

    Args:
        docs: The documents.
        digest: The CRC-32 of those before them.
    """
    for doc in docs:
        known = (getattr(doc, name, None) for name in _ANNOTATION)
        text = "\1".join([_as_text(value) for value in known])
        digest = crc32(text.encode(errors="replace"), digest)
    return digest


def _as_text(value: Any) -> str:
    """Return a text that differs for other values."""
    if value is None:
        return ""
    if type(value) is list:
        try:  # Strings are joined far faster than they are quoted.
            return "\0".join(["s", *value])
        except TypeError:
            pass
    return repr(value)


def split_by_words(docs: Sequence[Doc], n_parts: int) -> list[list[Doc]]:
    """Split a batch into up to `n_parts` runs of documents of about as many words.

    No part is empty: if there are fewer documents, there are fewer parts.
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
