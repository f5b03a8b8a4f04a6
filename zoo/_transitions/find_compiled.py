"""Find entities with compiled code, which gives what `find_entities` does."""

from typing import NamedTuple

import numpy as np

from .._arrays import as_floats
from .._kernel_choice import Kernels
from .._types import Array
from .entity_decoder import EntityLimits, FoundEntities
from .entity_moves import BEGIN, IN, LAST, EntityMoves
from .scorer import ScorerWeights, StateScorer

#: The scores of a state are padded to a multiple of this.
LANES = 8


class _Arrays(NamedTuple):
    """What the kernel reads of weights and moves; see `entity_kernel`."""

    W: Array
    rests: Array
    outer: Array
    UT: Array
    c: Array
    on_end: Array
    inner: Array


def find_compiled(
    scorer: StateScorer, moves: EntityMoves, limits: EntityLimits
) -> FoundEntities:
    """Find entities by the best valid move at each word; of equal ones, the first.

    Args:
        scorer: Scores the states of all documents.
        moves: What its scores are of.
        limits: What is known of the words.

    Returns:
        The entities that are found, without those that are known.

    Raises:
        ValueError: The scores are not of as many moves.
    """
    weights, vectors = scorer.weights, as_floats(scorer.vectors)
    arrays: _Arrays = weights.derive(
        ("compiled", moves), lambda: _arrays_of(weights, moves)
    )
    n_tokens = len(vectors)
    if not n_tokens:
        none = np.zeros(0, np.intp)
        return FoundEntities(none, none, none)
    given = (limits.is_space, limits.is_cut, limits.is_known)
    parts = tuple(np.ascontiguousarray(part, bool) for part in given)
    if any(part.shape != (n_tokens,) for part in parts):
        sizes = ", ".join(str(part.shape) for part in parts)
        raise ValueError(
            f"ner: limits must hold a value for each of {n_tokens} tokens, got {sizes}."
        )
    found = np.empty((3, n_tokens), np.int64)
    pieces = weights.nP if weights.nP > 1 or weights.is_rectified else 0
    first = vectors @ arrays.W[0]
    W, rests, *others = arrays
    count = KERNELS.load().find_entities(
        vectors, first, parts, W, rests, *others, pieces, found
    )
    starts, ends, labels = found[:, :count]
    return FoundEntities(starts, ends, labels)


def _arrays_of(weights: ScorerWeights, moves: EntityMoves) -> _Arrays:
    """Return what the kernel reads of weights and moves, in shapes that fit."""
    n_features, _, D = weights.W.shape
    nH, nO = D // weights.nP, len(moves.names)
    n_scores = nH if weights.U is None else len(weights.U)
    if n_scores != nO or n_features < 3:
        raise ValueError(
            f"ner: its model must score {nO} moves, got one of {n_scores}."
        )
    outer, n_outer = moves.outer, len(moves.outer)
    more = -n_outer % LANES
    UT, c = np.zeros((0, n_outer + more), "f"), np.zeros(n_outer + more, "f")
    inner = np.zeros((0, nH + 1), "f")
    if weights.U is not None and weights.c is not None:
        UT = as_floats(np.pad(weights.U[outer].T, ((0, 0), (0, more))))
        c = as_floats(np.pad(weights.c[outer], (0, more)))
        inner = as_floats(np.hstack([weights.U, weights.c[:, None]]))
    columns = outer, moves.type_of[outer], moves.kinds[outer] == BEGIN
    return _Arrays(
        W=as_floats(weights.W),
        rests=as_floats(np.stack(weights.rest)),
        outer=np.stack(columns, axis=1).astype(np.int64),
        UT=UT,
        c=c,
        on_end=np.ascontiguousarray(moves.by_label[:, [IN, LAST]], np.int64),
        inner=inner,
    )


def _run() -> None:
    """Run the kernel on three words, of which two are an entity."""
    weights = ScorerWeights(
        W=np.ones((3, 1, 2), "f"),
        b=np.zeros(2, "f"),
        pad=np.zeros((3, 2), "f"),
        U=np.ones((5, 1), "f"),
        c=np.zeros(5, "f"),
        nP=2,
        is_rectified=True,
    )
    scorer = StateScorer(np.ones((3, 1), "f"), np.array([3]), weights)
    no = np.zeros(3, bool)
    moves = EntityMoves(["B-x", "I-x", "L-x", "U-x", "O"])
    find_compiled(scorer, moves, EntityLimits(no, no, no))


KERNELS = Kernels("entities", "find_entities", "zoo._transitions.entity_kernel", _run)
