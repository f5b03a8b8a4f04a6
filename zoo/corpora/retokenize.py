"""Carry the annotation of documents over to the words that a tokenizer makes."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from ..doc import Doc, Span
from ..tokenizer import Tokenize, locate_words

#: Fields whose values pass from words to words.
_COPIED = ("tags", "pos", "morphs", "lemmas")


def retokenize(doc: Doc, tokenize: Tokenize) -> Doc:
    """Split the text of an annotated document anew, and keep what fits the new words.

    This is how spaCy trains: what is learned is the annotation of words as the
    pipeline will make them.

    - A new word has the tag, features or lemma that all words have which it overlaps.
    - It has a head and a label if it overlaps one word, and a head only if one new word
      alone overlaps the head.
    - Entities and other spans are kept if new words have the same text. The words of
      other entities are unknown.
    - A new word begins a sentence if its first character does; if a sentence begins
      within it, that is unknown.

    All else is unknown, so that nothing is learned of it.

    Args:
        doc: The document. If it is not known where spaces are, it is returned as it is.
        tokenize: Splits its text.

    Returns:
        A new document, with the words, spaces and norms that the tokenizer makes.

    Raises:
        ValueError: The tokenizer makes words that are not in the text.
    """
    if doc.spaces is None:
        return doc
    text = doc.text
    new = tokenize(text)
    both = _Alignment(doc, new, text)
    kept = {name: both.common(getattr(doc, name)) for name in _COPIED}
    ents, ents_known = both.entities()
    return Doc(
        [*new.words],
        spaces=new.spaces,
        norms=new.norms,
        **kept,
        heads=both.heads(),
        deps=both.labels(),
        sent_starts=both.sentences(),
        ents=ents,
        ents_known=ents_known,
        spans=doc.spans and {k: both.move(g) for k, g in doc.spans.items()},
        cats=doc.cats and {**doc.cats},
        user_data={**doc.user_data},
    )


class _Alignment:
    """Which words of two splits of one text overlap.

    Attributes:
        olds: The old words that each new word overlaps.
        news: The new words that each old word overlaps.
    """

    def __init__(self, old: Doc, new: Doc, text: str) -> None:
        self._old, self._new, self._text = old, new, text
        self._old_starts, self._starts = _starts_of(old, text), _starts_of(new, text)
        owner = [-1] * (len(text) + 1)
        for i, (start, word) in enumerate(
            zip(self._old_starts, old.words, strict=True)
        ):
            owner[start : start + len(word)] = [i] * len(word)
        self.olds: list[list[int]] = []
        self.news: list[list[int]] = [[] for _ in old.words]
        for i, (start, word) in enumerate(zip(self._starts, new.words, strict=True)):
            found = sorted({*owner[start : start + len(word)]} - {-1})
            self.olds.append(found)
            for j in found:
                self.news[j].append(i)

    def common(self, values: Sequence[Any] | None) -> list[Any] | None:
        """Return the value of each new word that all of its old words have."""
        if values is None:
            return None
        found = ({values[i] for i in olds} for olds in self.olds)
        return [f.pop() if len(f) == 1 else None for f in found]

    def heads(self) -> list[int | None] | None:
        if self._old.heads is None:
            return None
        found: list[int | None] = []
        for head in self._single(self._old.heads):
            news = [] if head is None else self.news[head]
            found.append(news[0] if len(news) == 1 else None)
        return found

    def labels(self) -> list[str | None] | None:
        deps = self._old.deps
        return None if deps is None else self._single(deps)

    def sentences(self) -> list[bool | None] | None:
        starts = self._old.sent_starts
        if starts is None:
            return None
        found: list[bool | None] = []
        for i, (first, *rest) in enumerate(o or [-1] for o in self.olds):
            if any(starts[j] is not False for j in rest):
                found.append(None)
            else:  # Only the first part of a word can begin a sentence.
                is_first = first >= 0 and self.news[first][0] == i
                found.append(starts[first] if is_first else False)
        return found

    def entities(self) -> tuple[list[Span] | None, list[bool] | None]:
        """Return the entities that are kept, and which new words are known."""
        old = self._old
        if old.ents is None:
            return None, None
        ents = self.move(old.ents, may_overlap=False)
        is_out = [*(old.ents_known or [True] * len(old))]
        for span in old.ents:
            is_out[span.start : span.end] = [False] * (span.end - span.start)
        known = [
            word.isspace() or (bool(olds) and all(is_out[i] for i in olds))
            for word, olds in zip(self._new.words, self.olds, strict=True)
        ]
        for span in ents:
            known[span.start : span.end] = [True] * (span.end - span.start)
        return ents, known

    def move(self, spans: Sequence[Span], *, may_overlap: bool = True) -> list[Span]:
        """Return the spans of new words that have the texts of spans of old ones."""
        moved, taken = list[Span](), set[int]()
        for span in spans:
            news = {n for i in range(span.start, span.end) for n in self.news[i]}
            if not may_overlap:
                news -= taken
            if not news:
                continue
            first, last = min(news), max(news)
            new_text = self._between(self._starts, self._new, first, last)
            old_text = self._between(
                self._old_starts, self._old, span.start, span.end - 1
            )
            if new_text == old_text:
                moved.append(Span(first, last + 1, span.label))
                taken |= news
        return moved

    def _single(self, values: Sequence[Any]) -> list[Any]:
        """Return the value of the only old word of each new word, else None."""
        return [values[olds[0]] if len(olds) == 1 else None for olds in self.olds]

    def _between(self, starts: Sequence[int], doc: Doc, first: int, last: int) -> str:
        """Return the text of a run of words, without white space."""
        end = starts[last] + len(doc.words[last])
        return "".join(self._text[starts[first] : end].split())


def _starts_of(doc: Doc, text: str) -> list[int]:
    """Return where the words of a document begin in a text."""
    if doc.text != text:  # Some tokenizers leave white space out.
        try:
            return locate_words(doc.words, text)
        except ValueError as error:
            raise ValueError(
                f"retokenize: the words of a tokenizer must be those of the text, but "
                f"for white space: {error} Use another tokenizer, or set retokenize to "
                f"false."
            ) from error
    spaces = doc.spaces or [True] * len(doc)
    sizes = [len(w) + s for w, s in zip(doc.words, spaces, strict=True)]
    return [0, *accumulate(sizes)][: len(doc)]
