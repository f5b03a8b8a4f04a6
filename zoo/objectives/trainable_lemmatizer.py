"""Train a tagger of edit trees, which turn words into their lemmas."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._check_numbers import check_sizes
from .._lexical.attributes import norm
from .._registry import registry
from .._scores import token_accuracy
from ..doc import Doc
from ._edit_trees import Tree, apply_tree, label_of_pair, read_label, read_spacy_labels
from ._token_loss import MISSING, as_truth, best_labels, cross_entropy
from .objective import Labels, Loss

#: What takes the place of a lemma where no tree fits the word.
Backoff = Literal["orth", "lower", "norm"]
_BACKOFFS: Final[dict[str, Callable[[str], str]]] = {
    "orth": str,
    "lower": str.lower,
    "norm": norm,
}
#: Lemmas that are remembered, by tree and word; then all of them are forgotten.
_MEMORY: Final = 1 << 16


class TrainableLemmatizer:
    """Predict the lemma of each word, as the edit tree that turns the word into it.

    A tree says which part of a word stays, and what its beginning and its end are
    replaced with: one tree turns "walked" into "walk" and "talked" into "talk". Its
    label is JSON: ``[0,2,null,["ed",""]]``. The loss is the cross-entropy of the
    model's probabilities over the trees. A word without a lemma adds nothing.

    Args:
        backoff: The attribute that is written where no tree fits: "orth", "lower" or
            "norm"; None leaves the lemma unknown.
        min_tree_freq: How often a tree must occur in the training documents to count.
        overwrite: Whether to replace lemmas that a document has.
        top_k: How many trees, the best first, are tried until one fits the word.
        rare: What a word whose tree is too rare learns: the "first" tree, as in spaCy,
            or "nothing".
        scorer: Measures predictions. None: the share of right lemmas, `lemma_acc`.

    Raises:
        ValueError: A setting is out of range.

    Source:
        spaCy 3.8, `EditTreeLemmatizer`; Müller et al. (2015), *Joint lemmatization and
        morphological tagging with Lemming*, https://aclanthology.org/D15-1272.
    """

    field = "lemmas"
    fields = ("lemmas",)

    def __init__(
        self,
        *,
        backoff: Backoff | None = "orth",
        min_tree_freq: int = 3,
        overwrite: bool = False,
        top_k: int = 1,
        rare: Literal["first", "nothing"] = "first",
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        check_sizes("trainable_lemmatizer", 1, min_tree_freq=min_tree_freq, top_k=top_k)
        if backoff is not None and backoff not in _BACKOFFS:
            raise ValueError(
                f"trainable_lemmatizer: backoff must be one of {', '.join(_BACKOFFS)} "
                f"or null, got {backoff!r}."
            )
        if rare not in ("first", "nothing"):
            raise ValueError(
                f"trainable_lemmatizer: rare must be 'first' or 'nothing', got "
                f"{rare!r}."
            )
        self.backoff = backoff
        self.min_tree_freq = min_tree_freq
        self.overwrite = overwrite
        self.top_k = top_k
        self.rare = rare
        self.scorer = scorer
        self._labels = Labels("trainable_lemmatizer")
        self._trees: list[Tree] = []
        self._found: dict[tuple[int, str], str | None] = {}

    @property
    def labels(self) -> list[str]:
        """The trees as JSON, in the order of the model's outputs."""
        return self._labels.names

    @property
    def score_weights(self) -> dict[str, float]:
        """How much each score counts by default: `lemma_acc` alone."""
        return {"lemma_acc": 1.0}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the trees that occur often enough, in the order of the documents."""
        counts = Counter(
            label_of_pair(word, lemma)
            for doc in docs
            for word, lemma in zip(doc.words, doc.lemmas or (), strict=False)
            if lemma
        )
        often = [label for label, n in counts.items() if n >= self.min_tree_freq]
        self.set_labels([*dict.fromkeys([*self.labels, *often])])

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the trees from elsewhere; ValueError if one is none."""
        self._trees = [read_label(label) for label in labels]
        self._labels.set(labels)
        self._found = {}

    def labels_from_spacy(self, path: Path, strings: Iterable[str]) -> list[str]:
        """Read the trees of spaCy's files `cfg` and `trees`.

        Args:
            path: The component's folder.
            strings: All strings of the pipeline, those of ``vocab/strings.json``.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: A file is damaged.
        """
        return read_spacy_labels(path, strings)

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> list[Floats2d]:
        """Return zeros in the shape of an output, (n_tokens, n_labels) per document."""
        return [ops.alloc2f(len(doc), len(self.labels)) for doc in docs]

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> Loss:
        """Compare probabilities, (n_tokens, n_labels) per document, with the trees."""
        known = {label: i for i, label in enumerate(self.labels)}
        rare = 0 if self.rare == "first" else MISSING
        truth = [
            [
                known.get(label_of_pair(word, lemma), rare) if lemma else MISSING
                for word, lemma in zip(doc.words, doc.lemmas, strict=True)
            ]
            if doc.lemmas is not None
            else [MISSING] * len(doc)
            for doc in docs
        ]
        return cross_entropy(ops, scores, as_truth(truth))

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> None:
        """Write the lemmas.

        A lemma that a word has already stays, unless `overwrite` is set.

        Args:
            ops: Where the scores are.
            docs: The documents, whose field is replaced.
            scores: (n_tokens, n_labels) per document.
        """
        best = best_labels(ops, scores, len(self.labels), [*map(len, docs)])
        for doc, numbers, rows in zip(docs, best, scores, strict=True):
            lemmas = [*map(self._apply, numbers, doc.words)]
            if None in lemmas:
                lemmas = self._try_others(ops, doc, lemmas, rows)
            if doc.lemmas is not None and not self.overwrite:
                lemmas = [o or n for o, n in zip(doc.lemmas, lemmas, strict=True)]
            doc.lemmas = [lemma or None for lemma in lemmas]

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Measure the lemmas of predicted documents by those of gold ones."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        return {"lemma_acc": token_accuracy(gold, predicted, "lemmas")}

    def _apply(self, number: int, word: str) -> str | None:
        """Apply a tree to a word, once for all places where it stands."""
        found, key = self._found, (number, word)
        if key not in found:
            if len(found) >= _MEMORY:
                found = self._found = {}
            found[key] = apply_tree(self._trees[number], word)
        return found[key]

    def _try_others(
        self, ops: Ops, doc: Doc, lemmas: list[str | None], scores: Floats2d
    ) -> list[str | None]:
        """Try further trees on the words that the best does not fit."""
        rows = [i for i, lemma in enumerate(lemmas) if lemma is None]
        found = [*lemmas]
        order = np.argsort(-ops.to_numpy(scores)[rows], axis=1, kind="stable")
        for row, numbers in zip(rows, order[:, 1 : self.top_k].tolist(), strict=True):
            word = doc.words[row]
            others = (self._apply(number, word) for number in numbers)
            found[row] = next((o for o in others if o is not None), None)
            if found[row] is None and self.backoff is not None:
                norms = doc.norms if self.backoff == "norm" else None
                given = norms[row] if norms else None
                found[row] = given or _BACKOFFS[self.backoff](word)
        return found


@registry.factories("trainable_lemmatizer")
def trainable_lemmatizer(
    *,
    backoff: Backoff | None = "orth",
    min_tree_freq: int = 3,
    overwrite: bool = False,
    top_k: int = 1,
    rare: Literal["first", "nothing"] = "first",
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> TrainableLemmatizer:
    """Predict lemmas as edits of words: the field `lemmas`.

    The settings are those of `TrainableLemmatizer`.
    """
    return TrainableLemmatizer(
        backoff=backoff,
        min_tree_freq=min_tree_freq,
        overwrite=overwrite,
        top_k=top_k,
        rare=rare,
        scorer=scorer,
    )
