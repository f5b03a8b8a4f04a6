"""Check that compiled walks of a teacher are those made by numpy."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.both_kernels import needs_numba, using
from tests.transitions.slow import NAMES, draw_presets, draw_tree, make_scorer
from zoo._transitions import arc_eager, parser_costs, walk_compiled
from zoo._transitions.arc_eager import ArcEager
from zoo._transitions.parser_gold import read_gold
from zoo._transitions.parser_teacher import ParserTeacher
from zoo._transitions.score_gradient import join_states

pytestmark = needs_numba


def teach(lengths, cut, seed, *, learn_ends, sizes, dropout, share, known):
    """Return what a parser has to learn from drawn trees, and the labels of states."""
    rng = np.random.default_rng(seed)
    scorer = make_scorer(rng, lengths, *sizes)
    scorer.dropout = dropout
    trees = [draw_tree(rng, length, known) for length in lengths]
    moves = ArcEager(NAMES)
    gold = read_gold(moves, trees)
    presets = draw_presets(rng, sum(lengths), share) if share else None
    teacher = ParserTeacher(moves, gold, scorer.lengths, presets)
    np.random.seed(seed)
    return teacher.teach(scorer, cut, learn_ends=learn_ends)


def compare(first, second):
    """Compare two gradients, whose states are in the same order."""
    assert first.n_states == second.n_states
    assert np.isclose(first.loss, second.loss, rtol=1e-5)
    parts = [zip(*found.gradient.steps, strict=True) for found in (first, second)]
    if not first.n_states:
        return
    (states, scores), (others, other_scores) = parts
    one, other = join_states(states), join_states(others)
    assert one.rows.tolist() == other.rows.tolist()
    assert one.winners.tolist() == other.winners.tolist()
    np.testing.assert_allclose(one.hidden, other.hidden, rtol=1e-5, atol=1e-5)
    assert (one.mask is None) == (other.mask is None)
    if one.mask is not None:
        assert one.mask.tolist() == other.mask.tolist()
    given = np.concatenate(scores), np.concatenate(other_scores)
    np.testing.assert_allclose(*given, rtol=1e-4, atol=1e-5)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 25), max_size=5),
    st.sampled_from([0, 3, 8]),
    st.sampled_from([(8, 2), (13, 3), (8, 1)]),
    st.booleans(),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0.0, 0.4]),
    st.sampled_from([1.0, 0.6]),
    st.integers(0, 9999),
)
@example([], 0, (8, 2), True, 0.0, 0.0, 1.0, 0)
@example([0, 0], 3, (8, 2), True, 0.0, 0.0, 1.0, 0)
def test_walks_are_those_made_by_numpy(
    lengths, cut, sizes, learn_ends, dropout, share, known, seed
):
    found = []
    for name in ("numpy", "numba"):
        with using(name):
            found.append(
                teach(
                    lengths,
                    cut,
                    seed,
                    learn_ends=learn_ends,
                    sizes=sizes,
                    dropout=dropout,
                    share=share,
                    known=known,
                )
            )
    compare(*found)


def test_states_may_fill_more_than_the_first_memory(monkeypatch):
    options = {"learn_ends": True, "sizes": (8, 2), "dropout": 0.3, "share": 0.2}
    found = []
    for per_word in (2.5, 0.3):
        monkeypatch.setattr(walk_compiled, "PER_WORD", per_word)
        with using("numba"):
            found.append(teach([30, 9, 17], 12, 3, known=1.0, **options))
    compare(*found)


def test_constants_are_those_of_the_moves():
    from zoo._transitions import teacher_kernel

    for name in ("SHIFT", "RIGHT", "LEFT", "REDUCE", "BREAK", "START", "PUT_BACK"):
        assert getattr(teacher_kernel, name) == getattr(arc_eager, name)
    for name in ("ONE", "MORE", "NO_NEXT"):
        assert getattr(teacher_kernel, name) == getattr(arc_eager, name)
    assert teacher_kernel.INVALID == parser_costs.INVALID


def test_weights_of_other_moves_are_refused():
    rng = np.random.default_rng(0)
    scorer = make_scorer(rng, [3], 8, 2)
    moves = ArcEager(["S", "D", "L-a", "B-ROOT"])
    gold = read_gold(moves, [draw_tree(rng, 3, 1.0)])
    teacher = ParserTeacher(moves, gold, scorer.lengths)
    with using("numba"), pytest.raises(ValueError, match="its model must score 4"):
        teacher.teach(scorer)
