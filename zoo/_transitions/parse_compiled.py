"""Parse documents with compiled code, which gives what `lockstep.parse` does."""

from typing import NamedTuple

import numpy as np

from .._arrays import as_floats
from .._kernel_choice import Kernels
from .._types import Array
from .arc_eager import ArcEager
from .parser_rows import ORDERS
from .scorer import ScorerWeights, StateScorer
from .trees import Arcs

#: Tokens of a batch for which the rows of the table are computed all at once. With
#: fewer, only those that are needed are computed, one by one.
MIN_TABLE = 256
#: The scores of a state are padded to a multiple of this.
LANES = 8


class _Rules(NamedTuple):
    """What the kernel reads of weights and moves; see `parser_kernel`."""

    layer: tuple[Array, Array, Array, Array, int]
    moves: tuple[Array, Array, Array, Array, Array]


def parse_compiled(
    scorer: StateScorer, moves: ArcEager, presets: Array | None = None
) -> Arcs:
    """Parse documents by the best valid move of each state; of equal ones, the first.

    Args:
        scorer: Scores the states of all documents.
        moves: What its scores are of.
        presets: What is known of sentence starts, as in `ParserRows`.

    Returns:
        The arcs of all words.

    Raises:
        ValueError: The scores are not of as many moves.
    """
    weights, lengths = scorer.weights, scorer.lengths
    rules: _Rules = weights.derive(
        ("compiled", moves), lambda: _read_rules(weights, moves)
    )
    n_features, _, D = weights.W.shape
    n_tokens = len(scorer.vectors)
    n_rows = n_tokens + 1
    if presets is None:
        presets = np.zeros(0, np.int64)
    if n_tokens < MIN_TABLE:
        table: Array = np.empty((n_features * n_rows, D), "f")
        is_known = np.zeros(len(table), bool)
    else:
        table = as_floats(scorer.table()).reshape(-1, D)
        is_known = np.ones(len(table), bool)
    found = np.empty((2, n_rows), np.int64)
    starts, is_moved = np.empty(n_rows, bool), np.empty(len(lengths), bool)
    KERNELS.load().parse_documents(
        np.ascontiguousarray(lengths, np.int64),
        np.ascontiguousarray(presets, np.int64),
        as_floats(scorer.vectors),
        *rules,
        table,
        is_known,
        found,
        starts,
        is_moved,
    )
    heads, labels = found.tolist()
    return Arcs(heads[1:], labels[1:], starts[1:].tolist(), is_moved.tolist())


def _read_rules(weights: ScorerWeights, moves: ArcEager) -> _Rules:
    """Return what the kernel reads of weights and moves, in shapes that fit."""
    n_features, _, D = weights.W.shape
    nH, nO = D // weights.nP, len(moves.names)
    n_scores = nH if weights.UT is None else weights.UT.shape[1]
    if n_scores != nO:
        raise ValueError(
            f"parser: its model must score {nO} moves, got one of {n_scores}."
        )
    more = 0 if weights.UT is None else -nO % LANES
    none = np.zeros((0, nO), "f")
    U = none if weights.UT is None else np.pad(weights.UT, ((0, 0), (0, more)))
    penalties = np.pad(
        moves.penalties(weights.c), ((0, 0), (0, more)), constant_values=-np.inf
    )
    pieces = weights.nP if weights.nP > 1 or weights.is_rectified else 0
    W, b, pad = map(as_floats, (weights.W, weights.b, weights.pad))
    numbers = (
        np.array(ORDERS[n_features], np.int64),
        as_floats(penalties),
        np.array(moves.only, np.int64),
        moves.kinds.astype(np.int64),
        moves.arc_labels.are_decorated[:-1],
    )
    return _Rules((W, b, pad, as_floats(U), pieces), numbers)


def _run() -> None:
    """Run the kernel on one word."""
    weights = ScorerWeights(
        W=np.zeros((8, 1, 2), "f"),
        b=np.zeros(2, "f"),
        pad=np.zeros((8, 2), "f"),
        U=np.zeros((3, 1), "f"),
        c=np.zeros(3, "f"),
        nP=2,
        is_rectified=True,
    )
    scorer = StateScorer(np.zeros((1, 1), "f"), np.ones(1, np.intp), weights)
    parse_compiled(scorer, ArcEager(["S", "D", "L-x"]))


KERNELS = Kernels("parsers", "parse_documents", "zoo._transitions.parser_kernel", _run)
