"""Check that arcs are lifted until none crosses another, and moved back again."""

import numpy as np
import pytest
from hypothesis import given

from zoo._transitions.projective import make_projective, survey_trees
from zoo._transitions.trees import (
    ArcLabels,
    Tree,
    find_edges,
    make_trees,
    move_arcs,
    read_arcs,
)

from .strategies import trees


def is_below(word, head, heads):
    while word != head and heads[word] != word:
        word = heads[word]
    return word == head


def crosses(heads):
    """Return whether an arc covers a word that is not below its head."""
    return any(
        not is_below(inner, head, heads)
        for word, head in enumerate(heads)
        for inner in range(min(word, head) + 1, max(word, head))
    )


@given(trees())
def test_no_arc_crosses_another_afterwards(heads):
    lifted, labels = make_projective(heads, [f"l{i}" for i in range(len(heads))])
    assert not crosses(lifted)
    for i, (old, new) in enumerate(zip(heads, lifted, strict=True)):
        assert labels[i] == (f"l{i}" if old == new else f"l{i}||l{old}")
    if not crosses(heads):
        assert lifted == heads


@given(trees(), trees())
def test_documents_with_arcs_that_cross_are_found(left, right):
    heads = np.array([*left, *(head + len(left) for head in right)])
    ends = np.array([len(left), len(left) + len(right)])
    is_crossed, firsts = survey_trees(heads, ends)
    assert is_crossed.tolist() == [crosses(left), crosses(right)]
    for word in range(len(left)):
        below = [w for w in range(len(left)) if is_below(w, word, left)]
        assert firsts[word] == min(below)


def test_heads_that_go_round_in_a_circle_are_refused():
    with pytest.raises(ValueError, match="document 2 of the batch that go round"):
        survey_trees(np.array([0, 2, 3, 1]), np.array([1, 4]))


def test_an_arc_is_moved_to_the_nearest_word_of_its_label():
    # "a" hung on the root; its head is the one labelled "y", below the root.
    tree = Tree([3, 3, 3, 3], ["x||y", "z", "y", "ROOT"], [True] + [False] * 3)
    moved = move_arcs(tree, ["a", "b", "c", "d"])
    assert moved.heads == [2, 3, 3, 3]
    assert moved.deps[0] == "x"


def test_an_arc_stays_if_there_is_no_word_of_its_label_but_white_space():
    tree = Tree([2, 2, 2], ["x||y", "y", "ROOT"], [True, False, False])
    moved = move_arcs(tree, ["a", " ", "c"])
    assert moved.heads == [2, 2, 2]
    assert moved.deps == ["x", "y", "ROOT"]


@given(trees())
def test_edges_of_projective_trees_are_the_outermost_words_below(heads):
    heads, _ = make_projective(heads, ["l"] * len(heads))
    for word, (first, last) in enumerate(find_edges(heads)):
        below = [w for w in range(len(heads)) if is_below(w, word, heads)]
        assert (first, last) == (min(below), max(below))


def test_sentences_are_what_hangs_on_one_root():
    head, labels = np.array([0, 2, 0, 0, 3]), ArcLabels(["dep"])
    arcs = read_arcs(head, head * 0, labels, np.array([4, 0]))
    trees = list(make_trees(arcs, labels, [["a", "b", "c", "d"], []]))
    assert trees[0].heads == [1, 1, 2, 2]
    assert trees[0].deps == ["dep", "ROOT", "ROOT", "dep"]
    assert trees[0].starts == [True, False, True, False]
    assert trees[1] == Tree([], [], [])
