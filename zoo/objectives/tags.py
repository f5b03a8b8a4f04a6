"""Train a tagger: one label per token, by cross-entropy."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._arrays import on_device, rows_of
from .._check_numbers import Range, check_numbers
from .._lexical.attributes import find_distinct
from .._registry import registry
from .._scores import score_tags
from .._types import Array
from ..doc import Doc, write_field
from ..layers.containers import join, split
from ._token_loss import MISSING, best_labels, cross_entropy
from .objective import Labels, Loss

#: The fields of a Doc that can be predicted, with the main score of each.
FIELDS = {"tags": "tag_acc", "pos": "pos_acc"}
#: What is known of a token: nothing, its label, or a label that it does not have.
UNKNOWN, KNOWN, NEGATIVE = range(3)


class Tagging:
    """Predict a label for each token: the fine-grained tag, or the coarse one.

    The loss is the cross-entropy of the model's probabilities, and its gradient is
    ``scores - truth``, summed over tokens as in spaCy. A token without a label adds
    neither. For a token with a negative label, only the score of that label has a
    gradient: its probability.

    Args:
        field: The field of a Doc with the labels, "tags" or "pos".
        label_smoothing: Share of the truth that is spread over the other labels, 0 to
            1.
        neg_prefix: Prefix of negative labels: "!VERB" means that a token is not a VERB.
        overwrite: Whether to replace labels that a document has already.
        scorer: Scores predictions, from gold and predicted documents to a dictionary.
            If None, the accuracy, and scores per label.
    """

    def __init__(
        self,
        *,
        field: str = "tags",
        label_smoothing: float = 0.0,
        neg_prefix: str = "!",
        overwrite: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        if field not in FIELDS:
            raise ValueError(f"tagger: field must be 'tags' or 'pos', got {field!r}.")
        allowed = Range(0, 1, below=True)
        check_numbers("tagger", allowed, label_smoothing=label_smoothing)
        self.field = field
        self.label_smoothing = label_smoothing
        self.neg_prefix = neg_prefix
        self.overwrite = overwrite
        self.scorer = scorer
        self._labels = Labels(f"tagger, field '{field}'")

    @property
    def labels(self) -> list[str]:
        """The labels without negative prefixes, in the order of the model's outputs."""
        return self._labels.names

    @property
    def score_weights(self) -> dict[str, float]:
        """The default weight of each score: `tag_acc` or `pos_acc` alone."""
        return {FIELDS[self.field]: 1.0}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the labels that occur in documents, negative ones too, sorted."""
        parts = (getattr(doc, self.field) or () for doc in docs)
        values = {*chain.from_iterable(parts)}
        # A negative label needs an output too.
        self._labels.add(self._split(value)[1] for value in values if value)

    def set_labels(self, labels: Sequence[str]) -> None:
        """Set the labels, for example those of a saved pipeline."""
        self._labels.set(labels)

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> list[Floats2d]:
        """Return zeros in the shape of an output, (n_tokens, n_labels) per document."""
        return [ops.alloc2f(len(doc), len(self.labels)) for doc in docs]

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> Loss:
        """Compare probabilities, (n_tokens, n_labels) per document, with the labels.

        Raises:
            ValueError: A label is not among the labels of the model.
        """
        known, negative, truth = self._truths(docs)
        right = np.full(len(truth), MISSING)
        right[known] = truth[known]
        loss = cross_entropy(ops, scores, right, smoothing=self.label_smoothing)
        if not len(negative):
            return loss
        rows, columns = on_device(ops, negative), on_device(ops, truth[negative])
        P = rows_of(join(ops, scores))[rows, columns]
        gradient = join(ops, loss.gradient)
        rows_of(gradient)[rows, columns] = P
        total = loss.total - ops.xp.log(1 - P + np.finfo("f").tiny).sum()
        return Loss(total, loss.count + len(negative), split(gradient))

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> None:
        """Write the best label of each token into the field.

        Existing labels are kept unless `overwrite` is set.

        Args:
            ops: The ops of the scores.
            docs: The documents to change.
            scores: Scores of labels, (n_tokens, n_labels) per document.
        """
        labels = self.labels
        best = best_labels(ops, scores, len(labels), [*map(len, docs)])
        for doc, numbers in zip(docs, best, strict=True):
            new = [labels[i] for i in numbers]
            old = getattr(doc, self.field)
            if old is not None and not self.overwrite:
                new = [o or n for o, n in zip(old, new, strict=True)]
            write_field(doc, self.field, new)

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Score the labels of predicted documents against those of gold ones."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        return score_tags(gold, predicted, self.field)

    def _split(self, label: str) -> tuple[bool, str]:
        """Return whether a label is negative, and the label without its prefix."""
        name = label.removeprefix(self.neg_prefix)
        return (True, name) if name and name != label else (False, label)

    def _truths(self, docs: Sequence[Doc]) -> tuple[Array, Array, Array]:
        """Return the tokens with a label, those with a negative label, and all ids."""
        parts = (getattr(doc, self.field) or repeat(None, len(doc)) for doc in docs)
        labels = list(chain.from_iterable(parts))
        rows, index = find_distinct(labels, len(labels))
        kinds = np.array([self._kind(label) for label in rows], "i8").reshape(-1, 2)
        kind, truth = kinds[index].T
        return np.flatnonzero(kind == KNOWN), np.flatnonzero(kind == NEGATIVE), truth

    def _kind(self, label: str | None) -> tuple[int, int]:
        """Return the kind of a label and its id; -1 if there is none."""
        if not label:
            return UNKNOWN, -1
        is_negative, name = self._split(label)
        return NEGATIVE if is_negative else KNOWN, self._labels.index(name)


def _register(name: str, field: str, summary: str) -> Callable[..., Tagging]:
    """Register a factory of `Tagging` for one field of a document."""

    def create(
        *,
        label_smoothing: float = 0.0,
        neg_prefix: str = "!",
        overwrite: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> Tagging:
        return Tagging(
            field=field,
            label_smoothing=label_smoothing,
            neg_prefix=neg_prefix,
            overwrite=overwrite,
            scorer=scorer,
        )

    create.__name__ = create.__qualname__ = name
    create.__doc__ = f"{summary}\n\nThe settings are those of `Tagging`."
    return registry.factories(name)(create)


tagger = _register(
    "tagger", "tags", "Predict the fine-grained tag of each token: the field `tags`."
)
pos_tagger = _register(
    "pos_tagger",
    "pos",
    "Predict the coarse part of speech of each token: the field `pos`.",
)
