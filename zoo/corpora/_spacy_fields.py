"""Check the columns of numbers in spaCy's binary files, and name what they hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .._lexical.attributes import norm, string_ids
from .._lexical.symbols import SYMBOLS
from ..doc import Doc, Span
from ._files import wrong
from ._spacy_spans import read_span_groups

Numbers = NDArray[np.uint64]
Flags = NDArray[np.bool_]


@dataclass
class Columns:
    """The numbers of all words of a file, and the strings that they stand for."""

    tokens: Numbers  # (n_tokens, n_attrs)
    attrs: list[int]
    starts: NDArray[np.int64]  # (n_docs,) Of each document, its first word.
    ends: NDArray[np.int64]  # (n_docs,)
    names: dict[int, str | None]  # The strings by their ids, None for 0.

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> "Columns":
        """Check that all parts are there and fit together; raise ValueError if not."""
        attrs = message.get("attrs")
        if not isinstance(attrs, list) or not {*map(type, attrs)} <= {int}:
            raise ValueError(f"attrs: {wrong('a list of numbers', attrs)}")
        if SYMBOLS["ORTH"] not in attrs:
            raise ValueError(f"attrs: {wrong('the words (65) among them', attrs)}")
        strings = message.get("strings")
        if not isinstance(strings, list) or not {*map(type, strings)} <= {str}:
            raise ValueError(f"strings: {wrong('a list of strings', strings)}")
        data: dict[str, bytes] = {}
        for name in ("lengths", "tokens", "spaces"):
            value = message.get(name)
            if not isinstance(value, bytes):
                raise ValueError(f"{name}: {wrong('bytes', value)}")
            data[name] = value
        if len(data["lengths"]) % 4:
            problem = wrong("a multiple of 4 bytes", len(data["lengths"]))
            raise ValueError(f"lengths: {problem}")
        lengths = np.frombuffer(data["lengths"], "<i4").astype(np.int64)
        if len(lengths) and lengths.min() < 0:
            raise ValueError(f"lengths: {wrong('0 or more', int(lengths.min()))}")
        ends = np.cumsum(lengths)
        n_tokens = int(ends[-1]) if len(ends) else 0
        for name, size in (("tokens", 8 * len(attrs) * n_tokens), ("spaces", n_tokens)):
            if len(data[name]) != size:
                problem = wrong(f"{size} bytes", len(data[name]))
                raise ValueError(f"{name}: {problem}")
        tokens = np.frombuffer(data["tokens"], "<u8").reshape(n_tokens, len(attrs))
        strings = [*strings, *SYMBOLS]  # spaCy knows these without being told.
        names: dict[int, str | None] = dict(
            zip(string_ids(strings).tolist(), strings, strict=True)
        )
        return cls(tokens, attrs, ends - lengths, ends, names | {0: None})

    def numbers(self, name: str) -> Numbers:
        """Return the values of an attribute, 0 if the file lacks it: (n_tokens,)."""
        if SYMBOLS[name] not in self.attrs:
            return np.zeros(len(self.tokens), np.uint64)
        return np.ascontiguousarray(self.tokens[:, self.attrs.index(SYMBOLS[name])])

    def strings(self, name: str, numbers: Numbers) -> list[str | None]:
        """Return the strings that ids stand for, None for the id 0."""
        names = self.names
        try:
            return [names[number] for number in numbers.tolist()]
        except KeyError as error:
            problem = wrong("the id of one of the strings", error.args[0])
            raise ValueError(f"{name}: {problem}") from error

    def labels(self, name: str) -> tuple[list[str | None], list[bool]]:
        """Return the string of each word, and which documents have any."""
        numbers = self.numbers(name)
        return self.strings(name, numbers), self.are_known(numbers != 0)

    def are_known(self, known: Flags) -> list[bool]:
        """Check for each document whether something is known of one of its words."""
        counts = np.concatenate([[0], np.cumsum(known)])
        known_in: list[bool] = (counts[self.ends] > counts[self.starts]).tolist()
        return known_in

    def firsts(self) -> Flags:
        """Check for each word whether it is the first of a document."""
        found = np.zeros(len(self.tokens) + 1, bool)
        found[self.starts] = True
        return found[:-1]


#: The coarse tags that spaCy has, and their numbers.
COARSE_TAGS: Final = {
    name: number for name, number in SYMBOLS.items() if 84 <= number <= 103
}
#: The label that spaCy gives to a head that has none.
UNKNOWN_DEP: Final = "dep"


#: The fields that have one value per word, in the order in which they are read.
_NAMES: Final = (
    *("words", "spaces", "norms", "sent_starts", "tags", "pos", "heads", "deps"),
    *("lemmas", "morphs", "ents_known"),
)
#: All values of a field, and for each document whether it has the field.
_Field = tuple[list[Any], list[bool]]


def read_docs_of(
    columns: Columns, message: Mapping[str, Any], lost: list[int]
) -> Iterator[Doc]:
    """Build the documents, one by one.

    Args:
        columns: The numbers of all words.
        message: The whole file.
        lost: Gets the index of a document for each id and attribute of groups of spans
            that is not read.

    Raises:
        ValueError: A part of the file is malformed.
    """
    n_docs = len(columns.starts)
    cats = _read_maps("cats", message.get("cats", [{}] * n_docs), n_docs)
    flags = _read_maps("flags", message.get("flags", [{}] * n_docs), n_docs)
    has_spaces = [not flag.get("has_unknown_spaces") for flag in flags]
    words = [word or "" for word in columns.labels("ORTH")[0]]
    fields: list[_Field] = [
        (words, [True] * n_docs),
        (_read_spaces(message["spaces"]), has_spaces),
        _read_norms(columns, words),
        _read_sent_starts(columns),
        columns.labels("TAG"),
        _read_pos(columns),
        *_read_heads(columns),
        columns.labels("LEMMA"),
        _read_morphs(columns),
        _read_known(columns),
    ]
    ents = _read_ents(columns)
    names = {number: name or "" for number, name in columns.names.items()}
    packed = message.get("span_groups", [b""] * n_docs)
    groups = read_span_groups(packed, names, n_docs, lost)
    starts, ends = columns.starts.tolist(), columns.ends.tolist()
    parts = zip(*(_split(field, starts, ends) for field in fields), strict=True)
    for i, values in enumerate(parts):
        found: dict[str, Any] = dict(zip(_NAMES, values, strict=True))
        yield Doc(
            **found,
            ents=ents[i],
            spans=groups[i],
            cats=_read_cats(cats[i]) if cats[i] else None,
        )


def _split(
    field: _Field, starts: list[int], ends: list[int]
) -> Iterator[list[Any] | None]:
    """Split the values of a field into those of each document that has it."""
    values, known = field
    for start, end, is_known in zip(starts, ends, known, strict=True):
        yield values[start:end] if is_known else None


def _read_spaces(spaces: bytes) -> list[bool]:
    if spaces.strip(b"\0\1"):
        raise ValueError(f"spaces: {wrong('0 and 1', spaces.strip(bytes(2))[:1])}")
    return [*map(bool, spaces)]


def _read_norms(columns: Columns, words: list[str]) -> _Field:
    """Read norms, of documents where one differs from the default of its word."""
    numbers = columns.numbers("NORM")
    strings = [name or "" for name in columns.names.values()]
    own = string_ids(map(norm, strings)).tolist()
    own_of = dict(zip(columns.names, own, strict=True))
    ids = columns.numbers("ORTH").tolist()
    expected = np.fromiter(map(own_of.__getitem__, ids), np.uint64, len(ids))
    differs = (numbers != 0) & (numbers != expected)
    if not differs.any():
        return [], [False] * len(columns.starts)
    pairs = zip(columns.strings("NORM", numbers), words, strict=True)
    filled = [norm(word) if n is None else n for n, word in pairs]
    return filled, columns.are_known(differs)


def _read_pos(columns: Columns) -> _Field:
    numbers = columns.numbers("POS")
    names: dict[int, str | None] = {n: name for name, n in COARSE_TAGS.items()}
    names[0] = None
    unknown = set(np.unique(numbers).tolist()) - names.keys()
    if unknown:
        raise ValueError(f"POS: {wrong('84 to 103 or 0', unknown.pop())}")
    values = [names[number] for number in numbers.tolist()]
    return values, columns.are_known(numbers != 0)


def _read_morphs(columns: Columns) -> _Field:
    """Read features; spaCy writes "_" for a word that is known to have none."""
    morphs, known = columns.labels("MORPH")
    return ["" if morph == "_" else morph for morph in morphs], known


def _read_sent_starts(columns: Columns) -> _Field:
    numbers = columns.numbers("SENT_START").view(np.int64)
    if len(numbers) and (numbers.min() < -1 or numbers.max() > 1):
        raise ValueError(f"SENT_START: {wrong('-1, 0 or 1', int(abs(numbers).max()))}")
    known = columns.are_known((numbers != 0) & ~columns.firsts())
    values = (None, True, False)  # The last is number -1.
    return [values[number] for number in numbers.tolist()], known


def _read_heads(columns: Columns) -> tuple[_Field, _Field]:
    """Read heads and labels; a head that has neither label nor distance is unknown."""
    labels = columns.numbers("DEP")
    offsets = columns.numbers("HEAD").astype(np.uint32).view(np.int32).astype(np.int64)
    # Where each word's document begins and ends: (n_tokens,)
    lengths = columns.ends - columns.starts
    starts, ends = np.repeat(columns.starts, lengths), np.repeat(columns.ends, lengths)
    heads = np.arange(len(offsets)) + offsets
    outside = (heads < starts) | (heads >= ends)
    if outside.any():
        lost = int(offsets[outside][0])
        raise ValueError(f"HEAD: {wrong('a word of the same document', lost)}")
    known = (labels != 0) | (offsets != 0)
    values: list[int | None] = (heads - starts).tolist()
    for i in np.flatnonzero(~known).tolist():
        values[i] = None
    real = (labels != 0) & (labels != SYMBOLS[UNKNOWN_DEP])
    deps = columns.strings("DEP", labels), columns.are_known(real)
    return (values, columns.are_known(known)), deps


def _read_ents(columns: Columns) -> list[list[Span] | None]:
    """Read entities; one that begins with I begins there nevertheless."""
    iob, types = columns.numbers("ENT_IOB"), columns.numbers("ENT_TYPE")
    if len(iob) and iob.max() > 3:
        raise ValueError(f"ENT_IOB: {wrong('0 to 3', int(iob.max()))}")
    inside = ((iob == 1) | (iob == 3)) & (types != 0)
    firsts = columns.firsts()
    differs = np.ones(len(iob), bool)
    differs[1:] = (types[1:] != types[:-1]) | ~inside[:-1]
    begins = inside & ((iob == 3) | differs | firsts)
    begin_at = np.flatnonzero(begins)
    breaks = np.append(np.flatnonzero(begins | ~inside | firsts), len(iob))
    end_at = breaks[np.searchsorted(breaks, begin_at, "right")]
    owner = np.searchsorted(columns.ends, begin_at, "right")
    shift = columns.starts[owner]
    labels = columns.strings("ENT_TYPE", types[begin_at])
    known = columns.are_known(iob != 0)
    ents: list[list[Span] | None] = [[] if k else None for k in known]
    found = ((begin_at - shift).tolist(), (end_at - shift).tolist(), labels)
    for doc, *span in zip(owner.tolist(), *found, strict=True):
        spans = ents[doc]
        if spans is not None:
            spans.append(Span(*span))
    return ents


def _read_known(columns: Columns) -> _Field:
    """Read of which words the entity is known, of documents where some are."""
    known = columns.numbers("ENT_IOB") != 0
    some = zip(columns.are_known(known), columns.are_known(~known), strict=True)
    return known.tolist(), [any_known and any_not for any_known, any_not in some]


def _read_maps(name: str, values: Any, n_docs: int) -> list[dict[str, Any]]:
    if not isinstance(values, list) or not {*map(type, values)} <= {dict}:
        raise ValueError(f"{name}: {wrong('a list of maps', values)}")
    if len(values) != n_docs:
        raise ValueError(f"{name}: {wrong(f'{n_docs} of them', len(values))}")
    return values


def _read_cats(cats: dict[str, Any]) -> dict[str, float]:
    for label, score in cats.items():
        if not isinstance(score, int | float) or not 0 <= score <= 1:
            raise ValueError(f"cats: {wrong(f'0 to 1 for {label!r}', score)}")
    return {label: float(score) for label, score in cats.items()}
