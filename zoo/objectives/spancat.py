"""Train a model that labels spans, which may overlap."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from thinc.api import Ops

from .._arrays import on_device
from .._check_numbers import check_sizes
from .._label_scores import score_spans
from .._registry import registry
from .._types import Array
from ..doc import Doc, Span
from ..layers.span_categorizer import SpanScorer
from .objective import Labels, Loss

#: From documents to the spans of each that are scored: (n_spans, 2), on the host.
Suggester = Callable[[Sequence[Doc]], list[Array]]
#: The label of spans that have none, where a span has one label at most.
NO_LABEL: Final = ""


@registry.misc("zoo.NgramSuggester.v1")
def NgramSuggester(sizes: list[int]) -> Suggester:
    """Make a function that suggests all spans of some lengths.

    Args:
        sizes: The lengths in words.

    Raises:
        ValueError: A length is below 1.
    """
    for size in sizes:
        check_sizes("NgramSuggester", 1, sizes=size)

    def suggest(docs: Sequence[Doc]) -> list[Array]:
        return [_ngrams(len(doc), sizes) for doc in docs]

    return suggest


@registry.misc("zoo.NgramRangeSuggester.v1")
def NgramRangeSuggester(min_size: int, max_size: int) -> Suggester:
    """Make a function that suggests all spans of some numbers of words.

    Args:
        min_size: Words of the shortest span.
        max_size: Words of the longest span.
    """
    return NgramSuggester([*range(min_size, max_size + 1)])


@registry.misc("zoo.PresetSpansSuggester.v1")
def PresetSpansSuggester(spans_key: str) -> Suggester:
    """Make a function that suggests the spans of a group that a document has.

    Args:
        spans_key: The group, a key of `Doc.spans`.
    """

    def suggest(docs: Sequence[Doc]) -> list[Array]:
        groups = ((doc.spans or {}).get(spans_key, ()) for doc in docs)
        return [_bounds((s.start, s.end) for s in group) for group in groups]

    return suggest


def _ngrams(n_words: int, sizes: Sequence[int]) -> Array:
    starts = [np.arange(n_words - size + 1) for size in sizes if size <= n_words]
    found = [size for size in sizes if size <= n_words]
    pairs = zip(starts, found, strict=True)
    spans = [np.stack([start, start + size], axis=1) for start, size in pairs]
    return np.concatenate([_bounds([]), *spans])


def _bounds(spans: Iterable[tuple[int, int]]) -> Array:
    return np.array([*spans], np.int64).reshape(-1, 2)


class SpanCategorization:
    """Predict labels of the spans that a suggester finds: a group of `Doc.spans`.

    A span may have several labels, if their scores are independent; or one at most, if
    they exclude one another and the last of them says that a span has none. The loss
    is the squared error of the scores, its gradient ``scores - truth``, summed over
    spans as in spaCy. A document without the group adds nothing.

    Args:
        suggester: Chooses the spans that are scored. If None, all of one to three
            words are.
        spans_key: Name of the group.
        threshold: From which score on a label is given, 0 to 1; None gives any.
        max_positive: How many labels a span may have, the best first; None is any
            number.
        negative_label: Whether there is a label of spans that have none.
        negative_weight: Factor of the gradient of spans without a label, if there is
            such a label.
        allow_overlap: Whether spans may overlap, if they have one label at most; if
            not, those with better scores win.
        scorer: Measures predictions. None: `spans_<key>_p`, `_r`, `_f`, `_per_type`.

    Raises:
        ValueError: Spans may have several labels, but not overlap.

    Source:
        spaCy 3.8, `SpanCategorizer`, where a document without the group has no spans.
    """

    field = "spans"
    fields = ("spans",)

    def __init__(
        self,
        *,
        suggester: Suggester | None = None,
        spans_key: str = "sc",
        threshold: float | None = 0.5,
        max_positive: int | None = None,
        negative_label: bool = False,
        negative_weight: float = 1.0,
        allow_overlap: bool = True,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        check_sizes("spancat", 1, max_positive=max_positive)
        if not allow_overlap and max_positive != 1:
            raise ValueError(
                f"spancat: allow_overlap = false needs max_positive = 1, got "
                f"{max_positive}."
            )
        self.suggester = suggester or NgramSuggester([1, 2, 3])
        self.spans_key = spans_key
        self.threshold = threshold
        self.max_positive = max_positive
        self.negative_label = negative_label
        self.negative_weight = negative_weight
        self.allow_overlap = allow_overlap
        self.scorer = scorer
        self._labels = Labels(f"spancat, group '{spans_key}'")

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the model's outputs; "" is that of no label."""
        return self._labels.names

    @property
    def score_weights(self) -> dict[str, float]:
        """How much each score counts by default: the F-score alone."""
        return {f"spans_{self.spans_key}_f": 1.0}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the labels of the spans of the group."""
        found = (s.label for doc in docs for s in self._gold(doc) or ())
        known = Labels(self._labels.owner)
        known.set([label for label in self.labels if label != NO_LABEL])
        known.add(label for label in found if label)
        self.set_labels(known.names)

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the labels from elsewhere; that of no label may be left out."""
        names = [label for label in labels if label != NO_LABEL]
        self._labels.set([*names, NO_LABEL] if self.negative_label and names else names)

    def labels_from_spacy(self, path: Path) -> list[str]:
        """Read the labels in spaCy's file `cfg`, in the component's folder.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged.
        """
        try:
            labels = json.loads((path / "cfg").read_text(encoding="utf8"))["labels"]
            fits = {*map(type, labels)} <= {str}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path / 'cfg'}: expected labels of a spancat, got: {error!r}."
            ) from error
        if not fits:
            raise ValueError(f"{path / 'cfg'}: expected strings as labels.")
        return [*labels]

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> Array:
        """Make zeros in the shape of the scores of one span, (1, n_labels)."""
        zeros: Array = ops.xp.zeros((1, len(self.labels)), dtype="f")
        return zeros

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: SpanScorer) -> Loss:
        """Score the suggested spans, and compare the scores with the labels.

        Raises:
            ValueError: A label is not among the labels of the model.
        """
        spans = self.suggester(docs)
        Y: Any = scores(spans)
        truth = np.zeros(Y.shape, "f")
        is_known = np.zeros(len(Y), bool)
        start = 0
        for doc, bounds in zip(docs, spans, strict=True):
            gold = self._gold(doc)
            is_known[start : start + len(bounds)] = gold is not None
            rows = {tuple(b): start + i for i, b in enumerate(bounds.tolist())}
            for span in gold or ():
                row = rows.get((span.start, span.end))
                if row is not None:
                    truth[row, self._labels.index(span.label)] = 1.0
            start += len(bounds)
        weights = is_known.astype("f")
        if self.negative_label:
            negative = ~truth.any(axis=1)
            truth[negative, -1] = 1.0
            weights[negative] *= self.negative_weight
        gradient = Y - on_device(ops, truth)
        gradient *= on_device(ops, weights[:, np.newaxis])
        return Loss((gradient**2).sum(), int(is_known.sum()), gradient)

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: SpanScorer) -> None:
        """Score the suggested spans, and write those with a label into the group.

        Args:
            ops: Where the scores are.
            docs: The documents, whose group is replaced.
            scores: What the model made of the documents.
        """
        spans = self.suggester(docs)
        Y: Any = ops.to_numpy(scores(spans))
        start = 0
        for doc, bounds in zip(docs, spans, strict=True):
            rows = Y[start : start + len(bounds)]
            start += len(bounds)
            choose = self._choose_one if self.max_positive == 1 else self._choose_many
            found = choose(bounds, rows) if len(bounds) else []
            doc.spans = {**(doc.spans or {}), self.spans_key: found}

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Measure the spans of predicted documents by those of gold ones."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        return score_spans(gold, predicted, self.spans_key)

    def _gold(self, doc: Doc) -> list[Span] | None:
        return (doc.spans or {}).get(self.spans_key)

    def _choose_many(self, bounds: Array, Y: Array) -> list[Span]:
        """Assign each span the labels whose scores reach the threshold."""
        n_labels = len(self.labels) - self.negative_label
        Y = Y[:, :n_labels]
        keeps = (-np.inf if self.threshold is None else self.threshold) <= Y
        if self.max_positive is not None:
            ranked = (-Y).argsort(axis=1)
            np.put_along_axis(keeps, ranked[:, self.max_positive :], False, axis=1)
        rows, columns = np.nonzero(keeps)
        pairs = zip(bounds[rows].tolist(), columns.tolist(), strict=True)
        return [Span(start, end, self.labels[i]) for (start, end), i in pairs]

    def _choose_one(self, bounds: Array, Y: Array) -> list[Span]:
        """Assign each span its best label, if it has one."""
        best = Y.argmax(axis=1)
        scores = Y[np.arange(len(Y)), best]
        keeps = scores >= (-np.inf if self.threshold is None else self.threshold)
        if self.negative_label:
            keeps &= best != Y.shape[1] - 1
        order = np.arange(len(Y)) if self.allow_overlap else (-scores).argsort()
        found: list[Span] = []
        taken: set[int] = set()
        for i in order[keeps[order]].tolist():
            start, end = bounds[i].tolist()
            places = range(start, end)
            if self.allow_overlap or taken.isdisjoint(places):
                found.append(Span(start, end, self.labels[best[i]]))
                taken.update(places)
        return found


@registry.factories("spancat")
def spancat(
    *,
    suggester: Suggester | None = None,
    spans_key: str = "sc",
    threshold: float = 0.5,
    max_positive: int | None = None,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> SpanCategorization:
    """Predict labels of spans, several if need be: a group of `spans`.

    The settings are those of `SpanCategorization`.
    """
    return SpanCategorization(
        suggester=suggester,
        spans_key=spans_key,
        threshold=threshold,
        max_positive=max_positive,
        scorer=scorer,
    )


@registry.factories("spancat_singlelabel")
def spancat_singlelabel(
    *,
    suggester: Suggester | None = None,
    spans_key: str = "sc",
    negative_weight: float = 1.0,
    allow_overlap: bool = True,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> SpanCategorization:
    """Predict one label of each span at most: a group of `spans`.

    The settings are those of `SpanCategorization`.
    """
    return SpanCategorization(
        suggester=suggester,
        spans_key=spans_key,
        threshold=None,
        max_positive=1,
        negative_label=True,
        negative_weight=negative_weight,
        allow_overlap=allow_overlap,
        scorer=scorer,
    )
