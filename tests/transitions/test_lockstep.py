"""Check that all ways to parse together give what parsing one by one gives."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.transitions.slow import (
    NAMES,
    arcs_of,
    draw_presets,
    make_scorer,
    parse_slowly,
)
from zoo._transitions.arc_eager import ArcEager
from zoo._transitions.lanes import SHORTEST, guess_starts
from zoo._transitions.lockstep import Effort, parse

lengths_of_docs = st.lists(st.integers(0, 14), max_size=6)
efforts = st.builds(
    Effort,
    width=st.sampled_from([1, 2, 5, 256]),
    few=st.sampled_from([0, 1, 3, 50]),
    interval=st.sampled_from([1, 2, 4]),
)


@settings(max_examples=60)
@given(
    lengths_of_docs,
    st.sampled_from([8, 13]),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
    st.sampled_from([0.0, 0.4]),
    efforts,
    st.integers(0, 999),
)
@example([], 8, 2, True, 0.0, Effort(), 0)
@example([0, 0], 8, 2, True, 0.0, Effort(), 0)
def test_trees_are_those_of_parsing_one_by_one(
    lengths, n_features, nP, upper, share, effort, seed
):
    rng = np.random.default_rng(seed)
    scorer = make_scorer(rng, lengths, n_features, nP, upper=upper)
    presets = draw_presets(rng, sum(lengths), share)
    moves = ArcEager(NAMES)
    head, move = parse(scorer, moves, presets=presets, effort=effort)
    expected = parse_slowly(scorer, NAMES, presets)
    assert arcs_of(moves, head, move, np.array(lengths, int)) == expected


@settings(max_examples=150)
@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.sampled_from([0.05, 0.3, 0.9]),
    st.sampled_from([0.0, 0.3]),
    efforts,
    st.integers(0, 999),
)
def test_lanes_at_random_places_change_nothing(lengths, density, share, effort, seed):
    rng = np.random.default_rng(seed)
    scorer = make_scorer(rng, lengths)
    presets = draw_presets(rng, sum(lengths), share)
    moves = ArcEager(NAMES)
    head, move = parse(scorer, moves, presets=presets)
    guesses = np.flatnonzero(rng.random(sum(lengths)) < density) + 1
    other = parse(scorer, moves, presets=presets, guesses=guesses, effort=effort)
    assert head.tolist() == other[0].tolist()
    assert move[head > 0].tolist() == other[1][head > 0].tolist()


def test_random_lanes_are_mostly_wrong():
    """Or the test above would not say much."""
    from zoo._transitions.lanes import Lanes
    from zoo._transitions.lockstep import DEFAULT_EFFORT, Lockstep
    from zoo._transitions.parser_rows import ParserRows

    scorer = make_scorer(np.random.default_rng(0), [60] * 8)
    rows = ParserRows(scorer.lengths)
    lanes = Lanes(rows, np.arange(1, 480, 7))
    Lockstep(scorer, ArcEager(NAMES), rows, lanes, DEFAULT_EFFORT).run()
    assert lanes.n_cancelled > 20


def test_words_behind_final_marks_of_long_documents_are_guessed():
    long = ["a"] * SHORTEST + [".", '"', " ", "b", "!", "c"]
    assert guess_starts([["a", ".", "b"], long]) == [3 + SHORTEST + 4, 3 + SHORTEST + 6]


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_weights_that_have_no_finite_scores_are_refused(value):
    rng = np.random.default_rng(0)
    scorer = make_scorer(rng, [3])
    W = scorer.weights.W.copy()
    W[0, 0, 0] = value
    weights = replace(scorer.weights, W=W)
    with pytest.raises(ValueError, match="scores must be finite numbers"):
        type(scorer)(scorer.vectors, scorer.lengths, weights)
