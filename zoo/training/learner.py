"""Define what the training loop trains, and what it reads documents from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from thinc.api import Model, Optimizer

from .._parameters import Parameter
from ..doc import Doc
from ..objectives import Loss

#: Returns the documents of an epoch, from the start at each call.
Corpus = Callable[[], Iterable[Doc]]


class Learner(Protocol):
    """What learns: a pipeline, or an encoder with an objective of pretraining."""

    #: The scores of the last evaluation, which `to_disk` saves too.
    scores: dict[str, Any]

    @property
    def models(self) -> Mapping[str, Model[Any, Any]]:
        """Its models, by the name that begins the paths of their parameters."""

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """All parameters by their full paths, such as "tok2vec.embed.norm.E"."""

    @property
    def generators(self) -> Mapping[str, np.random.Generator]:
        """Random generators of its own. Their states are part of a checkpoint."""

    def update(
        self, docs: Sequence[Doc], *, dropout: float = 0.0
    ) -> Mapping[str, Loss]:
        """Add up the gradients of a batch, and return the loss of each head.

        Losses and gradients are sums over the batch, never means, so that the parts
        of a batch add up to the same as the whole batch.
        """

    def finish_update(self, optimizer: Optimizer) -> None:
        """Change the weights by the gradients, and set the gradients to zero."""

    def step_schedules(self, steps: int = 1) -> None:
        """Step its own schedules, if it has any, as that many updates do."""

    def evaluate(self, docs: Sequence[Doc]) -> dict[str, Any]:
        """Measure how well the documents are predicted."""

    def score_weights(self) -> Mapping[str, float]:
        """Return how much each score counts in the choice of the best, by default.

        A loss has a negative weight: less of it is better.
        """

    def use_params(
        self, averages: Mapping[Any, Any] | None
    ) -> AbstractContextManager[None]:
        """Use other weights, such as an optimizer's averages, inside the block."""

    def to_disk(self, path: str | Path) -> None:
        """Save it to a folder, which is replaced as a whole."""
