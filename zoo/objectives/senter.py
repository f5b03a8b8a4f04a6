"""Train a tagger of the words that begin sentences."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from thinc.api import Ops
from thinc.types import Floats2d

from .._registry import registry
from .._scores import score_sents
from ..doc import Doc
from ._token_loss import MISSING, as_truth, best_labels, cross_entropy
from .objective import Loss

#: The labels of words within a sentence, and at its start.
LABELS: Final = ("I", "S")


class SentenceRecognizer:
    """Predict whether each word begins a sentence.

    The loss is the cross-entropy of the model's probabilities over the labels "I" and
    "S". A word of which nothing is known adds nothing.

    Args:
        overwrite: Whether to replace what a document says of where sentences begin.
        scorer: Measures predictions. None: `sents_p`, `sents_r` and `sents_f`.

    Source:
        spaCy 3.8, `SentenceRecognizer`, which counts words of which nothing is known as
        such within a sentence.
    """

    field = "sent_starts"
    fields = ("sent_starts",)

    def __init__(
        self,
        *,
        overwrite: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        self.overwrite = overwrite
        self.scorer = scorer
        self._labels: list[str] = []

    @property
    def labels(self) -> list[str]:
        """The labels "I" and "S", once they are known to be needed."""
        return self._labels

    @property
    def score_weights(self) -> dict[str, float]:
        """How much each score counts by default: `sents_f` alone."""
        return {"sents_f": 1.0}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Set the labels, if any document says where sentences begin."""
        if any(any(s is not None for s in doc.sent_starts or ()) for doc in docs):
            self._labels = [*LABELS]

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the labels from elsewhere; ValueError for any but "I" and "S"."""
        if labels and tuple(labels) != LABELS:
            raise ValueError(f"senter: the labels must be I and S, got {[*labels]}.")
        self._labels = [*labels]

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> list[Floats2d]:
        """Return zeros in the shape of an output, (n_tokens, 2) per document."""
        return [ops.alloc2f(len(doc), len(LABELS)) for doc in docs]

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> Loss:
        """Compare probabilities, (n_tokens, 2) per document, with the starts."""
        truth = [
            [MISSING if s is None else int(s) for s in doc.sent_starts]
            if doc.sent_starts is not None
            else [MISSING] * len(doc)
            for doc in docs
        ]
        return cross_entropy(ops, scores, as_truth(truth))

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> None:
        """Write where sentences begin.

        What a document says of that already stays, unless `overwrite` is set.

        Args:
            ops: Where the scores are.
            docs: The documents, whose field is replaced.
            scores: (n_tokens, 2) per document.
        """
        best = best_labels(ops, scores, len(LABELS), [*map(len, docs)])
        for doc, numbers in zip(docs, best, strict=True):
            starts: list[bool | None] = [*map(bool, numbers)]
            if starts and not self.overwrite:
                starts[0] = True  # The first word of a text begins one.
            if doc.sent_starts is not None and not self.overwrite:
                pairs = zip(doc.sent_starts, starts, strict=True)
                starts = [new if old is None else old for old, new in pairs]
            doc.sent_starts = starts

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Measure the sentences of predicted documents by those of gold ones."""
        scorer = self.scorer or score_sents
        return scorer(gold, predicted)


@registry.factories("senter")
def senter(
    *,
    overwrite: bool = False,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> SentenceRecognizer:
    """Predict where sentences begin: the field `sent_starts`.

    The settings are those of `SentenceRecognizer`.
    """
    return SentenceRecognizer(overwrite=overwrite, scorer=scorer)
