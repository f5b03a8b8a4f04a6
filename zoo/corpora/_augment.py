"""Vary documents of a training corpus: lower case, other quotes, white space."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._check_numbers import SHARE, check_numbers
from ..doc import Doc, Span

#: Makes the documents to learn from of a document. It draws all its random numbers from
#: the generator that it gets, and leaves the document as it is.
Augmenter = Callable[[Doc, random.Random], Iterator[Doc]]
#: What may stand for each other: {"single": [...], "paired": [...]}.
OrthVariants = Mapping[str, Sequence[Mapping[str, Any]]]


def augment(
    docs: Iterator[Doc], augmenter: Augmenter | None, *, seed: int = 0
) -> Iterator[Doc]:
    """Yield what an augmenter makes of documents, the same each time.

    Args:
        docs: The documents.
        augmenter: None: the documents stay as they are.
        seed: Seed of the augmenter's random numbers.
    """
    if augmenter is None:
        yield from docs
        return
    draw = random.Random(seed)
    for doc in docs:
        yield from augmenter(doc, draw)


def lower_case(level: float) -> Augmenter:
    """Turn some documents into lower case.

    Args:
        level: Share of the documents, 0 to 1.

    Raises:
        ValueError: The share is out of range.
    """
    check_numbers("lower_case", SHARE, level=level)

    def vary(doc: Doc, draw: random.Random) -> Iterator[Doc]:
        yield _lower(doc) if draw.random() < level else doc

    return vary


def orth_variants(level: float, lower: float, orth_variants: OrthVariants) -> Augmenter:
    """Replace marks such as quotes by others that mean the same, in some documents.

    A variant has tags and forms: {"tags": [":"], "variants": ["-", "--"]}, and of a
    pair both forms: {"tags": ["``", "''"], "variants": [["'", "'"], ["``", "''"]]}. In
    each document one form is drawn for each variant; words that have one of the tags
    and one of the forms get it. Documents without tags keep their words.

    Args:
        level: Share of the documents, 0 to 1.
        lower: Share of these that are turned into lower case too, 0 to 1.
        orth_variants: The variants, "single" and "paired" ones.

    Raises:
        ValueError: A share is out of range, or the variants have another form.
    """
    check_numbers("orth_variants", SHARE, level=level, lower=lower)
    singles, pairs = _read_variants(orth_variants)

    def vary(doc: Doc, draw: random.Random) -> Iterator[Doc]:
        if draw.random() < level:
            doc = _lower(doc) if draw.random() < lower else doc
            doc = _exchange(doc, singles, pairs, draw)
        yield doc

    return vary


def combined_augmenter(
    lower_level: float,
    orth_level: float,
    orth_variants: OrthVariants | None = None,
    whitespace_level: float = 0.0,
    whitespace_per_token: float = 0.0,
    whitespace_variants: Sequence[str] | None = None,
) -> Augmenter:
    """Lower, exchange marks and add white space, each in some documents.

    Args:
        lower_level: Share of the documents that are turned into lower case, 0 to 1.
        orth_level: Share of the documents whose marks are exchanged, 0 to 1.
        orth_variants: As in `orth_variants`. None: no marks are exchanged.
        whitespace_level: Share of the documents that get words of white space, 0 to 1.
        whitespace_per_token: How many they get, as a share of their words.
        whitespace_variants: What words of white space may be. None: none are added.

    Raises:
        ValueError: A share is out of range, or the variants have another form.
    """
    check_numbers(
        "combined_augmenter",
        SHARE,
        lower_level=lower_level,
        orth_level=orth_level,
        whitespace_level=whitespace_level,
        whitespace_per_token=whitespace_per_token,
    )
    singles, pairs = _read_variants(orth_variants or {})

    def vary(doc: Doc, draw: random.Random) -> Iterator[Doc]:
        if draw.random() < lower_level:
            doc = _lower(doc)
        if orth_variants and draw.random() < orth_level:
            doc = _exchange(doc, singles, pairs, draw)
        if whitespace_variants and draw.random() < whitespace_level:
            for _ in range(int(len(doc) * whitespace_per_token)):
                space = draw.choice(whitespace_variants)
                doc = insert_space(doc, space, draw.randrange(len(doc)))
        yield doc

    return vary


def dont_augment() -> Augmenter:
    """Leave documents as they are."""
    return lambda doc, draw: iter((doc,))


def insert_space(doc: Doc, space: str, place: int) -> Doc:
    """Return a document with a word of white space more.

    The word gets the annotation that spaCy's corpora give to white space, in every
    field that is known: the tag "_SP", the part of speech "SPACE", and a head before
    it. Inside of an entity it is a part of it. Documents with groups of spans, or with
    dependencies of some words alone, are returned as they are.

    Args:
        doc: The document.
        space: The word.
        place: The position of the new word, 0 to the number of words.
    """
    deps = doc.deps
    if not len(doc) or doc.spans or (deps is not None and None in deps):
        return doc
    values: dict[str, Any] = {
        "words": space,
        "spaces": False,
        "norms": space,
        "sent_starts": False,
        "tags": "_SP",
        "pos": "SPACE",
        "morphs": "",
        "lemmas": space,
        "deps": "dep",
    }
    new: dict[str, Any] = {}
    for name, value in values.items():
        old = getattr(doc, name)
        new[name] = None if old is None else [*old[:place], value, *old[place:]]
    if doc.heads is not None:
        heads = [h if h is None else h + (h >= place) for h in doc.heads]
        own = place - 1 if place else 1
        new["heads"] = [*heads[:place], own, *heads[place:]]
    if doc.ents is not None:
        new["ents"] = [
            Span(s.start + (s.start >= place), s.end + (s.end > place), s.label)
            for s in doc.ents
        ]
    if doc.ents_known is not None:
        known = doc.ents_known
        beside = known[place - 1 : place + 1] if place else known[:1]
        new["ents_known"] = [*known[:place], all(beside), *known[place:]]
    if doc.sent_starts is not None and place == 0:  # It begins the sentence instead.
        new["sent_starts"] = [doc.sent_starts[0], False, *doc.sent_starts[1:]]
    return replace(doc, **new)


def _lower(doc: Doc) -> Doc:
    norms = doc.norms and [norm.lower() for norm in doc.norms]
    return replace(doc, words=[word.lower() for word in doc.words], norms=norms)


def _read_variants(
    variants: OrthVariants,
) -> tuple[list[tuple[set[str], Any]], list[tuple[list[str], Any]]]:
    """Return tags and forms of single and of paired variants; see `orth_variants`."""
    try:
        singles = [({*v["tags"]}, [*v["variants"]]) for v in variants.get("single", ())]
        pairs = [
            ([*v["tags"]], [(left, right) for left, right in v["variants"]])
            for v in variants.get("paired", ())
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"orth_variants: expected lists 'single' and 'paired' of variants, each "
            f"with 'tags' and 'variants', got another form ({error!r})."
        ) from error
    if not all(forms for _, forms in [*singles, *pairs]):
        raise ValueError("orth_variants: a variant must have forms, got none.")
    return singles, pairs


def _exchange(doc: Doc, singles: Any, pairs: Any, draw: random.Random) -> Doc:
    """Replace words by other forms of their variants."""
    if doc.tags is None:
        return doc
    words = list(doc.words)
    drawn = [draw.choice(forms) for _, forms in singles]
    for (tags, forms), form in zip(singles, drawn, strict=True):
        for i, tag in enumerate(doc.tags):
            if tag in tags and words[i] in forms:
                words[i] = form
    drawn = [draw.choice(forms) for _, forms in pairs]
    for (tags, forms), form in zip(pairs, drawn, strict=True):
        for i, tag in enumerate(doc.tags):
            if tag and tag in tags and any(words[i] in pair for pair in forms):
                words[i] = form[_side(words[i], tag, tags, forms)]
    changed = [new != old for new, old in zip(words, doc.words, strict=True)]
    norms = doc.norms and [
        word if is_new else norm
        for word, norm, is_new in zip(words, doc.norms, changed, strict=True)
    ]
    return replace(doc, words=words, norms=norms)


def _side(word: str, tag: str, tags: list[str], forms: Any) -> int:
    """Return whether a word is the left form of a pair, 0, or the right one, 1."""
    if len(tags) == 2:
        return tags.index(tag)
    return max(int(pair.index(word)) for pair in forms if word in pair)
