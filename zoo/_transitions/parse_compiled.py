"""Parse documents with compiled code, which gives what `lockstep.parse` does."""

import numpy as np

from .._arrays import as_floats
from .._kernel_choice import Kernels
from .._types import Array
from .arc_eager import ArcEager
from .parser_rows import ORDERS, ParserRows
from .scorer import ScorerWeights, StateScorer


def parse_compiled(
    scorer: StateScorer, moves: ArcEager, presets: Array | None = None
) -> tuple[Array, Array]:
    """Parse documents by the best valid move of each state; of equal ones, the first.

    Args:
        scorer: Scores the states of all documents.
        moves: What its scores are of.
        presets: What is known of sentence starts, as in `ParserRows`.

    Returns:
        For each row, (n_tokens + 1,), the row of its head, 0 for a root, and the move
        that made the arc.
    """
    rows, weights = ParserRows(scorer.lengths, presets), scorer.weights
    table = as_floats(scorer.table())
    n_features, n_rows, D = table.shape
    nH, nO = D // weights.nP, len(moves.names)
    n_scores = nH if weights.UT is None else weights.UT.shape[1]
    if n_scores != nO:
        raise ValueError(
            f"parser: its model must score {nO} moves, got one of {n_scores}."
        )
    penalties, only, kinds, UT = weights.derive(
        ("compiled", moves), lambda: _arrays_of(weights, moves)
    )
    pieces = weights.nP if weights.nP > 1 or weights.is_rectified else 0
    links = (
        *(rows.below, rows.left, rows.right, rows.older, rows.head, rows.move),
        *(rows.after, rows.flags, rows.nexts),
    )
    KERNELS.load().parse_documents(
        rows.firsts,
        links,
        table.reshape(-1, D),
        np.array(ORDERS[n_features], np.int64) * n_rows,
        penalties,
        only,
        kinds,
        UT,
        pieces,
    )
    return rows.head, rows.move


def _arrays_of(
    weights: ScorerWeights, moves: ArcEager
) -> tuple[Array, Array, Array, Array]:
    """Return what the kernel reads of the moves, and the output layer."""
    none = np.zeros((0, len(moves.names)), "f")
    return (
        as_floats(moves.penalties(weights.c)),
        np.array(moves.only, np.int64),
        moves.kinds.astype(np.int64),
        none if weights.UT is None else as_floats(weights.UT),
    )


def _run() -> None:
    none, one = np.zeros(1, "f"), np.zeros(1, np.intp)
    weights = ScorerWeights(
        W=np.zeros((8, 1, 2), "f"),
        b=np.zeros(2, "f"),
        pad=np.zeros((8, 2), "f"),
        U=np.zeros((3, 1), "f"),
        c=np.zeros(3, "f"),
        nP=2,
        is_rectified=True,
    )
    scorer = StateScorer(none[:, None], one + 1, weights)
    parse_compiled(scorer, ArcEager(["S", "D", "L-x"]))


KERNELS = Kernels("parsers", "parse_documents", "zoo._transitions.parser_kernel", _run)
