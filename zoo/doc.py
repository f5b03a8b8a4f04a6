"""Define documents: words, what is known about them, and spans of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise, repeat
from typing import Any, Final

from ._doc_fields import Span as Span
from ._doc_fields import check_field, check_user_data, check_words

#: The fields of a Doc that hold one value per word.
TOKEN_FIELDS = (
    *("spaces", "norms", "sent_starts", "tags", "pos", "morphs", "lemmas"),
    *("heads", "deps"),
)
#: The fields of a Doc that a pipeline predicts.
ANNOTATIONS = (
    *("tags", "pos", "morphs", "lemmas", "heads", "deps"),
    *("ents", "ents_known", "spans", "cats"),
)


@dataclass(frozen=True, slots=True)
class DocSlice:
    """A run of words of a document: ``doc[start:end]``, which copies nothing."""

    doc: Any
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, part: slice) -> "DocSlice":
        start, end = _bounds(part, len(self))
        return DocSlice(self.doc, self.start + start, self.start + end)

    @property
    def words(self) -> Sequence[str]:
        return words_and_norms(self)[0]


@dataclass(slots=True, init=False)
class Doc:
    """The words of a text and what is known about them.

    Every field but `words` may be None: nothing is known. In a field with one
    value per word, None stands for a word of which nothing is known. What is set is
    checked, here and later: ``doc.tags = ["N", "V"]``. What is changed within a field,
    as by ``doc.tags.append("N")``, is not.

    Args:
        words: The tokens, in order. A word may be any string, the empty one too.
        spaces: Whether a space follows each word in the text.
        norms: Normal forms that override those the words would get by themselves,
            as a tokenizer knows them ("ca" of "can't" is "can").
        sent_starts: Whether each word begins a sentence.
        tags: Fine-grained part-of-speech tags (XPOS in CoNLL-U).
        pos: Coarse part-of-speech tags (UPOS in CoNLL-U).
        morphs: Morphological features, as "Number=Sing|Person=3", sorted by name
            (FEATS in CoNLL-U); "" says that a word has none.
        lemmas: Dictionary forms.
        heads: Index of the word that each word depends on; a root has its own.
        deps: Label of the dependency on the head.
        ents: Named entities, as spans that do not overlap.
        ents_known: Whether it is known of each word if it is part of an entity, and
            of which. None: of every word, if `ents` is not None.
        spans: Groups of spans by name; the spans of a group may overlap.
        cats: Categories of the whole document, label to score, 0 to 1.
        user_data: Whatever else should travel with the document.

    Raises:
        TypeError: `words` or another field is a string, or holds values of a type
            that it cannot have, such as numbers as tags.
        ValueError: A field has not one value per word, a span lies outside, an entity
            overlaps another or a word that is not known, or a head or the score of a
            category is out of range.
    """

    words: list[str]
    spaces: list[bool] | None = None
    norms: list[str] | None = None
    sent_starts: list[bool | None] | None = None
    tags: list[str | None] | None = None
    pos: list[str | None] | None = None
    morphs: list[str | None] | None = None
    lemmas: list[str | None] | None = None
    heads: list[int | None] | None = None
    deps: list[str | None] | None = None
    ents: list[Span] | None = None
    ents_known: list[bool] | None = None
    spans: dict[str, list[Span]] | None = None
    cats: dict[str, float] | None = None
    user_data: dict[str, Any] = field(default_factory=dict)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a field; TypeError or ValueError if it cannot hold the value."""
        object.__setattr__(self, name, check_field(self, name, value))

    def __init__(
        self,
        words: list[str],
        spaces: list[bool] | None = None,
        norms: list[str] | None = None,
        sent_starts: list[bool | None] | None = None,
        tags: list[str | None] | None = None,
        pos: list[str | None] | None = None,
        morphs: list[str | None] | None = None,
        lemmas: list[str | None] | None = None,
        heads: list[int | None] | None = None,
        deps: list[str | None] | None = None,
        ents: list[Span] | None = None,
        ents_known: list[bool] | None = None,
        spans: dict[str, list[Span]] | None = None,
        cats: dict[str, float] | None = None,
        user_data: dict[str, Any] | None = None,
    ) -> None:
        """Set the fields; those that are None, which most are, without a check."""
        values = (
            *(check_words(words), spaces, norms, sent_starts, tags, pos, morphs),
            *(lemmas, heads, deps, ents, ents_known, spans, cats),
            check_user_data(user_data),
        )
        put_checked(self, _FIELDS, values)
        for name, value in zip(_FIELDS[1:-1], values[1:-1], strict=True):
            if value is not None:
                setattr(self, name, value)
        if ents_known is not None:
            self._check_known()

    def _check_known(self) -> None:
        """Check that entities are of known words; drop the field if all are known."""
        known = self.ents_known or []
        if self.ents is None and any(known):
            raise ValueError(
                "Doc: ents_known needs ents, got None. Pass ents=[] if there are none."
            )
        for span in self.ents or ():
            if not all(known[span.start : span.end]):
                raise ValueError(
                    f"Doc: the words of an entity must be known, got {span.start}:"
                    f"{span.end} ({span.label}) with ents_known "
                    f"{known[span.start : span.end]}."
                )
        if all(known):
            self.ents_known = None
        elif not any(known):
            self.ents = self.ents_known = None

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, part: slice) -> DocSlice:
        return DocSlice(self, *_bounds(part, len(self)))

    @property
    def sents(self) -> Iterator[DocSlice]:
        """The sentences; ValueError if nothing is known of where they begin."""
        if self.sent_starts is None:
            raise ValueError(
                "Doc: has no sentences, as nothing is known of where they begin. Set "
                "sent_starts, read a corpus that is split into sentences, or split raw "
                "text by the tokenizer zoo.Sentences.v1."
            )
        starts = [i for i, begins in enumerate(self.sent_starts) if begins and i]
        bounds = [0, *starts, len(self)] if self.words else []
        return (self[a:b] for a, b in pairwise(bounds))

    @property
    def text(self) -> str:
        """The words, with a space after each but where `spaces` says otherwise."""
        if self.spaces is None:
            return " ".join(self.words)
        pairs = zip(self.words, self.spaces, strict=True)
        return "".join(word + " " if space else word for word, space in pairs)

    def copy(self, *, annotations: bool = True) -> "Doc":
        """Copy the document, with or without what a pipeline predicts."""
        names = _FIELDS if annotations else _GIVEN
        values = {name: getattr(self, name) for name in names}
        copies = {k: v.copy() if hasattr(v, "copy") else v for k, v in values.items()}
        if copies.get("spans"):
            copies["spans"] = {k: [*spans] for k, spans in copies["spans"].items()}
        return Doc(**copies)


_FIELDS = tuple(f.name for f in fields(Doc))
#: What a document holds before a pipeline annotates it.
_GIVEN = tuple(name for name in _FIELDS if name not in ANNOTATIONS)


def checked_doc(values: Mapping[str, Any]) -> Doc:
    """Build a document from fields that a reader has checked; others are None.

    `words` and `user_data` must be among them.
    """
    doc = Doc.__new__(Doc)
    put_checked(doc, _FIELDS, map(values.get, _FIELDS))
    return doc


def tokenized_doc(words: list[str], spaces: list[bool], norms: list[str] | None) -> Doc:
    """Build a document of what a tokenizer of zoo's returns, without checks."""
    values = {"words": words, "spaces": spaces, "norms": norms, "user_data": {}}
    return checked_doc(values)


def put_checked(doc: Doc, names: Iterable[str], values: Iterable[Any]) -> None:
    """Set fields of a document to values that are checked already."""
    any(map(object.__setattr__, repeat(doc), names, values))  # A loop takes twice.


#: Set a field to a value that is known to be right, without checks: what is computed
#: has one value per word, of the right type.
write_field: Final = object.__setattr__


def _bounds(part: slice, length: int) -> tuple[int, int]:
    """Resolve the bounds of a slice, as lists do."""
    if not isinstance(part, slice) or part.step not in (None, 1):
        raise TypeError(
            f"Doc: expected a slice such as doc[2:5], got {part!r}. The words to index "
            f"or to go through are doc.words."
        )
    start, end, _ = part.indices(length)
    return start, max(start, end)


#: What every layer that takes documents accepts: a zoo Doc, a plain list of
#: words, a slice of these, or a spaCy Doc or Span, which is known by its shape and
#: never imported.
DocLike = Doc | Sequence[str] | Any


def words_and_norms(doc: DocLike) -> tuple[Sequence[str], Sequence[str] | None]:
    """Return the words of a document of any kind, and its norms or None.

    Raises:
        TypeError: It is no zoo Doc, list of strings, slice of such, or spaCy Doc or
            Span.
    """
    if isinstance(doc, Doc):
        return doc.words, doc.norms
    if isinstance(doc, DocSlice):
        words, norms = words_and_norms(doc.doc)
        part = slice(doc.start, doc.end)
        return words[part], norms and norms[part]
    if isinstance(doc, list | tuple):
        if doc and not isinstance(doc[0], str):
            raise TypeError(
                f"A document must be a list of words, got a list that begins with "
                f"{type(doc[0]).__name__}. A layer takes a list of documents."
            )
        return doc, None
    if hasattr(doc, "vocab"):
        tokens: list[Any] = list(doc)
        return [token.text for token in tokens], [token.norm_ for token in tokens]
    raise TypeError(
        f"A document must be a zoo.Doc, a list of words or a spaCy Doc, got "
        f"{type(doc).__name__}. Split a text into words first."
    )


def known_spaces(doc: DocLike) -> Sequence[bool] | None:
    """Return whether a space follows each word, or None if nothing is known of it.

    Raises:
        TypeError: It is no document, as `words_and_norms` says.
    """
    if isinstance(doc, Doc):
        return doc.spaces
    if isinstance(doc, DocSlice):
        spaces = known_spaces(doc.doc)
        return spaces and spaces[doc.start : doc.end]
    if isinstance(doc, list | tuple) or not hasattr(doc, "vocab"):
        words_and_norms(doc)  # Refuses what is no document.
        return None
    if getattr(getattr(doc, "doc", doc), "has_unknown_spaces", False):
        return None
    tokens: list[Any] = list(doc)
    return [bool(token.whitespace_) for token in tokens]


def as_doc(doc: DocLike) -> Doc:
    """Turn a document of any kind into a zoo Doc; a zoo Doc is returned unchanged.

    Raises:
        TypeError: It is no document, as `words_and_norms` says.
    """
    if isinstance(doc, Doc):
        return doc
    words, norms = words_and_norms(doc)
    spaces = known_spaces(doc)
    return Doc(
        [*words],
        spaces=None if spaces is None else [*spaces],
        norms=None if norms is None else [*norms],
    )


def as_docs(docs: Iterable[DocLike]) -> list[Doc]:
    """Turn documents of any kind into zoo Docs, as `as_doc` does."""
    return [as_doc(doc) for doc in docs]


def refuse_one(owner: str, docs: Any, advice: str = "Put it into a list.") -> None:
    """Raise TypeError for one text or document, or none, where several are expected."""
    kinds = (str, bytes, Doc, DocSlice, Mapping)
    is_one = isinstance(docs, kinds) or hasattr(docs, "vocab")
    if is_one or not (hasattr(docs, "__iter__") or hasattr(docs, "__getitem__")):
        raise TypeError(
            f"{owner}: expected several texts or documents, got one of the type "
            f"{type(docs).__name__}. {advice}"
        )
