"""Lay out the arcs of dependency trees: which is above which, and what is one line."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..doc import Doc


class Arc(NamedTuple):
    """An arc between two words of a line, by their positions in it."""

    head: int
    child: int
    label: str
    level: int  # 1 is nearest to the words.

    @property
    def left(self) -> int:
        return min(self.head, self.child)

    @property
    def right(self) -> int:
        return max(self.head, self.child)


def find_arcs(doc: Doc, start: int, end: int) -> list[Arc]:
    """Return the arcs between the words from `start` to `end`, each on its level.

    An arc is above all arcs that begin or end between its ends, those that cross it
    included, so that no two labels stand in one place.
    """
    pairs = [
        (head - start, child - start, label)
        for child, head, label in _dependents(doc, start, end)
        if head != child
    ]
    pairs.sort(key=lambda pair: (abs(pair[0] - pair[1]), min(pair[:2])))
    heights: np.ndarray = np.zeros(max(0, end - start), dtype="i4")
    arcs = []
    for head, child, label in pairs:
        between = slice(min(head, child), max(head, child))
        level = int(heights[between].max()) + 1
        heights[between] = level
        arcs.append(Arc(head, child, label, level))
    return arcs


def find_roots(doc: Doc, start: int, end: int) -> dict[int, str]:
    """Return the labels of the roots among some words, by position from `start`."""
    found = _dependents(doc, start, end)
    return {child - start: label for child, head, label in found if head == child}


def split_lines(doc: Doc) -> list[tuple[int, int]]:
    """Split a document into lines: its sentences, or else its trees.

    No line ends within an arc. Where nothing is known of heads, nor of sentences, the
    document is one line.
    """
    n_words = len(doc)
    if n_words == 0:
        return []
    heads = doc.heads or [None] * n_words
    covered = np.zeros(n_words + 1, dtype="i4")
    for child, head in enumerate(heads):
        if head is not None:
            covered[min(head, child) + 1] += 1
            covered[max(head, child) + 1] -= 1
    is_free = np.cumsum(covered) == 0
    if doc.sent_starts is not None:
        starts = [i for i, begins in enumerate(doc.sent_starts) if begins and i]
    else:
        starts = list(_behind_roots(heads))
    return list(pairwise([0, *(i for i in starts if is_free[i]), n_words]))


def _behind_roots(heads: list[int | None]) -> Iterable[int]:
    """Return the words before which a tree may end: there is a root on both sides."""
    roots = [child for child, head in enumerate(heads) if head == child]
    if not roots:
        return []
    return range(roots[0] + 1, roots[-1] + 1)


def _dependents(doc: Doc, start: int, end: int) -> Iterable[tuple[int, int, str]]:
    """Return word, head and label of the words whose head is known."""
    heads = (doc.heads or [None] * len(doc))[start:end]
    labels = (doc.deps or [None] * len(doc))[start:end]
    for child, (head, label) in enumerate(zip(heads, labels, strict=True), start):
        if head is not None:
            yield child, head, label or ""
