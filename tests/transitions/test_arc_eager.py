"""Check which moves a parser may have, and how they are counted and named."""

import numpy as np
import pytest

from tests.transitions.slow import NAMES
from zoo._transitions.arc_eager import INSIDE, N_KEYS, SHIFT, START, ArcEager
from zoo._transitions.parser_gold import (
    GoldTree,
    count_moves,
    name_moves,
    read_gold,
)


@pytest.mark.parametrize("name", ["", "X", "L-", "SS", "-a", "-"])
def test_a_name_of_no_move_is_refused(name):
    with pytest.raises(ValueError, match="parser: a label must be the name of a move"):
        ArcEager(["S", "D", "L-a", name])


@pytest.mark.parametrize("names", [[], ["S", "L-a"], ["D", "R-a"], ["S", "D", "B"]])
def test_moves_without_a_way_on_are_refused(names):
    with pytest.raises(ValueError, match="parser: its moves must hold S, D and some"):
        ArcEager(names)


def test_the_label_of_parts_of_words_is_refused():
    with pytest.raises(ValueError, match="'subtok', which joins parts of words"):
        ArcEager(["S", "D", "L-subtok"])


def test_some_move_is_valid_in_every_state():
    valid = ArcEager(NAMES).valid
    # No word both begins a sentence and must not.
    keys = [key for key in range(N_KEYS) if key & (START | INSIDE) != START | INSIDE]
    assert valid[keys].any(axis=1).all()


def test_moves_stand_in_the_order_of_spacy_and_rare_ones_are_left_out():
    heads = [1, 1, 1, 4, 4]
    tree = GoldTree(heads, ["a", "root", "b", "c", "x"], None)
    counts = count_moves([tree, tree])
    assert counts[SHIFT][""] == 5
    assert name_moves(counts, 2) == [
        *("S", "D", "L-c", "L-a", "L-dep", "R-b", "R-dep", "B-x", "B-ROOT")
    ]
    assert name_moves(counts, 3) == ["S", "D", "L-dep", "R-dep", "B-ROOT"]


def test_labels_without_a_move_become_dep():
    moves = ArcEager(["S", "D", "L-dep", "R-a", "B-ROOT"])
    gold = read_gold(moves, [GoldTree([1, 1, 1], ["q", "ROOT", "a"], None)])
    assert gold.lefts.tolist() == [-1, 2, 2, 2]
    assert gold.rights.tolist() == [-1, -1, -1, 3]


def test_sentences_follow_from_whole_trees_alone():
    moves = ArcEager(NAMES)
    whole = GoldTree([1, 1, 2], ["a", "a", "a"], None)
    parted = GoldTree([1, None, 2], ["a", "a", "a"], None)
    told = GoldTree([1, 1, 2], ["a", "a", "a"], [True, None, False])
    found = read_gold(moves, [whole, parted, told]).starts
    assert np.split(found[1:], 3)[0].tolist() == [1, -1, 1]
    assert np.split(found[1:], 3)[1].tolist() == [0, 0, 0]
    assert np.split(found[1:], 3)[2].tolist() == [1, 0, -1]
