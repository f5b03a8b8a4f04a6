"""Check compiled parsing against parsing move by move."""

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.both_kernels import needs_numba
from tests.transitions.slow import (
    NAMES,
    draw_presets,
    make_scorer,
    parse_slowly,
)
from zoo import _transitions
from zoo._transitions import arc_eager
from zoo._transitions import parse_compiled as compiled
from zoo._transitions.arc_eager import ArcEager
from zoo._transitions.lockstep import parse
from zoo._transitions.parse_compiled import parse_compiled
from zoo._transitions.trees import read_arcs

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
    arcs = parse_compiled(scorer, moves, presets)
    expected = parse_slowly(scorer, NAMES, presets)
    places = [i for length in lengths for i in range(length)]
    rows = zip(arcs.heads, arcs.labels, places, strict=True)
    labels = [*moves.labels, None]
    found = [(None if h == i else h, labels[label]) for h, label, i in rows]
    assert found == expected


@settings(max_examples=50)
@given(st.lists(st.integers(0, 40), max_size=6), st.booleans(), st.integers(0, 999))
def test_what_follows_from_arcs_is_what_numpy_finds(lengths, computes_all, seed):
    rng = np.random.default_rng(seed)
    scorer = make_scorer(rng, lengths)
    presets = draw_presets(rng, sum(lengths), 0.2)
    moves = ArcEager(NAMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "MIN_TABLE", 0 if computes_all else 1000)
        found = parse_compiled(scorer, moves, presets)
    head, move = parse(scorer, moves, presets=presets)
    assert found == read_arcs(head, move, moves.arc_labels, scorer.lengths)


def test_without_a_relu_scores_may_be_below_zero():
    rng = np.random.default_rng(0)
    scorer = make_scorer(rng, [30, 9], 8, 1)
    object.__setattr__(scorer.weights, "is_rectified", False)
    moves = ArcEager(NAMES)
    head, move = parse(scorer, moves)
    expected = read_arcs(head, move, moves.arc_labels, scorer.lengths)
    assert parse_compiled(scorer, moves) == expected


def test_constants_are_those_of_the_moves():
    from zoo._transitions import parser_kernel

    kinds = ("RIGHT", "LEFT", "REDUCE", "BREAK")
    front, others = ("START", "PUT_BACK", "INSIDE", "NO_FRONT"), ("ONE", "MORE")
    for name in (*kinds, *front, *others, "NO_NEXT", "MAY_START"):
        assert getattr(parser_kernel, name) == getattr(arc_eager, name)


def test_weights_of_other_moves_are_refused():
    scorer = make_scorer(np.random.default_rng(0), [3], 8, 2)
    with pytest.raises(ValueError, match="its model must score 4 moves"):
        parse_compiled(scorer, ArcEager(["S", "D", "L-a", "B-ROOT"]))


def test_what_several_files_of_kernels_define_is_the_same():
    """They cannot import from each other: numba would not notice a change."""
    constants, functions = {}, {}
    folder = Path(_transitions.__file__).parent
    for file in folder.glob("*_kernel.py"):
        for node in ast.parse(file.read_text(encoding="utf8")).body:
            if isinstance(node, ast.FunctionDef) and node.name != "_score":
                functions.setdefault(node.name, []).append(ast.unparse(node))
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                values = ast.literal_eval(node.value)
                for name, value in zip(node.targets[0].elts, values, strict=True):
                    constants.setdefault(name.id, []).append(value)
    for found in (constants, functions):
        shared = {name: each for name, each in found.items() if len(each) > 1}
        assert shared
        assert [name for name, each in shared.items() if len({*each}) > 1] == []
