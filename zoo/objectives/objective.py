"""Say what an objective is: from documents and scores to loss and annotation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from thinc.api import Ops

from ..doc import Doc


@dataclass(frozen=True)
class Loss:
    """The loss of a batch, and the gradient to begin the backward pass with."""

    total: Any  # Summed over what was counted, in nats: a number or a 0-d array.
    count: int  # The tokens or documents that carried a label.
    gradient: Any  # Of the model's output, in its shape.


class Objective(Protocol):
    """What a head is trained on, and what its scores mean.

    A pipeline asks it for labels before training, for the loss of each batch, and
    for annotations when it predicts. It holds labels and settings, never weights.
    """

    @property
    def field(self) -> str:
        """The field of a document that it learns from and writes."""

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the model's outputs."""

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the labels that occur in documents, in sorted order."""

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the labels from elsewhere, such as a saved pipeline."""

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> Any:
        """Make an output of the right shape for a model to infer its width from."""

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: Any) -> Loss:
        """Compare scores with the documents' labels; what has none adds nothing."""

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: Any) -> None:
        """Write what the scores say into the documents."""

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Measure predictions, under spaCy's names; None where nothing is known."""

    @property
    def score_weights(self) -> dict[str, float]:
        """How much each score counts in the choice of the best model, by default."""


class Labels:
    """Map labels to the outputs of a model.

    owner: Whose labels they are, for messages.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.names: list[str] = []
        self._index: dict[str, int] = {}

    def add(self, labels: Iterable[str]) -> None:
        """Add those that are new, in sorted order after those that are known."""
        self.set([*self.names, *sorted(set(labels) - set(self.names))])

    def set(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._index = {name: i for i, name in enumerate(names)}

    def index(self, label: str) -> int:
        """Give the output of a label; ValueError if the model has none for it."""
        try:
            return self._index[label]
        except KeyError:
            known = ", ".join(self.names[:20]) + (" …" if len(self.names) > 20 else "")
            raise ValueError(
                f"{self.owner}: the label {label!r} was not seen when the model was "
                f"initialized. Known are: {known or 'none'}."
            ) from None
