"""Check that compiled code finds the entities that are found word by word."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.both_kernels import needs_numba
from tests.transitions.slow import (
    ENTITY_NAMES,
    draw_limits,
    find_slowly,
    make_scorer,
)
from zoo._transitions.entity_decoder import EntityLimits, find_entities
from zoo._transitions.entity_moves import EntityMoves
from zoo._transitions.find_compiled import find_compiled

pytestmark = needs_numba


def spans_of(moves, found):
    labels = [moves.types[i] for i in found.labels]
    return list(zip(found.starts.tolist(), found.ends.tolist(), labels, strict=True))


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 12), max_size=5),
    st.sampled_from([3, 6]),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
    st.integers(0, 9999),
)
@example([], 3, 2, True, 0)
@example([40], 6, 2, True, 1)
@example([40], 6, 1, False, 1)
def test_entities_are_those_found_word_by_word(lengths, n_features, nP, upper, seed):
    rng = np.random.default_rng(seed)
    nO = len(ENTITY_NAMES)
    scorer = make_scorer(rng, lengths, n_features, nP, nO, upper=upper)
    limits = draw_limits(rng, lengths)
    moves = EntityMoves(ENTITY_NAMES)
    slow = find_slowly(scorer, ENTITY_NAMES, limits.is_space, limits.is_cut)
    assert spans_of(moves, find_compiled(scorer, moves, limits)) == slow


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 20), max_size=5),
    st.sampled_from([3, 6]),
    st.sampled_from([1, 2]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 9999),
)
def test_without_a_relu_and_beside_known_entities_it_finds_what_numpy_does(
    lengths, n_features, nP, upper, is_rectified, seed
):
    rng = np.random.default_rng(seed)
    nO = len(ENTITY_NAMES)
    scorer = make_scorer(rng, lengths, n_features, nP, nO, upper=upper)
    object.__setattr__(scorer.weights, "is_rectified", is_rectified)
    limits = draw_limits(rng, lengths)
    is_known = rng.random(sum(lengths)) < 0.3
    # No entity goes on into one that is known.
    is_cut = limits.is_cut | np.append(is_known[1:], False)[: len(is_known)]
    limits = EntityLimits(limits.is_space, is_cut, is_known)
    moves = EntityMoves(ENTITY_NAMES)
    found, expected = (f(scorer, moves, limits) for f in (find_compiled, find_entities))
    assert spans_of(moves, found) == spans_of(moves, expected)


@pytest.mark.parametrize("n_features", [3, 6])
def test_of_equal_scores_that_of_the_first_move_counts(n_features):
    moves = EntityMoves(ENTITY_NAMES)
    scorer = make_scorer(np.random.default_rng(0), [9], n_features, 2, len(moves.names))
    for array in (scorer.weights.U, scorer.weights.c):
        array[:] = 0
    none = np.zeros(9, bool)
    limits = EntityLimits(none, np.arange(9) == 8, none)
    # B-X comes before all others, and I-X before L-X.
    assert spans_of(moves, find_compiled(scorer, moves, limits)) == [(0, 9, "X")]


def test_the_last_token_ends_an_entity_though_nothing_says_so():
    moves = EntityMoves(ENTITY_NAMES)
    none = np.zeros(5, bool)
    scorer = make_scorer(np.random.default_rng(0), [5], 3, 2, len(moves.names))
    scorer.weights.U[:] = 0
    scorer.weights.c[:] = 0
    found = find_compiled(scorer, moves, EntityLimits(none, none, none))
    assert spans_of(moves, found) == [(0, 5, "X")]


def test_weights_of_other_moves_are_refused():
    scorer = make_scorer(np.random.default_rng(0), [3], 3, 2)
    none = np.zeros(3, bool)
    with pytest.raises(ValueError, match="its model must score 9 moves, got one of 8"):
        find_compiled(scorer, EntityMoves(ENTITY_NAMES), EntityLimits(none, none, none))


def test_limits_of_other_tokens_are_refused():
    moves = EntityMoves(ENTITY_NAMES)
    scorer = make_scorer(np.random.default_rng(0), [3], 3, 2, len(moves.names))
    none = np.zeros(2, bool)
    with pytest.raises(ValueError, match="a value for each of 3 tokens, got"):
        find_compiled(scorer, moves, EntityLimits(none, none, none))
