"""Read the trees that a parser is to learn, as arrays of all documents."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .._types import Array
from .arc_eager import BREAK, LEFT, LETTERS, REDUCE, RIGHT, SHIFT, ArcEager
from .parser_rows import read_presets
from .projective import make_projective, survey_trees
from .trees import ROOT

#: The label of arcs whose own label is too rare to be learned.
FALLBACK = "dep"
#: The kinds of moves in the order in which spaCy numbers them.
SPACY_ORDER = (SHIFT, REDUCE, LEFT, RIGHT, BREAK)


class GoldTree(NamedTuple):
    """What is known of the tree of one document, a value for each word.

    Attributes:
        heads: The index of the head, None if it is not known; a root has its own.
        deps: The label of the arc, None or "" if it is not known.
        starts: Whether the word begins a sentence, None if that is not known. If None,
            a sentence is what hangs on one root, if all heads are known.
    """

    heads: Sequence[int | None]
    deps: Sequence[str | None]
    starts: Sequence[bool | None] | None


class KnownArcs(NamedTuple):
    """The arcs of some documents, projective and with decorated labels.

    Attributes:
        heads: The token that each token depends on, itself for a root and where none is
            known, (n_tokens,).
        is_known: Whether the head is known, (n_tokens,).
        labels: Of each token, "" where none is known.
        starts: Whether each token is the first one of those below a root, (n_tokens,).
    """

    heads: Array
    is_known: Array
    labels: list[str]
    starts: Array


def read_arcs(trees: Sequence[GoldTree]) -> KnownArcs:
    """Lay the arcs of documents end to end, and make them projective.

    Raises:
        ValueError: If heads go round in a circle.
    """
    heads: list[int] = []
    known: list[bool] = []
    labels: list[str] = []
    ends: list[int] = []
    for tree in trees:
        first = len(heads)
        heads += [
            first + (i if head is None else head) for i, head in enumerate(tree.heads)
        ]
        known += [head is not None for head in tree.heads]
        labels += [label or "" for label in tree.deps]
        ends.append(len(heads))
    flat, bounds = np.array(heads, np.intp), np.array(ends, np.intp)
    is_crossed, firsts = survey_trees(flat, bounds)
    starts = np.zeros(len(flat), bool)
    starts[firsts[flat == np.arange(len(flat))]] = True
    for number in is_crossed.nonzero()[0].tolist():
        end, first = ends[number], ends[number - 1] if number else 0
        part = slice(first, end)
        own = [head - first for head in heads[part]]
        lifted, marked = make_projective(own, labels[part])
        flat[part] = np.array(lifted, np.intp) + first
        labels[part] = marked
    is_known = np.array(known, bool)
    # A word without a head stays so, though it was a root while arcs were lifted.
    flat[~is_known] = np.arange(len(flat))[~is_known]
    return KnownArcs(flat, is_known, labels, starts)


def count_moves(trees: Iterable[GoldTree]) -> dict[int, Counter[str]]:
    """Count the labels of each kind of move that leads to trees.

    The counts only give the moves an order, and leave out rare ones.
    """
    counts: dict[int, Counter[str]] = {kind: Counter() for kind in SPACY_ORDER}
    counts[SHIFT][""] = counts[REDUCE][""] = 1
    for tree in trees:
        arcs = read_arcs([tree])
        for word, (head, is_known, label) in enumerate(
            zip(arcs.heads.tolist(), arcs.is_known.tolist(), arcs.labels, strict=True)
        ):
            if not is_known or not label:
                continue
            name = ROOT if label.upper() == ROOT else label
            kind = BREAK if head == word else RIGHT if head < word else LEFT
            counts[kind][name] += 1
            if kind != BREAK:
                counts[REDUCE if kind == RIGHT else SHIFT][""] += 1
    return counts


def name_moves(counts: dict[int, Counter[str]], min_frequency: int) -> list[str]:
    """Name the moves that are frequent enough, in spaCy's order.

    Of each kind, the most frequent label comes first, of equal ones the last one in
    the alphabet.
    """
    names = []
    for kind in SPACY_ORDER:
        kept = {label: n for label, n in counts[kind].items() if n >= min_frequency}
        for label in needed_labels(kind):
            kept.setdefault(label, 0)
        ordered = sorted(((n, label) for label, n in kept.items()), reverse=True)
        letter = LETTERS[kind]
        names += [f"{letter}-{label}" if label else letter for _, label in ordered]
    return names


def needed_labels(kind: int) -> list[str]:
    """Return the labels that a kind of move always has."""
    if kind == BREAK:
        return [ROOT]
    return [FALLBACK] if kind in (LEFT, RIGHT) else [""]


@dataclass(frozen=True)
class ParserGold:
    """What is to be learned, by rows of a batch; arrays are (n_tokens + 1,).

    Attributes:
        heads: The row of the head, 0 where none is known; a root has its own.
        parents: The same, but 0 for a root.
        lefts, rights: The move that makes the right arc from either side, -1 for none.
        starts: 1 for a word that begins a sentence, -1 for one that begins none, 0 if
            that is not known.
        kids: ``parent * (2 * n_rows) + child``, sorted, to count children in a range.
    """

    heads: Array
    parents: Array
    lefts: Array
    rights: Array
    starts: Array
    kids: Array

    @property
    def n_rows(self) -> int:
        return len(self.heads)


def read_gold(moves: ArcEager, trees: Sequence[GoldTree]) -> ParserGold:
    """Read trees as what the moves of a parser are to make.

    A label that no move makes becomes `FALLBACK`.

    Raises:
        ValueError: If heads go round in a circle.
    """
    arcs = read_arcs(trees)
    n_rows = len(arcs.heads) + 1
    heads = np.zeros(n_rows, np.intp)
    heads[1:][arcs.is_known] = arcs.heads[arcs.is_known] + 1
    own = np.arange(n_rows)
    parents = np.where(heads == own, 0, heads)
    starts = np.zeros(n_rows, np.intp)
    starts[1:] = _known_starts(trees, arcs)
    lefts, rights = (_move_of_each(moves, kind, arcs.labels) for kind in (LEFT, RIGHT))
    children = parents.nonzero()[0]
    kids = np.sort(parents[children] * (2 * n_rows) + children)
    return ParserGold(heads, parents, lefts, rights, starts, kids)


def _known_starts(trees: Sequence[GoldTree], arcs: KnownArcs) -> Array:
    """Return what is known of where sentences begin, as of `ParserGold`."""
    found = np.where(arcs.starts, 1, -1)
    first = 0
    for tree in trees:
        end = first + len(tree.heads)
        if tree.starts is not None:
            found[first:end] = read_presets(tree.starts)
        elif not arcs.is_known[first:end].all():
            found[first:end] = 0
        first = end
    return found


class _MovesOfLabels(dict[str, int]):
    """The move of a kind by the label of its arc; -1 for no label.

    Args:
        moves: Of the parser.
        kind: LEFT or RIGHT.
    """

    def __init__(self, moves: ArcEager, kind: int) -> None:
        numbers = [i for i, k in enumerate(moves.kind_list) if k == kind]
        super().__init__((moves.labels[i], i) for i in numbers)
        self.fallback = self.get(FALLBACK, -1)
        self[""] = -1

    def __missing__(self, label: str) -> int:
        return self.fallback


def _move_of_each(moves: ArcEager, kind: int, labels: Sequence[str]) -> Array:
    """Return the move of a kind for the label of each row; -1 for no label."""
    numbers = _MovesOfLabels(moves, kind)
    return np.array([-1, *map(numbers.__getitem__, labels)], np.intp)
