"""Train an entity recognizer by transitions, and write what it finds."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._check_numbers import check_sizes
from .._kernel_choice import kernels_name
from .._registry import registry
from .._scores import score_ents
from .._transitions.entity_decoder import EntityLimits, FoundEntities, find_entities
from .._transitions.entity_gold import read_entities, read_wrong_spans
from .._transitions.entity_moves import EntityMoves, name_entity_moves
from .._transitions.entity_teacher import EntityTeacher
from .._transitions.find_compiled import find_compiled
from .._transitions.score_gradient import ScoreGradient
from .._transitions.scorer import StateScorer
from .._transitions.training_steps import draw_cut
from ..doc import Doc, Span, write_field
from ..threads import threads
from .objective import Loss

#: Tokens of which each thread finds the entities with compiled kernels at a time.
MAX_COMPILED = 2**12


class EntityRecognizer:
    """Predict named entities: spans of words that do not overlap, each with a label.

    Its labels are moves: each word begins an entity, is inside one, ends it, is one by
    itself, or is outside, and the best move is made from left to right. See `Entities`
    for the one that compares whole taggings.

    Args:
        update_with_oracle_cut_size: About how many moves in a row are learned from.
            Longer documents are cut into parts of half to twice as many, at random,
            which begin in the states that the right moves lead to. 0: none is cut.
        incorrect_spans_key: A group of `Doc.spans` with spans that are known not to be
            entities of their labels. A document with such spans may leave everything
            else unknown. None: there are none.
        scorer: Measures predictions, from gold and predicted documents to a dictionary.
            If None, precision, recall and F of exact spans.
    """

    field = "ents"
    #: Whether what a document has in the field stays, and more is written beside it.
    adds_to_field = True

    def __init__(
        self,
        *,
        update_with_oracle_cut_size: int = 100,
        incorrect_spans_key: str | None = None,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        check_sizes("ner", 0, update_with_oracle_cut_size=update_with_oracle_cut_size)
        self.update_with_oracle_cut_size = update_with_oracle_cut_size
        self.incorrect_spans_key = incorrect_spans_key
        self.scorer = scorer
        self._moves: EntityMoves | None = None

    @property
    def labels(self) -> list[str]:
        """The names of the moves, such as "B-ORG", "I-ORG" and "O"."""
        return [] if self._moves is None else self._moves.names

    @property
    def score_weights(self) -> dict[str, float]:
        """How much each score counts by default: `ents_f` alone."""
        return {"ents_f": 1.0}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Build moves of the labels of entities in documents, as spaCy orders them.

        Moves that there are already stay, with the new ones behind them.
        """
        counts: Counter[str] = Counter()
        for doc in docs:
            for span in doc.ents or ():
                if span.label:
                    counts[span.label] += span.end - span.start
        if counts:
            names = name_entity_moves(counts)
            self.set_labels([*dict.fromkeys([*self.labels, *names])])

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the names of the moves from elsewhere, such as a saved pipeline."""
        self._moves = EntityMoves(labels) if labels else None

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> Floats2d:
        """Build zeros in the shape of the scores of one state, (1, n_moves)."""
        return ops.alloc2f(1, len(self.labels))

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: StateScorer) -> Loss:
        """Compare the moves that the model makes with those that lead to the entities.

        The loss of a state is ``-log`` of the probability of its best moves. The next
        state is the one that the model itself chooses. A document whose `ents` is None
        adds nothing; words that `ents_known` leaves out may get any move.

        Raises:
            ValueError: For a label that is not known, for entities that overlap, and
                for an entity that is among those that are known to be wrong.
        """
        if self._moves is None:
            return Loss(0.0, 0, ScoreGradient([]))
        scores.check_features("ner", (3, 6))
        wrong = [self._wrong_spans(doc) for doc in docs]
        gold = read_entities(
            self._moves,
            [doc.ents or () for doc in docs],
            scores.lengths,
            [
                [False] * len(doc) if doc.ents is None and spans else doc.ents_known
                for doc, spans in zip(docs, wrong, strict=True)
            ],
        )
        if any(wrong):
            keys = read_wrong_spans(self._moves, wrong, scores.lengths)
            gold = replace(gold, wrong=keys)
        # What the model has read is what was predicted, if it is not the truth itself.
        limits = find_limits(scores.docs, are_read=scores.docs is not docs)
        is_taught = np.array(
            [_has_gold(doc) or bool(w) for doc, w in zip(docs, wrong, strict=True)],
            bool,
        )
        teacher = EntityTeacher(self._moves, gold, limits, scores.lengths, is_taught)
        learned = teacher.teach(scores, draw_cut(self.update_with_oracle_cut_size))
        return Loss(learned.loss, learned.n_states, learned.gradient)

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: StateScorer) -> None:
        """Write the entities that are found beside those that are there.

        None of them goes beyond the end of a sentence, if that is known, or begins
        with white space.
        """
        if self._moves is None:
            return
        scores.check_features("ner", (3, 6))
        moves, is_compiled = self._moves, kernels_name() == "numba"

        def annotate(part: tuple[slice, StateScorer]) -> None:
            find = find_compiled if is_compiled else find_entities
            chosen = docs[part[0]]
            _write(chosen, moves, find(part[1], moves, find_limits(chosen)))

        if is_compiled:
            threads.map(annotate, [*scores.parts(MAX_COMPILED)])
        else:
            annotate((slice(None), scores))

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Measure the entities of predicted documents by those of gold ones."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        return score_ents(gold, predicted)

    def _wrong_spans(self, doc: Doc) -> Sequence[Span]:
        """Return the spans of a document that are known to be no entities."""
        key = self.incorrect_spans_key
        spans: Sequence[Span] = (doc.spans or {}).get(key, ()) if key else ()
        both = {*spans} & {*(doc.ents or ())} if spans else ()
        for start, end, label in both:
            raise ValueError(
                f"ner: a span cannot be an entity and be in the group {key!r} of those "
                f"that are none, got {label} at {start}:{end}."
            )
        return spans


def _has_gold(doc: Doc) -> bool:
    return doc.ents is not None and (doc.ents_known is None or any(doc.ents_known))


def _write(docs: Sequence[Doc], moves: EntityMoves, found: FoundEntities) -> None:
    """Write the entities that are found beside those that are there."""
    types = moves.types
    entities = zip(*(column.tolist() for column in found), strict=True)
    first, (start, end, label) = 0, next(entities, _NONE)
    for doc in docs:
        spans = []
        behind = first + len(doc)
        while start < behind:
            spans.append(Span(start - first, end - first, types[label]))
            start, end, label = next(entities, _NONE)
        if doc.ents:
            doc.ents = sorted([*doc.ents, *spans])
        else:  # They lie within the words, and do not overlap.
            write_field(doc, "ents", spans)
        write_field(doc, "ents_known", None)
        first = behind


#: Stands behind the last entity.
_NONE = (sys.maxsize, 0, 0)


def find_limits(docs: Sequence[Doc], *, are_read: bool = True) -> EntityLimits:
    """Return what sentences, white space and known entities allow.

    Args:
        docs: The documents.
        are_read: Whether the sentences and entities in them count.
    """
    words = chain.from_iterable(doc.words for doc in docs)
    is_space = np.fromiter(map(str.isspace, words), bool)
    cuts: list[bool | None] = []
    is_known = np.zeros(len(is_space), bool)
    for doc in docs:
        n_words, first = len(doc), len(cuts)
        if not n_words:
            continue
        starts, ents = (doc.sent_starts, doc.ents) if are_read else (None, None)
        cuts += [False] * (n_words - 1) if starts is None else starts[1:]
        cuts.append(True)
        for span in ents or ():
            is_known[first + span.start : first + span.end] = True
            if span.start:
                cuts[first + span.start - 1] = True
    return EntityLimits(is_space, np.array(cuts, bool), is_known)


@registry.factories("ner")
def ner(
    *,
    update_with_oracle_cut_size: int = 100,
    moves: None = None,
    incorrect_spans_key: str | None = None,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> EntityRecognizer:
    """Predict the named entities of each document: the field `ents`.

    The settings are those of `EntityRecognizer`, and:

    Args:
        moves: Must be null: the moves are read from the documents, or come with the
            weights.
    """
    return EntityRecognizer(
        update_with_oracle_cut_size=update_with_oracle_cut_size,
        incorrect_spans_key=incorrect_spans_key,
        scorer=scorer,
    )
