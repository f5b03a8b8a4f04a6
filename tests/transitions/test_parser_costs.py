"""Check what moves cost against counts made anew for each state."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transitions.slow import NAMES, SlowState, cost_slowly, draw_tree
from zoo._transitions.arc_eager import ArcEager
from zoo._transitions.parser_costs import costs_of
from zoo._transitions.parser_gold import read_arcs, read_gold
from zoo._transitions.parser_teacher import ParserTeacher
from zoo._transitions.taught_walks import make_moves


def class_costs(moves, costs, i):
    """Return the cost of each move of the i-th state."""
    found = []
    for number, kind in enumerate(moves.kind_list):
        cost = int(costs.kinds[i, kind])
        right = {2: costs.left_move, 1: costs.right_move}.get(kind)
        if cost < 9000 and right is not None and right[i] >= 0:
            cost += int(right[i]) != number
        found.append(cost)
    return found


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.sampled_from([1.0, 0.7]),
    st.booleans(),
    st.integers(0, 9999),
)
def test_costs_are_those_counted_anew(lengths, share_known, has_presets, seed):
    rng = np.random.default_rng(seed)
    moves = ArcEager(NAMES)
    trees = [draw_tree(rng, length, share_known) for length in lengths]
    gold = read_gold(moves, trees)
    sizes = np.array(lengths, np.intp)
    presets = rng.choice([-1, 0, 1], sizes.sum(), p=[0.2, 0.6, 0.2])
    known = presets if has_presets else np.zeros_like(presets)
    teacher = ParserTeacher(moves, gold, sizes, known)
    taught = teacher._begin(np.arange(len(lengths)), [], 8)
    walks, rows, windows, keeper = taught
    slow, first = [], 0
    for tree, length in zip(trees, lengths, strict=True):
        state = SlowState(length, known[first : first + length])
        state.starts.add(0)  # As in spaCy, the first word always begins one.
        arcs = read_arcs([tree])
        heads = [
            h if k else None for h, k in zip(arcs.heads, arcs.is_known, strict=True)
        ]
        labels = [label if label in ("a", "b", "") else "" for label in arcs.labels]
        slow.append((state, heads, labels, tree.starts))
        first += length
    while len(walks):
        rows.features(walks.features)
        keys = rows.keys(walks.features)
        costs = costs_of(keeper.facts(walks, keys), windows)
        chosen = []
        for i, number in enumerate(walks.number.tolist()):
            state, heads, labels, starts = slow[number]
            expected = cost_slowly(state, NAMES, heads, labels, starts)
            if all("||" not in label for label in read_arcs([trees[number]]).labels):
                assert class_costs(moves, costs, i) == expected
            valid = [m for m, cost in enumerate(expected) if cost < 9000]
            chosen.append(int(rng.choice(valid)))
            state.make(NAMES[chosen[-1]])
        make_moves(taught, moves, np.array(chosen))
        walks.keep(walks.unfinished)
