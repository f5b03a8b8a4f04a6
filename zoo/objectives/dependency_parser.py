"""Train a dependency parser, and write trees by its moves."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._check_numbers import check_sizes
from .._kernel_choice import kernels_name
from .._registry import registry
from .._scores import score_deps, score_sents
from .._transitions.arc_eager import BREAK, LEFT, RIGHT, ArcEager
from .._transitions.lanes import guess_starts
from .._transitions.lockstep import parse
from .._transitions.parse_compiled import parse_compiled
from .._transitions.parser_gold import GoldTree, count_moves, name_moves, read_gold
from .._transitions.parser_rows import read_presets
from .._transitions.parser_teacher import ParserTeacher
from .._transitions.score_gradient import ScoreGradient
from .._transitions.scorer import StateScorer
from .._transitions.training_steps import draw_cut
from .._transitions.trees import Tree, make_trees, read_arcs
from .._types import Array
from ..doc import Doc, write_field
from ..threads import threads
from .objective import Loss

#: Tokens that are parsed together. A token takes several kilobytes meanwhile.
MAX_TOKENS = 2**14
#: The same with compiled kernels, of which each thread has one part at a time.
MAX_COMPILED = 2**12


class DependencyParser:
    """Predict dependency trees, and with them where sentences begin.

    Its labels are the moves of an arc-eager transition system: a word and its head are
    joined while the words are read from left to right. Of trees whose arcs cross, it
    learns projective ones, whose labels say where arcs are to be moved afterwards.

    Args:
        min_action_freq: How often a label must occur in the documents to be learned.
            Rarer ones become "dep".
        update_with_oracle_cut_size: About how many moves in a row are learned from.
            Longer documents are cut into parts of half to twice as many, at random,
            which begin in the states that the right moves lead to. 0: none is cut.
        guess_sentences: Whether long documents are parsed from several words at once
            where sentences are likely to begin. It is faster, and the result is the
            same.
        scorer: Measures predictions, from gold and predicted documents to a dictionary.
            If None, `score_deps` and `score_sents` do.
    """

    field = "deps"
    #: The fields that it writes.
    written = ("heads", "deps", "sent_starts")

    def __init__(
        self,
        *,
        min_action_freq: int = 30,
        update_with_oracle_cut_size: int = 100,
        guess_sentences: bool = True,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        check_sizes("parser", 0, min_action_freq=min_action_freq)
        check_sizes(
            "parser", 0, update_with_oracle_cut_size=update_with_oracle_cut_size
        )
        self.min_action_freq = min_action_freq
        self.update_with_oracle_cut_size = update_with_oracle_cut_size
        self.guess_sentences = guess_sentences
        self.scorer = scorer
        self._moves: ArcEager | None = None

    @property
    def labels(self) -> list[str]:
        """The names of the moves, such as "S", "D", "L-nsubj" and "B-ROOT"."""
        return [] if self._moves is None else self._moves.names

    @property
    def score_weights(self) -> dict[str, float]:
        """How much each score counts by default: `dep_uas` and `dep_las` alike."""
        return {"dep_uas": 0.5, "dep_las": 0.5}

    def add_labels(self, docs: Iterable[Doc]) -> None:
        """Build moves of the labels of the arcs in documents, as spaCy orders them.

        Moves that there are already stay, with the new ones behind them.
        """
        counts = count_moves(map(_tree_of, docs))
        if not any(counts[kind] for kind in (LEFT, RIGHT, BREAK)):
            return
        names = name_moves(counts, self.min_action_freq)
        self.set_labels([*dict.fromkeys([*self.labels, *names])])

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the names of the moves from elsewhere, such as a saved pipeline."""
        self._moves = ArcEager(labels) if labels else None

    def sample(self, ops: Ops, docs: Sequence[Doc]) -> Floats2d:
        """Build zeros in the shape of the scores of one state, (1, n_moves)."""
        return ops.alloc2f(1, len(self.labels))

    def loss(self, ops: Ops, docs: Sequence[Doc], scores: StateScorer) -> Loss:
        """Compare the moves that the model makes with those that lead to the trees.

        The loss of a state is ``-log`` of the probability of its best moves: those
        after which the most gold arcs can still be made. The next state is the one that
        the model itself chooses. Words without a head teach nothing of it.

        Raises:
            ValueError: For a tree that goes round in a circle.
        """
        if self._moves is None:
            return Loss(0.0, 0, ScoreGradient([]))
        scores.check_features("parser", (8, 13))
        gold = read_gold(self._moves, [_tree_of(doc) for doc in docs])
        # What the model has read is what was predicted, if it is not the truth itself.
        inputs = [] if scores.docs is docs else scores.docs
        presets = _known_starts(inputs) if inputs else None
        teacher = ParserTeacher(self._moves, gold, scores.lengths, presets)
        cut = draw_cut(self.update_with_oracle_cut_size)
        learned = teacher.teach(scores, cut, learn_ends=scores.learn_ends)
        return Loss(learned.loss, learned.n_states, learned.gradient)

    def annotate(self, ops: Ops, docs: Sequence[Doc], scores: StateScorer) -> None:
        """Write heads, deps and sent_starts in the place of what is there.

        What is known of `sent_starts` is kept: a sentence begins where it says so, and
        nowhere else in words that it says begin none.
        """
        if self._moves is None:
            return
        scores.check_features("parser", (8, 13))
        moves, is_compiled = self._moves, kernels_name() == "numba"

        def annotate(part: tuple[slice, StateScorer]) -> None:
            self._parse(moves, docs[part[0]], part[1], is_compiled)

        if is_compiled:
            threads.map(annotate, [*scores.parts(MAX_COMPILED)])
        else:
            for part in scores.parts(MAX_TOKENS):
                annotate(part)

    def _parse(
        self,
        moves: ArcEager,
        docs: Sequence[Doc],
        scores: StateScorer,
        is_compiled: bool,
    ) -> None:
        presets = _known_starts(docs)
        if is_compiled:
            arcs = parse_compiled(scores, moves, presets)
        else:
            guesses: Sequence[int] = ()
            if self.guess_sentences:
                guesses = guess_starts(doc.words for doc in docs)
            head, move = parse(scores, moves, presets=presets, guesses=guesses)
            arcs = read_arcs(head, move, moves.arc_labels, scores.lengths)
        trees = make_trees(arcs, moves.arc_labels, [doc.words for doc in docs])
        for doc, tree in zip(docs, trees, strict=True):
            _write(doc, tree)

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Measure the trees and sentences of predicted documents by those of gold."""
        if self.scorer is not None:
            return self.scorer(gold, predicted)
        return score_deps(gold, predicted) | score_sents(gold, predicted)


def _tree_of(doc: Doc) -> GoldTree:
    """Return what is known of the tree of a document."""
    none = [None] * len(doc)
    return GoldTree(doc.heads or none, doc.deps or none, doc.sent_starts)


def _write(doc: Doc, tree: Tree) -> None:
    write_field(doc, "heads", tree.heads)
    write_field(doc, "deps", tree.deps)
    write_field(doc, "sent_starts", tree.starts)


def _known_starts(docs: Sequence[Doc]) -> Array | None:
    """Return what is known of the starts of sentences, as `ParserRows` takes it."""
    known = [doc.sent_starts for doc in docs]
    if not any(known):
        return None
    parts: list[int] = []
    for doc, starts in zip(docs, known, strict=True):
        parts += [0] * len(doc) if starts is None else read_presets(starts)
    return np.array(parts, np.intp)


@registry.factories("parser")
def parser(
    *,
    min_action_freq: int = 30,
    update_with_oracle_cut_size: int = 100,
    learn_tokens: bool = False,
    moves: None = None,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> DependencyParser:
    """Predict the dependency tree of each document: `heads`, `deps`, `sent_starts`.

    The settings are those of `DependencyParser`, and:

    Args:
        learn_tokens: Must be False: words are never joined.
        moves: Must be null: the moves are read from the documents, or come with the
            weights.

    Raises:
        ValueError: Another value of these.
    """
    if learn_tokens:
        raise ValueError(
            "parser: learn_tokens must be false, got true. Words are never joined; "
            "split them right beforehand."
        )
    return DependencyParser(
        min_action_freq=min_action_freq,
        update_with_oracle_cut_size=update_with_oracle_cut_size,
        scorer=scorer,
    )
