"""Train a tagger of morphological features and parts of speech at once."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, Final

from thinc.api import Ops
from thinc.types import Floats2d

from .._check_numbers import Range, check_numbers
from .._label_scores import score_morphs
from .._lexical.feats import join_feats, normal_feats, split_feats
from .._lexical.symbols import SYMBOLS
from .._registry import registry
from .._scores import token_accuracy
from ..doc import Doc
from ._token_loss import MISSING, as_truth, best_labels, cross_entropy
from .objective import Labels, Loss

#: The name that the part of speech has among the features of a label.
POS: Final = "POS"
#: The label of a word without features and part of speech.
_NOTHING: Final = "_"


class Morphologizer:
    """Predict the features and the coarse part of speech of each word.

    A label holds both: "Number=Sing|POS=NOUN". The loss is the cross-entropy of the
    model's probabilities over the labels. A word without either adds nothing, nor does
    one whose label was not seen at initialization.

    Attributes:
        field: "morphs", the first of the two fields.
        fields: Both, "morphs" and "pos".

    Args:
        overwrite: Whether to replace features and parts of speech that a document has.
        extend: Whether to add features to those that a document has; of a feature that
            it has already, `overwrite` says which value wins.
        label_smoothing: Share of the truth that is spread over the other labels, 0 to
            below 1.
        scorer: Measures predictions. None: `pos_acc`, `morph_acc` and scores of single
            features.

    Source:
        spaCy 3.8, `Morphologizer`.
    """

    field = "morphs"
    fields = ("morphs", "pos")

    def __init__(
        self,
        *,
        overwrite: bool = True,
        extend: bool = False,
        label_smoothing: float = 0.0,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        allowed = Range(0, 1, below=True)
        check_numbers("morphologizer", allowed, label_smoothing=label_smoothing)
        self.overwrite = overwrite
        self.extend = extend
        self.label_smoothing = label_smoothing
        self.scorer = scorer
        self._labels = Labels("morphologizer")
        self._values: list[tuple[str, str | None]] = []

    @property
    def labels(self) -> list[str]:
        """Features with the part of speech, in the order of the model's outputs."""
        return self._labels.names

    @property
    def score_weights(self) -> dict[str, float]:
        """How much each score counts by default: `pos_acc` and `morph_acc` a half."""
        return {"pos_acc": 0.5, "morph_acc": 0.5}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Collect the labels of the words that have features or a part of speech."""
        found = {pair for doc in docs for pair in _pairs(doc)}
        self._labels.add(label_of(morph, pos) for morph, pos in found if morph or pos)
        # A word that is known to have no features has a label too.
        if ("", None) in found:
            self._labels.add([_NOTHING])
        self._read_labels()

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the labels from elsewhere, such as a saved pipeline."""
        self._labels.set(labels)
        self._read_labels()

    def labels_from_spacy(self, path: Path) -> list[str]:
        """Read the labels in spaCy's file `cfg`, in the component's folder.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged.
        """
        file = path / "cfg"
        try:
            config = json.loads(file.read_text(encoding="utf8"))
            morphs, pos = config["labels_morph"], config["labels_pos"]
            wrong = [
                label
                for label in morphs
                if _read_label(label)
                != (normal_feats(morphs[label]), _NAMES_OF_POS[pos[label]])
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problem = f"expected labels of a morphologizer, got: {error!r}."
            raise ValueError(f"{file}: {problem}") from error
        if wrong:
            raise ValueError(
                f"{file}: expected labels that say what they stand for, got "
                f"{wrong[0]!r}."
            )
        return [*morphs]

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> list[Floats2d]:
        """Return zeros in the shape of an output, (n_tokens, n_labels) per document."""
        return [ops.alloc2f(len(doc), len(self.labels)) for doc in docs]

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> Loss:
        """Compare probabilities, (n_tokens, n_labels) per document, with the labels."""
        known = {label: i for i, label in enumerate(self.labels)}
        truth = as_truth(
            [
                [
                    MISSING
                    if morph is None and pos is None
                    else known.get(label_of(morph, pos), MISSING)
                    for morph, pos in _pairs(doc)
                ]
                for doc in docs
            ]
        )
        return cross_entropy(ops, scores, truth, smoothing=self.label_smoothing)

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: list[Floats2d]) -> None:
        """Write the features and the part of speech of the best label of each word.

        Args:
            ops: Where the scores are.
            docs: The documents, whose fields are replaced.
            scores: (n_tokens, n_labels) per document.
        """
        sizes = [*map(len, docs)]
        best = best_labels(ops, scores, len(self.labels), sizes)
        for doc, numbers in zip(docs, best, strict=True):
            values = [self._values[number] for number in numbers]
            doc.morphs = self._merge_morphs([morph for morph, _ in values], doc.morphs)
            pos = [name for _, name in values]
            if doc.pos is not None and not self.overwrite:
                pos = [o or n for o, n in zip(doc.pos, pos, strict=True)]
            doc.pos = pos

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Measure the features and parts of speech of predicted documents."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        accuracy = token_accuracy(gold, predicted, "pos")
        return {"pos_acc": accuracy, **score_morphs(gold, predicted)}

    def _read_labels(self) -> None:
        self._values = [_read_label(label) for label in self.labels]

    def _merge_morphs(
        self, new: Sequence[str], old: Sequence[str | None] | None
    ) -> list[str | None]:
        if old is None or (self.overwrite and not self.extend):
            return [*new]
        pairs = zip(new, old, strict=True)
        if not self.extend:
            return [n if o is None else o for n, o in pairs]
        merged: list[str | None] = []
        for morph, known in pairs:
            first, last = (known, morph) if self.overwrite else (morph, known)
            merged.append(join_feats(split_feats(first) | split_feats(last)))
        return merged


_NAMES_OF_POS: Final[dict[int, str | None]] = {
    number: name for name, number in SYMBOLS.items() if 84 <= number <= 103
}
_NAMES_OF_POS[0] = None


def label_of(morph: str | None, pos: str | None) -> str:
    """Return the label of features and a part of speech; None is neither."""
    feats = split_feats(morph)
    if pos:
        feats[POS] = pos
    return join_feats(feats) or _NOTHING


def _read_label(label: str) -> tuple[str, str | None]:
    """Return the features and the part of speech that a label stands for."""
    feats = split_feats(label)
    pos = feats.pop(POS, None)
    return join_feats(feats), pos


def _pairs(doc: Doc) -> Iterable[tuple[str | None, str | None]]:
    n = len(doc)
    morphs = repeat(None, n) if doc.morphs is None else doc.morphs
    pos = repeat(None, n) if doc.pos is None else doc.pos
    return zip(morphs, pos, strict=True)


@registry.factories("morphologizer")
def morphologizer(
    *,
    overwrite: bool = True,
    extend: bool = False,
    label_smoothing: float = 0.0,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> Morphologizer:
    """Predict features and coarse parts of speech: the fields `morphs` and `pos`.

    The settings are those of `Morphologizer`.
    """
    return Morphologizer(
        overwrite=overwrite,
        extend=extend,
        label_smoothing=label_smoothing,
        scorer=scorer,
    )
