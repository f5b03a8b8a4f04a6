"""Make trees projective, so that a parser whose arcs cannot cross can learn them."""

from collections.abc import Sequence

import numpy as np

from .._types import Array
from .trees import DELIMITER


def make_projective(
    heads: Sequence[int], labels: Sequence[str]
) -> tuple[list[int], list[str]]:
    """Lift the arcs that cross others until none does, and mark the lifted ones.

    An arc is lifted to the head of its head; the shortest one first, of equal ones the
    leftmost. Its label gets that of the head that it had: "nsubj||conj".

    Args:
        heads: Of each word of a document; a root has its own index.
        labels: Of each word.

    Returns:
        New heads and labels.

    Source:
        Nivre and Nilsson (2005), Pseudo-Projective Dependency Parsing,
        https://aclanthology.org/P05-1013; as in spaCy.
    """
    lifted = list(heads)
    while (word := _shortest_crossing(lifted)) is not None:
        head = lifted[word]
        lifted[word] = word if lifted[head] == head else lifted[head]
    marked = [
        label if old == new else f"{label}{DELIMITER}{labels[old]}"
        for label, old, new in zip(labels, heads, lifted, strict=True)
    ]
    return lifted, marked


def _shortest_crossing(heads: Sequence[int]) -> int | None:
    """Return the dependent of the shortest arc that crosses another, None for none."""
    found, length = None, len(heads)
    for word, head in enumerate(heads):
        if abs(word - head) < length and _crosses(word, heads):
            found, length = word, abs(word - head)
    return found


def _crosses(word: int, heads: Sequence[int]) -> bool:
    """Return whether the arc to a word covers one that is not below its head."""
    head = heads[word]
    first, last = min(word, head), max(word, head)
    inner = heads[first + 1 : last]
    are_inside = all(first <= found <= last for found in inner)
    if are_inside and all(found != i for i, found in enumerate(inner, first + 1)):
        return False
    return any(not _is_below(i, head, heads) for i in range(first + 1, last))


def _is_below(word: int, head: int, heads: Sequence[int]) -> bool:
    while heads[word] != head:
        if heads[word] == word:
            return False
        word = heads[word]
    return True


def survey_trees(heads: Array, ends: Array) -> tuple[Array, Array]:
    """Find the arcs that cross, and where the words below each word begin.

    In a tree whose arcs do not cross, the words below each word are neighbours.

    Args:
        heads: The token that each token depends on, itself for a root, (n_tokens,).
        ends: The token behind the last one of each document, (n_docs,).

    Returns:
        Whether each document has arcs that cross, (n_docs,), and the first of the
        tokens that are below each token, or that token, (n_tokens,).

    Raises:
        ValueError: If heads go round in a circle.
    """
    n_tokens = len(heads)
    firsts = np.arange(n_tokens)
    lasts, sizes = firsts.copy(), np.ones(n_tokens, np.intp)
    depths = _depths(heads, ends)
    order = np.argsort(-depths, kind="stable")
    bounds = np.cumsum(np.bincount(depths)[::-1])[:-1]  # The roots come last.
    for level in np.split(order, bounds)[:-1]:
        above = heads[level]
        np.minimum.at(firsts, above, firsts[level])
        np.maximum.at(lasts, above, lasts[level])
        np.add.at(sizes, above, sizes[level])
    crossed = (lasts - firsts + 1 != sizes).nonzero()[0]
    is_crossed = np.zeros(len(ends), bool)
    is_crossed[np.searchsorted(ends, crossed, side="right")] = True
    return is_crossed, firsts


def _depths(heads: Array, ends: Array) -> Array:
    """Return how many arcs lead from each token up to its root."""
    own = np.arange(len(heads))
    above = heads
    depths: Array = (heads != own).astype(np.intp)
    for _ in range(len(heads).bit_length() + 1):
        if (heads[above] == above).all():
            return depths
        depths = depths + depths[above]
        above = above[above]
    number = int(np.searchsorted(ends, own[heads[above] != above][0], side="right"))
    raise ValueError(
        f"parser: heads must lead to a root, got some of document {number + 1} of the "
        f"batch that go round in a circle."
    )
