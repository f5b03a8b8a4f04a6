"""Train a text classifier: categories of whole documents."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._check_numbers import SHARE, check_numbers
from .._doc_fields import check_cats
from .._name_some import name_some
from .._registry import registry
from .._scores import score_cats
from .._types import Array
from ..doc import Doc
from .objective import Labels, Loss


class Classification:
    """Predict the categories of each document, exclusive or not.

    The gradient is ``scores - truth``, summed over documents as in spaCy. The loss is
    the cross-entropy over the categories if they are exclusive, otherwise the sum of
    the binary cross-entropies of each. A document without categories adds neither. If
    categories are not exclusive, those that a document does not mention are unknown
    and add neither.

    Args:
        exclusive: Whether each document has exactly one category, or any number.
        threshold: Score from which a category is predicted, 0 to 1. Of exclusive
            categories the best is predicted, whatever its score.
        scorer: Scores predictions, from gold and predicted documents to a dictionary.
            If None, spaCy's scores: micro and macro F, AUC, and scores per category.
        positive_label: Of two exclusive categories, the one whose F is the score
            `cats_score`. If None, that is the macro F.
    """

    field = "cats"

    def __init__(
        self,
        *,
        exclusive: bool,
        threshold: float = 0.5,
        scorer: Callable[..., dict[str, Any]] | None = None,
        positive_label: str | None = None,
    ) -> None:
        check_numbers("textcat", SHARE, threshold=threshold)
        self.exclusive = exclusive
        self.threshold = threshold
        self.scorer = scorer
        self.positive_label = positive_label
        self._labels = Labels("textcat" if exclusive else "textcat_multilabel")

    @property
    def labels(self) -> list[str]:
        """The categories, in the order of the model's outputs."""
        return self._labels.names

    @property
    def score_weights(self) -> dict[str, float]:
        """The default weight of each score: `cats_score` alone."""
        return {"cats_score": 1.0}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the categories that occur in documents, in sorted order.

        If they are not exclusive, warns of categories that no document lacks: every
        document either has the category or does not mention it, which is unknown.

        Raises:
            ValueError: The categories are exclusive, and there is only one, or the
                scores of a document sum to more than 1.
        """
        found: set[str] = set()
        absent: set[str] = set()
        for doc in docs:
            cats = doc.cats or {}
            if self.exclusive:
                _check_exclusive(cats)
            found.update(cats)
            absent.update(label for label, value in cats.items() if value < 0.5)
        self._labels.add(found)
        if not self.exclusive and found - absent:
            _warn_of_positives(sorted(found - absent))
        if self.exclusive and len(self.labels) == 1:
            raise ValueError(
                f"textcat: there must be at least two exclusive categories, got only "
                f"{self.labels[0]!r}. For one, use the factory 'textcat_multilabel'."
            )

    def set_labels(self, labels: Sequence[str]) -> None:
        """Set the categories, for example those of a saved pipeline."""
        self._labels.set(labels)

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> Floats2d:
        """Return zeros in the shape of an output, (n_docs, n_labels)."""
        return ops.alloc2f(len(docs), len(self.labels))

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: Array) -> Loss:
        """Compare scores from 0 to 1, (n_docs, n_labels), with the categories.

        Raises:
            ValueError: A category is not among the labels, or the scores of exclusive
                categories of a document sum to more than 1.
        """
        xp = ops.xp
        truth, known = (ops.asarray(array) for array in self._truths(docs))
        count = sum(bool(doc.cats) for doc in docs)
        gradient = (scores - truth) * known
        tiny = np.finfo("f").tiny
        right = xp.log(scores + tiny) * truth
        if not self.exclusive:
            right += xp.log(1 - scores + tiny) * (1 - truth)
        return Loss(-(right * known).sum(), count, gradient)

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: Floats2d) -> None:
        """Replace the `cats` of documents by scores, (n_docs, n_labels)."""
        for doc, row in zip(docs, ops.to_numpy(scores).tolist(), strict=True):
            doc.cats = dict(zip(self.labels, row, strict=True))

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Score the categories of predicted documents against those of gold ones."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        scores = score_cats(
            gold,
            predicted,
            self.labels,
            exclusive=self.exclusive,
            threshold=self.threshold,
        )
        positive = self.positive_label
        if positive is not None and scores["cats_f_per_type"] is not None:
            if (
                not self.exclusive
                or len(self.labels) != 2
                or positive not in self.labels
            ):
                raise ValueError(
                    f"textcat: positive_label must be one of two exclusive categories, "
                    f"got {positive!r}. There are: {', '.join(self.labels) or 'none'}."
                )
            scores["cats_score"] = scores["cats_f_per_type"][positive]["f"]
            scores["cats_score_desc"] = f"F ({positive})"
        return scores

    def _truths(self, docs: Sequence[Doc]) -> tuple[Any, Any]:
        """Return the truth of each label in each document, and whether it is known."""
        shape = (len(docs), len(self.labels))
        truth, known = np.zeros(shape, dtype="f"), np.zeros(shape, dtype="f")
        for i, doc in enumerate(docs):
            if not doc.cats:
                continue
            check_cats("textcat", doc.cats)
            if self.exclusive:
                known[i] = 1.0
                _check_exclusive(doc.cats)
            for label, value in doc.cats.items():
                j = self._labels.index(label)
                truth[i, j], known[i, j] = value, 1.0
        return truth, known


def _warn_of_positives(labels: list[str]) -> None:
    warnings.warn(
        f"textcat_multilabel: no document lacks {name_some(labels)}, so that the model "
        f"learns to predict it always. A category that a document does not mention is "
        f"unknown: write 0.0 for each category that a document does not have.",
        stacklevel=3,
    )


def _check_exclusive(cats: dict[str, float]) -> None:
    if sum(cats.values()) > 1 + 1e-6:
        raise ValueError(
            f"textcat: the scores of exclusive categories must sum to at most 1, got "
            f"{cats}. For several, use the factory 'textcat_multilabel'."
        )


@registry.factories("textcat")
def textcat(
    *,
    threshold: float = 0.0,
    scorer: Callable[..., dict[str, Any]] | None = None,
    positive_label: str | None = None,
) -> Classification:
    """Predict the single category of each document.

    Args:
        threshold: Without effect, as in spaCy, whose configs have it: the best category
            is predicted, whatever its score.
        scorer: Scores predictions, from gold and predicted documents to a dictionary.
            If None, spaCy's scores: micro and macro F, AUC, and scores per category.
        positive_label: Of two categories, the one whose F is the score `cats_score`.
            If None, that is the macro F. `initialize.components` can name it too.
    """
    return Classification(
        exclusive=True,
        threshold=threshold,
        scorer=scorer,
        positive_label=positive_label,
    )


@registry.factories("textcat_multilabel")
def textcat_multilabel(
    *,
    threshold: float = 0.5,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> Classification:
    """Predict any number of categories for each document.

    The settings are those of `Classification`.
    """
    return Classification(exclusive=False, threshold=threshold, scorer=scorer)
