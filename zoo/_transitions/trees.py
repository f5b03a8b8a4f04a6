"""Make trees and sentences of the arcs that a parser has found."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from .._types import Array

#: Stands in a label between that of an arc and that of the head that it is to get.
DELIMITER = "||"
ROOT = "ROOT"
#: Rounds after which edges of trees that are not projective are left as they are.
MOST_ROUNDS = 12


class Tree(NamedTuple):
    """The annotation of one document, a value for each of its words.

    Attributes:
        heads: The index of the head; a root has its own.
        deps: The label of the arc.
        starts: Whether the word begins a sentence.
    """

    heads: list[int]
    deps: list[str]
    starts: list[bool]


class Arcs(NamedTuple):
    """The arcs of the words of all documents, one document after the other.

    A sentence is all that hangs on one root.

    Attributes:
        heads: The index of the head within its document; a root has its own.
        labels: The number of the label in `ArcLabels`.
        starts: Whether the word begins a sentence.
        are_moved: Of each document, whether an arc has a label of another head.
    """

    heads: list[int]
    labels: list[int]
    starts: list[bool]
    are_moved: list[bool]


class ArcLabels:
    """The labels of the arcs that moves make.

    Args:
        labels: The label of each move.

    Attributes:
        names: These, and behind them that of a root.
        are_decorated: Which of them hold the label of another head, (n_moves + 1,).
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.names = [*labels, ROOT]
        self.are_decorated: Array = np.array([DELIMITER in n for n in self.names])


def read_arcs(head: Array, move: Array, labels: ArcLabels, lengths: Array) -> Arcs:
    """Read the arcs of all words; what has no head is a root.

    Args:
        head, move: As `lockstep.parse` returns them, (n_tokens + 1,).
        labels: The labels of the moves.
        lengths: Tokens of each document, (n_docs,).
    """
    n_rows = len(head)
    heads = np.where(head, head, np.arange(n_rows))
    # Arcs do not cross, so that the words of a root are neighbours.
    roots = _find_roots(heads)
    starts = np.ones(n_rows, bool)
    starts[1:] = roots[1:] != roots[:-1]
    arcs = np.where(head, move, len(labels.names) - 1)[1:]
    ends = np.cumsum(lengths)
    heads[1:] -= np.repeat(ends - lengths, lengths) + 1
    are_moved = [False] * len(lengths)
    for word in labels.are_decorated[arcs].nonzero()[0].tolist():
        are_moved[int(np.searchsorted(ends, word, side="right"))] = True
    return Arcs(heads[1:].tolist(), arcs.tolist(), starts[1:].tolist(), are_moved)


def make_trees(
    arcs: Arcs, labels: ArcLabels, documents: Sequence[Sequence[str]]
) -> Iterator[Tree]:
    """Build a tree of the arcs of each document.

    Arcs of which the label holds the label of another head are moved there.

    Args:
        arcs: Those of all words.
        labels: The labels of the moves.
        documents: The words of each document.

    Yields:
        The tree of each document.
    """
    deps = [*map(labels.names.__getitem__, arcs.labels)]
    if len(documents) == 1:
        parts = [slice(None)]
    else:
        ends = accumulate(map(len, documents), initial=0)
        parts = [slice(start, end) for start, end in pairwise(ends)]
    for part, words, is_moved in zip(parts, documents, arcs.are_moved, strict=True):
        tree = Tree(arcs.heads[part], deps[part], arcs.starts[part])
        yield move_arcs(tree, words) if is_moved else tree


def _find_roots(heads: Array) -> Array:
    """Return the root above each row, by jumps that double."""
    roots = heads
    while True:
        further = roots[roots]
        if (further == roots).all():
            return further
        roots = further


def move_arcs(tree: Tree, words: Sequence[str]) -> Tree:
    """Move arcs with a label such as "nsubj||conj" to a head of the label "conj".

    That is the nearest one below the head that they have, as
    `projective.make_projective` decorates them. If there is none, they stay.

    Source:
        Nivre and Nilsson (2005), Pseudo-Projective Dependency Parsing,
        https://aclanthology.org/P05-1013; as in spaCy.
    """
    heads, deps = list(tree.heads), list(tree.deps)
    spaces = [word.isspace() for word in words]
    edges = find_edges(heads)
    for word, label in enumerate(deps):
        if DELIMITER in label:
            own, _, wanted = label.partition(DELIMITER)
            found = _find_below(word, wanted, heads, deps, edges, spaces)
            heads[word], deps[word] = found, own
    firsts = {edges[0] for edges in _edges_of_roots(heads)}
    return Tree(heads, deps, [word in firsts for word in range(len(heads))])


def _edges_of_roots(heads: Sequence[int]) -> Iterator[tuple[int, int]]:
    edges = find_edges(heads)
    return (edges[i] for i, head in enumerate(heads) if head == i)


def _find_below(
    word: int,
    label: str,
    heads: Sequence[int],
    deps: Sequence[str],
    edges: Sequence[tuple[int, int]],
    spaces: Sequence[bool],
) -> int:
    """Return the first word with a label below the head of a word, breadth first.

    White space is left out, and so is what is below it.
    """
    level = [heads[word]]
    while level:
        below = []
        for parent in level:
            first, last = edges[parent]
            for child in range(first, last + 1):
                if heads[child] != parent or child in (parent, word) or spaces[child]:
                    continue
                if deps[child] == label:
                    return child
                below.append(child)
        level = below
    return heads[word]


def find_edges(heads: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last word below each word of a document.

    Of trees whose arcs cross, the edges are those that spaCy finds: it goes over the
    words forth and back until each head lies in the sentence of its dependents, at
    most `MOST_ROUNDS` times.
    """
    n = len(heads)
    lefts, rights = list(range(n)), list(range(n))
    for _ in range(MOST_ROUNDS):
        for order in (range(n), range(n - 1, -1, -1)):
            for word in order:
                head = heads[word]
                lefts[head] = min(lefts[head], lefts[word])
                rights[head] = max(rights[head], rights[word])
        starts = {lefts[word] for word in range(n) if heads[word] == word}
        if _are_sentences(heads, starts):
            break
    return list(zip(lefts, rights, strict=True))


def _are_sentences(heads: Sequence[int], starts: set[int]) -> bool:
    """Return whether each head lies in the sentence of its dependents.

    As in spaCy, the last sentence counts without its last word.
    """
    last = len(heads) - 1
    begin = 0
    for end in sorted({*starts, last} - {0}):
        if any(not begin <= head <= end for head in heads[begin:end]):
            return False
        begin = end
    return True
