"""Learn to find entities: walk by the moves of the model, and compare them."""

from typing import NamedTuple

import numpy as np

from .._types import Array
from .entity_decoder import EntityLimits
from .entity_gold import UNKNOWN, EntityGold
from .entity_moves import BEGIN, IN, LAST, OUT, UNIT, EntityMoves
from .entity_path import FIRST_WORDS, choose_path
from .gold_softmax import gold_softmax
from .score_gradient import ScoredStates, ScoreGradient
from .scorer import StateScorer
from .training_steps import Learned, TrainingSteps


class Places(NamedTuple):
    """The places of walks through documents, one of each walk after the other.

    Attributes:
        tokens: The token of each place, (n_places,).
        ends: The place behind the walk of each, (n_places,).
        walks: The number of the walk of each, (n_places,).
    """

    tokens: Array
    ends: Array
    walks: Array


class Candidates(NamedTuple):
    """Entities that the model may make, in order of their places.

    Attributes:
        places: Where their states begin, (n_candidates,).
        starts: Their first tokens.
        types: Their labels, numbers of `EntityMoves.types`.
        is_open: Whether a walk begins inside of it.
        ends: The place behind each; 0 if it is not known yet.
    """

    places: Array
    starts: Array
    types: Array
    is_open: Array
    ends: Array


class Followed(NamedTuple):
    """A step of some entities that are open.

    Attributes:
        candidates: Which, (n_states,).
        run: The number of the run that followed them.
        states, scores, is_gold: Of their states.
    """

    candidates: Array
    run: int
    states: ScoredStates
    scores: Array
    is_gold: Array


class EntityTeacher:
    """Teach an entity recognizer the entities of a batch.

    While no entity is open, the states of a walk do not depend on what came before, as
    in `entity_decoder`: all are scored at once, and so are those of the entities that
    may be made. In the end, those count that are on the way.

    Args:
        moves: Of the entity recognizer.
        gold: Of all tokens.
        limits: What is known of the tokens beforehand.
        lengths: Tokens of each document, (n_docs,).
        is_taught: Whether the entities of each document are known, (n_docs,).
    """

    def __init__(
        self,
        moves: EntityMoves,
        gold: EntityGold,
        limits: EntityLimits,
        lengths: Array,
        is_taught: Array,
    ) -> None:
        self._moves, self._gold, self._limits = moves, gold, limits
        self._lengths, self._is_taught = lengths, is_taught

    def teach(self, scorer: StateScorer, cut: int = 0) -> Learned:
        """Walk through the documents by the best moves of the model.

        Args:
            scorer: Of the documents.
            cut: Documents of as many words or more are walked through in parts, which
                begin in the right state at each multiple of it, and have one word
                more. 0: none is.
        """
        places = self._places(cut)
        if not len(places.tokens):
            return Learned(0.0, 0, ScoreGradient([]))
        steps = TrainingSteps(scorer, tuple(range(scorer.n_features)))
        features = np.zeros((scorer.n_features, len(places.tokens)), np.intp)
        features[0] = places.tokens + 1
        scores, states = steps.score(features)
        valid = self._valid_outside(places.tokens)
        best = np.where(valid, scores, -np.inf).argmax(1)
        found = self._candidates(places, best)
        followed, runs, kept = self._follow(steps, places, found)
        outside = _outside(len(best), found, kept)
        is_gold = self._gold_outside(places.tokens[outside], valid[outside])
        loss, d_scores = gold_softmax(scores[outside], is_gold)
        steps.add(states.take(outside), d_scores)
        n_states = len(outside)
        is_kept = np.zeros(len(found.places), bool)
        is_kept[kept] = True
        for step in followed:
            who = step.candidates
            chosen = (is_kept[who] & (runs[who] == step.run)).nonzero()[0]
            if len(chosen):
                part, d_scores = gold_softmax(step.scores[chosen], step.is_gold[chosen])
                steps.add(step.states.take(chosen), d_scores)
                loss, n_states = loss + part, n_states + len(chosen)
        return Learned(loss, n_states, steps.gradient)

    def _places(self, cut: int) -> Places:
        lengths = self._lengths
        sizes = np.maximum(lengths, 1)
        if cut:
            sizes = np.where(lengths >= cut, cut, sizes)
        n_walks = np.where(self._is_taught, -(-lengths // sizes), 0)
        docs = np.repeat(np.arange(len(lengths)), n_walks)
        starts = _count_up(n_walks) * sizes[docs]
        n_places = lengths[docs] - starts
        if cut:
            n_places = np.minimum(n_places, cut + 1)
        firsts = (np.cumsum(lengths) - lengths)[docs] + starts
        return Places(
            np.repeat(firsts, n_places) + _count_up(n_places),
            np.repeat(np.cumsum(n_places), n_places),
            np.repeat(np.arange(len(docs)), n_places),
        )

    def _valid_outside(self, tokens: Array) -> Array:
        """Return the moves that are valid while no entity is open."""
        moves, limits = self._moves, self._limits
        valid = np.zeros((len(tokens), len(moves.names)), bool)
        is_space = limits.is_space[tokens]
        may_begin = ~(is_space | limits.is_cut[tokens])
        valid[:, moves.by_label[:, BEGIN]] = may_begin[:, None]
        valid[:, moves.by_label[:, UNIT]] = ~is_space[:, None]
        valid[:, moves.out] = True
        return valid

    def _gold_outside(self, tokens: Array, valid: Array) -> Array:
        """Return the best of the valid moves while no entity is open."""
        moves, gold = self._moves, self._gold
        kinds, types = gold.kinds[tokens], gold.types[tokens]
        begins = (kinds == BEGIN) | (kinds == UNIT)
        right = np.full(len(tokens), moves.out)
        right[begins] = moves.by_label[types[begins], kinds[begins]]
        is_gold = np.zeros(valid.shape, bool)
        rows = np.arange(len(tokens))
        is_gold[rows, right] = True
        # If the right move is not valid, all others are equally wrong; and equally
        # right, if it is not known.
        lost = ~valid[rows, right] | (kinds == UNKNOWN)
        is_gold[lost] = valid[lost]
        return self._without_wrong(tokens, valid, is_gold)

    def _without_wrong(self, tokens: Array, valid: Array, is_gold: Array) -> Array:
        """Make moves worse that lead to spans that are known to be no entities.

        A move that begins an entity leads there if only two words are left.
        """
        moves, gold = self._moves, self._gold
        if not len(gold.wrong):
            return is_gold
        costs = (~is_gold).astype(np.intp)
        types = np.arange(len(moves.types))
        starts = tokens[:, None]
        doc_ends = np.repeat(np.cumsum(self._lengths), self._lengths)
        is_short = (tokens + 2 == doc_ends[tokens])[:, None]
        units = gold.is_wrong(starts, starts + 1, types)
        begins = is_short & gold.is_wrong(starts, starts + 2, types)
        costs[:, moves.by_label[:, UNIT]] += units
        costs[:, moves.by_label[:, BEGIN]] += begins
        costs[~valid] = costs.max(initial=0) + 1
        best: Array = valid & (costs == costs.min(1, keepdims=True))
        return best

    def _candidates(self, places: Places, best: Array) -> Candidates:
        """Find the entities that begin by the best moves, or that walks begin in."""
        kinds = self._moves.kinds[best]
        made = ((kinds == BEGIN) | (kinds == UNIT)).nonzero()[0]
        opened = self._opened(places)
        all_places = np.concatenate([opened, made])
        is_open = np.arange(len(all_places)) < len(opened)
        order = np.lexsort((~is_open, all_places))
        at, is_open = all_places[order], is_open[order]
        tokens = places.tokens[at]
        starts = np.where(is_open, self._gold.starts[tokens], tokens)
        own = self._moves.type_of[best[at]]
        types = np.where(is_open, self._gold.types[tokens], own)
        is_unit = ~is_open & (kinds[at] == UNIT)
        # What begins with the last word of a walk has no further states.
        is_last = ~is_open & (at + 1 == places.ends[at])
        ends = np.where(is_unit | is_last, at + 1, 0)
        return Candidates(at, starts, types, is_open, ends)

    def _opened(self, places: Places) -> Array:
        """Return the places where walks begin inside of a gold entity."""
        if not len(places.walks):
            return np.zeros(0, np.intp)
        is_first = np.append(True, places.walks[1:] != places.walks[:-1])
        at = is_first.nonzero()[0]
        tokens = places.tokens[at]
        kinds, starts = self._gold.kinds[tokens], self._gold.starts[tokens]
        is_inside = (kinds == IN) | (kinds == LAST)
        # An entity that could not be begun is not open.
        is_sound = ~(self._limits.is_space | self._limits.is_cut)[starts]
        opened: Array = at[is_inside & is_sound]
        return opened

    def _follow(
        self, steps: TrainingSteps, places: Places, found: Candidates
    ) -> tuple[list[Followed], Array, list[int]]:
        """Follow entities as far as needed to know which are on the way.

        Returns:
            The steps, the run that followed each candidate to its end, and which
            candidates are on the way.
        """
        runs = np.zeros(len(found.places), np.intp)
        followed: list[Followed] = []
        owners = places.walks[found.places].tolist()
        wanted, n_words, run = (found.ends == 0).nonzero()[0], FIRST_WORDS, 0
        while True:
            runs[wanted] = run
            followed += self._run(steps, places, found, wanted, n_words, run)
            path = choose_path(found.places.tolist(), found.ends.tolist(), owners)
            if not path.open:
                return followed, runs, path.kept
            wanted, n_words, run = np.array(path.open), len(places.tokens), run + 1

    def _run(
        self,
        steps: TrainingSteps,
        places: Places,
        found: Candidates,
        wanted: Array,
        n_words: int,
        run: int,
    ) -> list[Followed]:
        """Follow some entities through at most so many words."""
        followed = []
        here = found.places[wanted] + ~found.is_open[wanted]
        for _ in range(n_words):
            if not len(wanted):
                break
            starts, types = found.starts[wanted], found.types[wanted]
            tokens = places.tokens[here]
            scores, states = steps.score(
                _open_features(tokens, starts, steps.n_features)
            )
            is_gold, goes_on = self._compare(tokens, starts, types, scores)
            followed.append(Followed(wanted, run, states, scores, is_gold))
            here = here + 1
            stays = goes_on & (here < places.ends[here - 1])
            found.ends[wanted[~stays]] = here[~stays]
            wanted, here = wanted[stays], here[stays]
        return followed

    def _compare(
        self, tokens: Array, starts: Array, types: Array, scores: Array
    ) -> tuple[Array, Array]:
        """Return the best moves of open entities, and whether the model goes on."""
        gold, moves = self._gold, self._moves
        rows = np.arange(len(tokens))
        on, over = moves.by_label[types, IN], moves.by_label[types, LAST]
        may_go_on = ~self._limits.is_cut[tokens]
        kinds, first = gold.kinds[tokens], gold.kinds[starts]
        # A wrong entity is lost, so that it is only to be left at the right word.
        is_lost = ((first != BEGIN) & (first != UNIT)) | (gold.types[starts] != types)
        is_before_out = gold.is_before_out[tokens]
        may_be_out = is_before_out | gold.is_before_unknown[tokens]
        costs_on = np.where(
            kinds == LAST,
            ~(is_lost & may_be_out),
            ((kinds == OUT) & ~may_be_out) | ((kinds == UNIT) & ~is_before_out),
        )
        costs_on = costs_on.astype(np.intp)
        costs_over = ((kinds == IN) & ~is_lost).astype(np.intp)
        costs_over += gold.is_wrong(starts, tokens + 1, types)
        least = np.where(may_go_on, np.minimum(costs_on, costs_over), costs_over)
        is_gold = np.zeros(scores.shape, bool)
        is_gold[rows, on] = may_go_on & (costs_on == least)
        is_gold[rows, over] = costs_over == least
        score_on, score_over = scores[rows, on], scores[rows, over]
        is_better = (score_on > score_over) | ((score_on == score_over) & (on < over))
        return is_gold, may_go_on & is_better


def _count_up(sizes: Array) -> Array:
    """Count from 0 anew for each size: 0, 1, 2, 0, 1 for 3 and 2."""
    ends = np.cumsum(sizes)
    counts: Array = np.arange(ends[-1] if len(ends) else 0)
    counts -= np.repeat(ends - sizes, sizes)
    return counts


def _open_features(tokens: Array, starts: Array, n_features: int) -> Array:
    """Return the features of states with an open entity, rows of the table."""
    features = np.zeros((n_features, len(tokens)), np.intp)
    features[0] = tokens + 1
    features[1] = starts + 1
    if n_features == 3:
        features[2] = tokens
        return features
    for feature in range(2, n_features):
        inner = starts + feature - 1
        features[feature] = np.where(inner < tokens, inner + 1, 0)
    return features


def _outside(n_places: int, found: Candidates, kept: list[int]) -> Array:
    """Return the places of states with no entity open."""
    changes = np.zeros(n_places + 1, np.intp)
    # The first word of an entity is not in it, unless a walk begins there.
    np.add.at(changes, found.places[kept] + ~found.is_open[kept], 1)
    np.add.at(changes, found.ends[kept], -1)
    outside: Array = (np.cumsum(changes)[:-1] == 0).nonzero()[0]
    return outside
