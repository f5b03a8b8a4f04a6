"""Check that entities are found and learned as word by word."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.transitions.slow import (
    ENTITY_NAMES,
    draw_limits,
    find_slowly,
    make_scorer,
)
from zoo._transitions import entity_decoder, entity_teacher
from zoo._transitions.entity_decoder import EntityLimits, find_entities
from zoo._transitions.entity_gold import read_entities
from zoo._transitions.entity_moves import EntityMoves, name_entity_moves
from zoo._transitions.entity_path import choose_path
from zoo._transitions.entity_teacher import EntityTeacher

lengths_of_docs = st.lists(st.integers(0, 12), max_size=5)


@settings(max_examples=100)
@given(
    lengths_of_docs,
    st.sampled_from([3, 6]),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
    st.integers(0, 9999),
    st.sampled_from([1, 3, 16]),
)
@example([], 3, 2, True, 0, 16)
@example([40], 6, 2, True, 1, 1)
def test_entities_are_those_found_word_by_word(
    lengths, n_features, nP, upper, seed, n_words
):
    rng = np.random.default_rng(seed)
    nO = len(ENTITY_NAMES)
    scorer = make_scorer(rng, lengths, n_features, nP, nO, upper=upper)
    limits = draw_limits(rng, lengths)
    moves = EntityMoves(ENTITY_NAMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entity_decoder, "FIRST_WORDS", n_words)
        found = find_entities(scorer, moves, limits)
    labels = [moves.types[i] for i in found.labels]
    spans = list(zip(found.starts.tolist(), found.ends.tolist(), labels, strict=True))
    slow = find_slowly(scorer, ENTITY_NAMES, limits.is_space, limits.is_cut)
    assert spans == slow


@settings(max_examples=60)
@given(lengths_of_docs, st.integers(0, 9999), st.sampled_from([0, 3, 5]))
def test_what_is_learned_does_not_depend_on_how_far_entities_are_followed(
    lengths, seed, cut
):
    rng = np.random.default_rng(seed)
    scorer = make_scorer(rng, lengths, 3, 2, len(ENTITY_NAMES))
    moves = EntityMoves(ENTITY_NAMES)
    limits = draw_limits(rng, lengths)
    entities = [[(0, length // 2, "X")] if length > 1 else [] for length in lengths]
    sizes = np.array(lengths, np.intp)
    gold = read_entities(moves, entities, sizes)
    taught = np.ones(len(lengths), bool)
    teacher = EntityTeacher(moves, gold, limits, sizes, taught)
    losses = []
    for n_words in (1, 100):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(entity_teacher, "FIRST_WORDS", n_words)
            learned = teacher.teach(scorer, cut)
            losses.append((learned.n_states, pytest.approx(learned.loss, rel=1e-5)))
    assert losses[0] == losses[1]
    n_words = sum(lengths)
    assert learned.n_states == n_words if not cut else learned.n_states >= n_words


def test_words_of_which_nothing_is_known_may_get_any_valid_move():
    moves = EntityMoves(ENTITY_NAMES)
    gold = read_entities(moves, [[]], [2], [[False, True]])
    none = np.zeros(2, bool)
    limits = EntityLimits(none, np.array([False, True]), none)
    sizes, taught = np.array([2]), np.ones(1, bool)
    teacher = EntityTeacher(moves, gold, limits, sizes, taught)
    valid = teacher._valid_outside(np.array([0, 1]))
    is_gold = teacher._gold_outside(np.array([0, 1]), valid)
    assert is_gold[0].tolist() == valid[0].tolist()
    assert [ENTITY_NAMES[i] for i in is_gold[1].nonzero()[0]] == ["O"]


def test_the_first_entity_hides_those_that_begin_inside_of_it():
    assert choose_path([0, 1, 4], [3, 2, 5], [0, 0, 0]).kept == [0, 2]


def test_no_entity_is_chosen_behind_one_whose_end_is_not_known():
    path = choose_path([0, 2, 4, 9], [0, 3, 5, 10], [0, 0, 0, 1])
    assert path.open == [0]
    assert path.kept == [3]


def test_moves_stand_in_the_order_of_spacy():
    names = name_entity_moves({"A": 1, "C": 1, "B": 7})
    assert names[:3] == ["B-B", "B-C", "B-A"]
    assert names[9:] == ["U-B", "U-C", "U-A", "U-", "O"]
    assert EntityMoves(names).types == ["B", "C", "A"]


@pytest.mark.parametrize("name", ["", "X-a", "O-a", "B", "B-", "U", "BB-a"])
def test_a_name_of_no_move_is_refused(name):
    with pytest.raises(ValueError, match="ner: a label must be the name of a move"):
        EntityMoves(["O", name])


@pytest.mark.parametrize("names", [["B-a", "O"], ["B-a", "I-a", "L-a", "U-a"], []])
def test_moves_that_are_not_complete_are_refused(names):
    with pytest.raises(ValueError, match="ner: its moves must hold O, and B, I, L"):
        EntityMoves(names)


def test_an_entity_of_a_label_without_moves_is_refused():
    with pytest.raises(ValueError, match="label 'Z' was not seen when the model"):
        read_entities(EntityMoves(ENTITY_NAMES), [[(0, 1, "Z")]], [2])


def test_entities_that_overlap_are_refused():
    with pytest.raises(ValueError, match="ner: entities must not overlap"):
        read_entities(EntityMoves(ENTITY_NAMES), [[(0, 2, "X"), (1, 3, "X")]], [3])
