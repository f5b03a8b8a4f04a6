"""Train an entity tagger: named entities, as BILUO tags of whole entities."""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._arrays import as_thinc, rows_of
from .._registry import registry
from .._scores import score_ents
from .._types import Array
from ..doc import Doc, Span
from ..layers._ragged import with_data
from ..layers.containers import join, split
from ._biluo import (
    BEGIN,
    UNIT,
    entities_of,
    read_spans,
    tag_names,
    type_names,
    write_tags,
)
from ._crf import marginals, span_probabilities, viterbi
from .objective import Labels, Loss, check_labels


class Entities:
    """Predict named entities: spans of words that do not overlap, each with a label.

    A token has a score for each BILUO tag. The score of a tagging is the sum of its
    tags' scores, and only taggings with whole entities count. The loss is that of a
    conditional random field, ``log(sum(exp(score of a tagging))) - score of the gold
    tagging``. Its gradient is the probability of each tag minus the truth, summed over
    tokens. The best tagging is predicted, and replaces `ents`. A document whose `ents`
    is None adds neither loss nor gradient, and nor does a token that `ents_known` calls
    unknown: each run of known tokens is a sequence of its own.

    Args:
        bias: Added to the score of each entity in prediction: its odds are multiplied
            by ``exp(bias)``. Above 0, recall is higher and precision lower.
        scorer: Scores predictions, from gold and predicted documents to a dictionary.
            If None, precision, recall and F of exact spans.
    """

    field = "ents"

    def __init__(
        self,
        *,
        bias: float = 0.0,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        self.bias = bias
        self.scorer = scorer
        self._types = Labels("entity_tagger")

    @property
    def labels(self) -> list[str]:
        """The tags: O, and B, I, L and U of each type of entity."""
        return tag_names(self._types.names)

    @property
    def score_weights(self) -> dict[str, float]:
        """The default weight of each score: `ents_f` alone."""
        return {"ents_f": 1.0}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the types of entities that occur in documents, in sorted order.

        Documents whose `ents` is None add none.
        """
        self._types.add(span.label for doc in docs for span in entities_of(doc))

    def set_labels(self, labels: Sequence[str]) -> None:
        """Set the tags, for example those of a saved pipeline."""
        check_labels(self._types.owner, labels)
        self._types.set(type_names(labels))

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> list[Floats2d]:
        """Return zeros in the shape of an output, (n_tokens, n_labels) per document."""
        return [ops.alloc2f(len(doc), len(self.labels)) for doc in docs]

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> Loss:
        """Compare scores of tags, (n_tokens, n_labels) per document, with the entities.

        Raises:
            ValueError: A type is not among the labels, or entities overlap.
        """
        flat = join(ops, scores, len(self.labels))
        rows, lengths = _find_known(docs)
        S: Array = ops.to_numpy(rows_of(flat))[rows]
        sums, gradient = marginals(S, lengths)
        gold = np.arange(len(rows)), self._truths(docs)
        gradient[gold] -= 1
        total = sums.sum() - S[gold].sum(dtype="d")
        dY: Array = np.zeros(flat.dataXd.shape, dtype="f")
        dY[rows] = gradient
        return Loss(
            total, len(rows), split(with_data(flat, ops.asarray2f(as_thinc(dY))))
        )

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> None:
        """Replace the `ents` of documents by the entities of the best tagging.

        Args:
            ops: The ops of the scores.
            docs: The documents to change.
            scores: Scores of tags, (n_tokens, n_labels) per document.
        """
        lengths = np.array([len(doc) for doc in docs], dtype="i8")
        tags = iter(viterbi(self._biased(ops, scores), lengths).tolist())
        for doc in docs:
            own = [next(tags) for _ in doc.words]
            doc.ents, doc.ents_known = read_spans(own, self._types.names), None

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Score the entities of predicted documents against those of gold ones."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        return score_ents(gold, predicted)

    def probabilities(
        self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]
    ) -> list[dict[Span, float]]:
        """Compute the probability of each entity in the `ents` of documents.

        It is that of exactly this span with this label, over all taggings of the rest.

        Args:
            ops: The ops of the scores.
            docs: The documents, annotated.
            scores: Scores of tags, (n_tokens, n_labels) per document.
        """
        rows, end, found = self._biased(ops, scores), 0, []
        for doc in docs:
            own, end = rows[end : end + len(doc)], end + len(doc)
            spans = doc.ents or []
            tags = np.array(write_tags(doc, self._types.index), dtype="i8")
            bounds = [(span.start, span.end) for span in spans]
            chances = span_probabilities(own, tags, bounds).tolist()
            found.append(dict(zip(spans, chances, strict=True)))
        return found

    def _biased(self, ops: Ops, scores: list[Floats2d]) -> Array:
        """Return the scores of all tokens, with the bias, in float64."""
        flat = rows_of(join(ops, scores, len(self.labels)))
        S: Array = ops.to_numpy(flat).astype("d")
        for first in (BEGIN, UNIT):  # Each entity has exactly one of them.
            S[:, first] += self.bias
        return S

    def _truths(self, docs: Sequence[Doc]) -> Array:
        """Return the tags of all tokens whose entities are known."""
        tags: list[int] = []
        for doc in docs:
            if doc.ents is not None:
                own, known = write_tags(doc, self._types.index), doc.ents_known
                tags += own if known is None else compress(own, known)
        return np.array(tags, dtype="i8")


def _find_known(docs: Sequence[Doc]) -> tuple[Array, Array]:
    """Return the tokens whose entities are known, and the lengths of their runs.

    A run is a sequence of known tokens in a document. No known entity goes beyond it,
    so that it is tagged by itself: its neighbours add no gradient, and get none.
    """
    lengths = np.array([len(doc) for doc in docs], dtype="i8")
    annotated = np.array([doc.ents is not None for doc in docs], dtype=bool)
    known = np.repeat(annotated, lengths)
    before = np.ones(len(known) + 1, dtype=bool)
    before[np.cumsum(lengths)] = False  # No token of another document is before.
    starts = np.cumsum(lengths) - lengths
    for doc, start in zip(docs, starts.tolist(), strict=True):
        if doc.ents is not None and doc.ents_known is not None:
            known[start : start + len(doc)] = doc.ents_known
    before[1:] &= known
    before[:1] = False
    rows = np.flatnonzero(known)
    begins = np.flatnonzero(~before[rows])
    return rows, np.diff(begins, append=len(rows))


@registry.factories("entity_tagger")
def entity_tagger(
    *,
    bias: float = 0.0,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> Entities:
    """Predict the named entities of each document: the field `ents`.

    The settings are those of `Entities`.
    """
    return Entities(bias=bias, scorer=scorer)
