"""Walk through documents to learn a parser, by compiled code."""

from typing import Any

import numpy as np

from .._arrays import as_floats
from .._kernel_choice import Kernels, kernels_name
from .._types import Array
from .arc_eager import VALID, ArcEager
from .parser_costs import CostKeeper
from .parser_gold import GoldTree, read_gold
from .parser_rows import ORDERS, ParserRows
from .score_gradient import ScoredStates, join_states
from .scorer import ScorerWeights, StateScorer
from .taught_walks import TaughtStates, TaughtWalks
from .training_steps import TrainingSteps
from .walks import Walks, Windows

#: States of a word for which there is memory at first; more are written in parts.
PER_WORD = 2.5

_NONE: Array = np.zeros((0, 0), "f")


def walks_by_kernel(scorer: StateScorer) -> bool:
    """Check whether compiled code walks through the documents of a scorer."""
    return scorer.vectors.dtype == np.float32 and kernels_name() == "numba"


def follow_model_compiled(
    taught: TaughtWalks, moves: ArcEager, steps: TrainingSteps, limits: Array
) -> TaughtStates:
    """Do what `follow_model` does."""
    weights, flat = steps.weights, steps.flat
    nH = flat.shape[1] // weights.nP
    n_moves = len(moves.names)
    n_scores = nH if weights.UT is None else weights.UT.shape[1]
    if n_scores != n_moves:
        raise ValueError(
            f"parser: its model must score {n_moves} moves, got one of {n_scores}."
        )
    UT = np.zeros((0, n_moves), "f") if weights.UT is None else weights.UT
    bias = np.zeros(n_moves, "f") if weights.c is None else weights.c
    pieces = weights.nP if weights.nP > 1 or weights.is_rectified else 0
    layers = as_floats(UT), as_floats(bias)
    alive, n_left = np.arange(len(taught.walks)), limits.astype(np.int64)
    size = max(int(PER_WORD * len(taught.windows.tokens)), len(alive))
    found: list[TaughtStates] = []
    while len(alive):
        masks = steps.masks(size)
        out = _memory(size, steps.n_features, nH, n_moves)
        scorer = (
            as_floats(flat),
            steps.offsets,
            *layers,
            _NONE if masks is None else masks,
            pieces,
        )
        n, n_alive = _walk(
            taught, moves, alive, n_left, np.iinfo(np.int64).max, scorer, out
        )
        steps.use_masks(n)
        rows, hidden, winners, scores, is_gold = out
        mask = None if masks is None else masks[:n]
        states = ScoredStates(rows[:, :n], hidden[:n], winners[:n], mask)
        found.append(TaughtStates(states, scores[:n], is_gold[:n]))
        alive = alive[:n_alive]
    if len(found) == 1:
        return found[0]
    all_states, all_scores, golds = zip(*found, strict=True)
    return TaughtStates(
        join_states(all_states), np.concatenate(all_scores), np.concatenate(golds)
    )


def follow_gold_compiled(taught: TaughtWalks, moves: ArcEager, n_steps: int) -> None:
    """Do what `follow_gold` does."""
    walks = taught.walks
    alive, none = np.arange(len(walks)), np.zeros(0, "f")
    n_left = np.full(len(walks), n_steps)
    scorer = _NONE, np.zeros(0, np.int64), _NONE, none, _NONE, 0
    out = _memory(1, 0, 0, len(moves.names))
    _walk(taught, moves, alive, n_left, n_steps, scorer, out)
    walks.keep(walks.unfinished)


def _memory(n: int, n_features: int, nH: int, n_moves: int) -> tuple[Array, ...]:
    """Return arrays for what is known of so many states."""
    return (
        np.empty((n_features, n), np.int32),
        np.empty((n, nH), "f"),
        np.empty((n, nH), np.int8),
        np.empty((n, n_moves), "f"),
        np.empty((n, n_moves), bool),
    )


def _walk(
    taught: TaughtWalks,
    moves: ArcEager,
    alive: Array,
    n_left: Array,
    n_steps: int,
    scorer: tuple[Any, ...],
    out: tuple[Array, ...],
) -> tuple[int, int]:
    """Call the kernel, which see."""
    walks, rows, windows, keeper = taught
    links = (
        *(rows.below, rows.left, rows.right, rows.older, rows.head, rows.move),
        *(rows.after, rows.depth, rows.flags, rows.nexts),
    )
    gold = (
        *(windows.tokens, windows.heads, windows.parents, windows.parent_tokens),
        *(windows.lefts, windows.rights, windows.sentences),
        *(keeper.gold.kids, keeper.next_starts),
    )
    found: tuple[int, int] = KERNELS.load().walk(
        alive,
        n_left,
        n_steps,
        (walks.features[0], walks.features[1], walks.unread, walks.between),
        (walks.is_odd, walks.pushed),
        links,
        (keeper.in_stack, keeper.was_put_back),
        (keeper.kids_in_stack, keeper.kids_put_back),
        gold,
        (moves.kinds.astype(np.int64), VALID),
        scorer,
        out,
    )
    return found


def _run() -> None:
    """Learn from a word that hangs on another one."""
    ones: Array = np.ones((8, 2, 2), "f")
    weights = ScorerWeights(
        W=ones,
        b=ones[0, 0],
        pad=ones[:, 0],
        U=ones[0, :1].repeat(3, 0)[:, :1],
        c=ones[:3, 0, 0],
        nP=2,
        is_rectified=True,
    )
    scorer, moves = (
        StateScorer(ones[0], np.array([2]), weights),
        ArcEager(["S", "D", "L-x"]),
    )
    gold = read_gold(moves, [GoldTree([1, 1], ["x", "x"], None)])
    windows = Windows(gold, np.array([1]), np.array([3]))
    rows = ParserRows(windows.lengths)
    features: Array = np.zeros((8, 1), np.intp)
    features[0] = 1
    keeper = CostKeeper(rows, windows, gold, np.full(4, 3))
    taught = TaughtWalks(Walks(features), rows, windows, keeper)
    follow_gold_compiled(taught, moves, 1)
    steps = TrainingSteps(scorer, ORDERS[8])
    follow_model_compiled(taught, moves, steps, np.full(1, 9))


KERNELS = Kernels("learning parsers", "walk", "zoo._transitions.teacher_kernel", _run)
