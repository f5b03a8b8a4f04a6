"""Make the moves of walks that teach a parser: its own, or the right ones."""

from typing import NamedTuple

import numpy as np

from .._types import Array
from .arc_eager import ArcEager
from .parser_costs import CostKeeper, costs_of
from .parser_rows import ParserRows
from .score_gradient import ScoredStates, join_states
from .training_steps import TrainingSteps
from .walks import Walks, Windows


class TaughtWalks(NamedTuple):
    """Walks through the documents of a batch, with all that is known of them."""

    walks: Walks
    rows: ParserRows
    windows: Windows
    keeper: CostKeeper


class TaughtStates(NamedTuple):
    """The states of walks, step by step.

    Attributes:
        states: What their gradient needs.
        scores: Of all moves, (n_states, n_moves).
        is_gold: Whether a move is among the best valid ones, (n_states, n_moves).
    """

    states: ScoredStates
    scores: Array
    is_gold: Array


def follow_model(
    taught: TaughtWalks, moves: ArcEager, steps: TrainingSteps, limits: Array
) -> TaughtStates:
    """Make the best valid moves of the model until the walks are over.

    Args:
        taught: The walks, of which there are some.
        moves: Of the parser.
        steps: Scores the states.
        limits: How many moves each walk makes at most, (n_walks,).
    """
    walks, rows, windows, keeper = taught
    penalties = moves.penalties(None)
    found: list[tuple[Array, Array, ScoredStates]] = []
    while len(walks):
        rows.features(walks.features)
        keys = rows.keys(walks.features)
        facts = keeper.facts(walks, keys)
        scores, states = steps.score(windows.tokens.take(walks.features))
        found.append((facts, scores, states))
        make_moves(taught, moves, (scores + penalties.take(keys, 0)).argmax(1))
        kept = walks.unfinished & (limits > len(found))
        if not kept.all():
            walks.keep(kept)
            limits = limits[kept]
    all_facts, all_scores, parts = zip(*found, strict=True)
    costs = costs_of(np.concatenate(all_facts, axis=1), windows)
    is_gold = costs.classes(moves, np.minimum(costs.kinds.min(1), 1))
    return TaughtStates(join_states(parts), np.concatenate(all_scores), is_gold)


def follow_gold(taught: TaughtWalks, moves: ArcEager, n_steps: int) -> None:
    """Make up to so many right moves in each walk; of equally good ones, the first.

    Walks that are over are left out.
    """
    walks, rows, windows, keeper = taught
    for _ in range(n_steps):
        if not len(walks):
            break
        rows.features(walks.features)
        keys = rows.keys(walks.features)
        costs = costs_of(keeper.facts(walks, keys), windows)
        # A word that is reduced can cost less than nothing, as in spaCy.
        is_best = costs.classes(moves, np.maximum(costs.kinds.min(1), 0))
        make_moves(taught, moves, is_best.argmax(1))
        kept = walks.unfinished
        if not kept.all():
            walks.keep(kept)


def make_moves(taught: TaughtWalks, moves: ArcEager, chosen: Array) -> None:
    """Make a move in each walk, (n_walks,), of a state whose facts have been found."""
    walks, rows, _, keeper = taught
    kinds = moves.kinds.take(chosen)
    before = walks.features[[0, 1, 4]]
    rows.apply(walks.features, kinds, chosen)
    keeper.moved(walks, before, kinds)
