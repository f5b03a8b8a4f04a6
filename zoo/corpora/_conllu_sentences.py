"""Make sentences without white-space words of a document, as CoNLL-U holds them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from ..doc import TOKEN_FIELDS, Doc, Span


def conllu_sentences(doc: Doc) -> Iterator[Doc]:
    """Split a document into sentences, and leave out words of white space alone.

    A word that depends on white space depends on the head of that, and one whose head
    is in another sentence becomes a root. Entities are cut at the ends of sentences.
    Groups of spans, categories and `user_data` are left out.

    Args:
        doc: If nothing is known of where its sentences begin, it is one sentence.

    Yields:
        A document for each sentence that has words.
    """
    starts = [i for i, begins in enumerate(doc.sent_starts or ()) if begins and i]
    for start, end in pairwise([0, *starts, len(doc)]):
        kept = [i for i in range(start, end) if not is_white(doc.words[i])]
        if kept:
            yield _take(doc, kept)


def is_white(word: str) -> bool:
    """Check whether a word is of white space alone; the empty word is not."""
    return word.isspace()


def _take(doc: Doc, kept: list[int]) -> Doc:
    """Copy some words of a sentence, with what is known of them."""
    found: dict[str, Any] = {}
    for name in ("words", *TOKEN_FIELDS, "ents_known"):
        values = getattr(doc, name)
        found[name] = None if values is None else [values[i] for i in kept]
    if doc.spaces is not None:
        found["spaces"] = [doc.spaces[i] or _precedes_white(doc, i) for i in kept]
    if doc.heads is not None:
        found["heads"] = _reattach(doc.heads, kept)
    if doc.ents is not None:
        found["ents"] = [*_clip(doc.ents, kept)]
    return Doc(**found)


def _precedes_white(doc: Doc, word: int) -> bool:
    return word + 1 < len(doc) and is_white(doc.words[word + 1])


def _clip(spans: Sequence[Span], kept: list[int]) -> Iterator[Span]:
    """Cut spans to the words that are kept, and count these anew."""
    for start, end, label in spans:
        inside = [place for place, i in enumerate(kept) if start <= i < end]
        if inside:
            yield Span(inside[0], inside[-1] + 1, label)


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
