"""Make sentences without white-space words of a document, as CoNLL-U holds them."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ..doc import TOKEN_FIELDS, Doc


def conllu_sentences(doc: Doc) -> Iterator[Doc]:
    """Split a document into sentences, and leave out words of white space alone.

    A word that depends on white space depends on the head of that. Entities, groups of
    spans and categories are left out.

    Args:
        doc: If nothing is known of where its sentences begin, it is one sentence.

    Yields:
        A document for each sentence that has words.
    """
    starts = [i for i, begins in enumerate(doc.sent_starts or ()) if begins and i]
    for start, end in pairwise([0, *starts, len(doc)]):
        kept = [i for i in range(start, end) if doc.words[i].strip()]
        if kept:
            yield _take(doc, kept, end)


def _take(doc: Doc, kept: list[int], end: int) -> Doc:
    """Copy some words of a sentence, with what is known of them."""
    found: dict[str, Any] = {}
    for name in ("words", *TOKEN_FIELDS):
        values = getattr(doc, name)
        found[name] = None if values is None else [values[i] for i in kept]
    if doc.spaces is not None:
        found["spaces"] = [doc.spaces[i] or i + 1 not in kept for i in kept]
        is_last = end == len(doc)
        found["spaces"][-1] = doc.spaces[kept[-1]] or not is_last
    if doc.heads is not None:
        found["heads"] = _reattach(doc.heads, kept)
    return Doc(**found)


def _reattach(heads: list[int | None], kept: list[int]) -> list[int | None]:
    """Number heads anew; a word whose head is left out takes the head of that.

    A word becomes a root if no head of its heads is kept.
    """
    numbers = {token: i for i, token in enumerate(kept)}
    found: list[int | None] = []
    for token in kept:
        head, seen = heads[token], {token}
        while head is not None and head not in numbers and head not in seen:
            seen.add(head)
            head = heads[head]
        found.append(None if head is None else numbers.get(head, numbers[token]))
    return found
