"""Define what an objective is: from documents and scores to loss and annotation."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from thinc.api import Ops

from .._name_some import name_some
from ..doc import Doc


@dataclass(frozen=True)
class Loss:
    """The loss of a batch, and its gradient with respect to the model's output."""

    total: Any  # Sum in nats, a number or a 0-d array.
    count: int  # Number of tokens or documents that had a label.
    gradient: Any  # In the shape of the model's output.


class Objective(Protocol):
    """The task of a head: its labels, its loss, and the meaning of its scores.

    A pipeline calls it for labels before training, for the loss of each batch, and for
    annotations when it predicts. It has labels and settings, but no weights.
    """

    @property
    def field(self) -> str:
        """The field of a document that is learned from and written."""

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the model's outputs."""

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the labels that occur in documents, in sorted order."""

    def set_labels(self, labels: Sequence[str]) -> None:
        """Set the labels, for example those of a saved pipeline."""

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> Any:
        """Return an output of the right shape, from which a model infers its width."""

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: Any) -> Loss:
        """Compare scores with the documents' labels; unlabelled parts add nothing."""

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: Any) -> None:
        """Write the predictions that the scores stand for into the documents."""

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Score predictions, under spaCy's names; None where nothing is known."""

    @property
    def score_weights(self) -> dict[str, float]:
        """The default weight of each score in the choice of the best model."""


def check_labels(owner: str, labels: Sequence[str]) -> None:
    """Raise TypeError or ValueError if labels are not unique strings.

    Args:
        owner: Name of the objective, for messages.
        labels: The labels.
    """
    if isinstance(labels, str):
        raise TypeError(
            f"{owner}: labels must be a list of strings, got the string {labels!r}."
        )
    for label in labels:
        if not isinstance(label, str):
            raise TypeError(
                f"{owner}: a label must be a string, got {label!r} "
                f"({type(label).__name__})."
            )
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        raise ValueError(f"{owner}: labels must be unique, got {twice[0]!r} twice.")


class Labels:
    """Map labels to the outputs of a model.

    Args:
        owner: Name of the objective, for messages.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.names: list[str] = []
        self._index: dict[str, int] = {}

    def add(self, labels: Iterable[str]) -> None:
        """Add new labels, in sorted order after the known ones."""
        self.set([*self.names, *sorted(set(labels) - set(self.names))])

    def set(self, names: Sequence[str]) -> None:
        """Replace all labels.

        Raises:
            TypeError: A label is not a string, or all are one string.
            ValueError: A label occurs twice.
        """
        check_labels(self.owner, names)
        self.names = list(names)
        self._index = {name: i for i, name in enumerate(names)}

    def index(self, label: str) -> int:
        """Return the output of a label; raise ValueError if the label is unknown."""
        try:
            return self._index[label]
        except KeyError:
            known = name_some(self.names, n_named=20)
            raise ValueError(
                f"{self.owner}: the label {label!r} was not seen when the model was "
                f"initialized. Known are: {known or 'none'}."
            ) from None
