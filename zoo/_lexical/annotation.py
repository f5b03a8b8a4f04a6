"""List the annotation of tokens that features can stand for."""

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any, Final

from ..doc import Doc, DocLike, DocSlice, as_doc
from .symbols import SYMBOLS

#: The key of ID, which nothing sets: spaCy's -1, as an unsigned number.
NO_ID: Final = 2**64 - 1
#: What spaCy's keys of these are: ids of strings, which are "" where nothing is known,
#: or numbers.
Values = Sequence[str] | Sequence[int]


def _words_of(doc: Doc, field: str) -> list[str]:
    return [value or "" for value in getattr(doc, field) or repeat("", len(doc))]


def _tags(doc: Doc) -> Values:
    return _words_of(doc, "tags")


def _lemmas(doc: Doc) -> Values:
    return _words_of(doc, "lemmas")


def _deps(doc: Doc) -> Values:
    # spaCy's name of the relation of a root, which UD writes "root".
    deps = _words_of(doc, "deps")
    heads = doc.heads or repeat(None, len(doc))
    pairs = enumerate(zip(deps, heads, strict=True))
    return ["ROOT" if dep and head == i else dep for i, (dep, head) in pairs]


def _morphs(doc: Doc) -> Values:
    # A word that is known to have no features has the id of "_".
    values = doc.morphs or repeat(None, len(doc))
    return ["" if value is None else value or "_" for value in values]


def _pos(doc: Doc) -> Values:
    return [SYMBOLS.get(value, 0) for value in _words_of(doc, "pos")]


def _starts(doc: Doc) -> Values:
    starts = doc.sent_starts or repeat(None, len(doc))
    keys: list[int] = [0 if s is None else 1 if s else NO_ID for s in starts]
    return [1, *keys[1:]] if keys and keys[0] == 0 else keys


def _entity_types(doc: Doc) -> Values:
    types = [""] * len(doc)
    for span in doc.ents or ():
        types[span.start : span.end] = [span.label] * (span.end - span.start)
    return types


def _entity_places(doc: Doc) -> Values:
    """Return 3 where an entity begins, 1 within it, 2 outside, 0 where unknown."""
    outside = 0 if doc.ents is None else 2
    known = doc.ents_known or repeat(True, len(doc))
    places = [outside if is_known else 0 for is_known in known]
    for span in doc.ents or ():
        places[span.start : span.end] = [3, *[1] * (span.end - span.start - 1)]
    return places


#: The features that depend on the annotation of a token, and not on its word.
ANNOTATION: Final[dict[str, Callable[[Doc], Values]]] = {
    "DEP": _deps,
    "ENT_ID": lambda doc: [0] * len(doc),
    "ENT_IOB": _entity_places,
    "ENT_KB_ID": lambda doc: [0] * len(doc),
    "ENT_TYPE": _entity_types,
    "ID": lambda doc: [NO_ID] * len(doc),
    "LEMMA": _lemmas,
    "MORPH": _morphs,
    "POS": _pos,
    "SENT_START": _starts,
    "TAG": _tags,
}


def annotation_values(docs: Sequence[DocLike], name: str) -> Iterator[str | int]:
    """Yield the value of a feature of `ANNOTATION` for every token of a batch.

    Lists of words have no annotation. Of spaCy's documents the keys are spaCy's own.

    Args:
        docs: Documents of any kind.
        name: The feature.
    """
    for doc in docs:
        if isinstance(doc, DocSlice):
            whole = list(annotation_values([doc.doc], name))
            yield from whole[doc.start : doc.end]
        elif hasattr(doc, "to_array"):
            spacy_doc: Any = doc
            yield from map(int, spacy_doc.to_array([name]).ravel().tolist())
        else:
            yield from ANNOTATION[name](as_doc(doc))
