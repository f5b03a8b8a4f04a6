"""Check compiled parsing against parsing move by move."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.both_kernels import needs_numba
from tests.transitions.slow import (
    NAMES,
    arcs_of,
    draw_presets,
    make_scorer,
    parse_slowly,
)
from zoo._transitions import arc_eager
from zoo._transitions.arc_eager import ArcEager
from zoo._transitions.lockstep import parse
from zoo._transitions.parse_compiled import parse_compiled

pytestmark = needs_numba


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 40), max_size=6),
    st.sampled_from([8, 13]),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
    st.sampled_from([0.0, 0.4]),
    st.integers(0, 999),
)
@example([], 8, 2, True, 0.0, 0)
@example([0, 0], 8, 2, True, 0.0, 0)
def test_trees_are_those_of_parsing_one_by_one(
    lengths, n_features, nP, upper, share, seed
):
    rng = np.random.default_rng(seed)
    scorer = make_scorer(rng, lengths, n_features, nP, upper=upper)
    presets = draw_presets(rng, sum(lengths), share)
    moves = ArcEager(NAMES)
    head, move = parse_compiled(scorer, moves, presets)
    expected = parse_slowly(scorer, NAMES, presets)
    assert arcs_of(moves, head, move, np.array(lengths, int)) == expected


def test_without_a_relu_scores_may_be_below_zero():
    rng = np.random.default_rng(0)
    scorer = make_scorer(rng, [30, 9], 8, 1)
    object.__setattr__(scorer.weights, "is_rectified", False)
    moves = ArcEager(NAMES)
    found, expected = parse_compiled(scorer, moves), parse(scorer, moves)
    assert found[0].tolist() == expected[0].tolist()


def test_constants_are_those_of_the_moves():
    from zoo._transitions import parser_kernel

    for name in ("RIGHT", "LEFT", "REDUCE", "BREAK", "START", "PUT_BACK"):
        assert getattr(parser_kernel, name) == getattr(arc_eager, name)
    for name in ("ONE", "MORE", "NO_NEXT"):
        assert getattr(parser_kernel, name) == getattr(arc_eager, name)


def test_weights_of_other_moves_are_refused():
    scorer = make_scorer(np.random.default_rng(0), [3], 8, 2)
    with pytest.raises(ValueError, match="its model must score 4 moves"):
        parse_compiled(scorer, ArcEager(["S", "D", "L-a", "B-ROOT"]))
