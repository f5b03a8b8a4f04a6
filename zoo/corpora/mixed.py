"""Mix the documents of several corpora into one stream."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .._registry import registry
from ..doc import Doc


@registry.readers("zoo.MixedCorpus.v1")
class MixedCorpus:
    """Read several corpora at once, each document of any of them once at each call.

    The corpus of the next document is drawn at random, among those that have not ended.
    At most one document of each is in memory. The documents of one corpus may have
    other labels than those of another: each head learns from those with labels for it,
    and is scored on them.

    Args:
        corpora: Functions that return documents, such as `Corpus`. In a config they
            are below ``*``: ``[corpora.train.*.tags]``.
        weights: How often each is drawn, in relation to the others. None: all alike.
            The numbers of their documents mix them evenly to the end.
        seed: Start of the drawing. With the same seed the n-th call has the same order
            each time; two calls have different ones.

    Raises:
        ValueError: There are no corpora, or not one positive weight for each.
    """

    def __init__(
        self,
        *corpora: Callable[[], Iterable[Doc]],
        weights: list[float] | None = None,
        seed: int = 0,
    ) -> None:
        if not corpora:
            raise ValueError(
                "MixedCorpus: needs one corpus or more, got none. In a config each has "
                "a block with a reader, such as [corpora.train.*.first]."
            )
        self.corpora = corpora
        self.weights = [1.0] * len(corpora) if weights is None else [*weights]
        self.seed = seed
        self.epoch = 0
        if len(self.weights) != len(corpora) or not all(w > 0 for w in self.weights):
            raise ValueError(
                f"MixedCorpus: weights must be a positive number for each of the "
                f"{len(corpora)} corpora, got {self.weights}."
            )

    def __call__(self) -> Iterator[Doc]:
        """Read the documents."""
        order = random.Random(f"{self.seed} {self.epoch}")
        self.epoch += 1
        # Called here and not when the first document is wanted, as the corpora count.
        return mix([iter(corpus()) for corpus in self.corpora], self.weights, order)


def mix(
    streams: Sequence[Iterator[Any]], weights: Sequence[float], order: random.Random
) -> Iterator[Any]:
    """Draw from streams at random, in relation to their weights, until all end."""
    open_ = dict(zip(streams, weights, strict=True))
    end = object()
    while open_:
        (stream,) = order.choices([*open_], [*open_.values()])
        item = next(stream, end)
        if item is end:
            del open_[stream]
        else:
            yield item
