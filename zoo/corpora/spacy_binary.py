"""Read and write spaCy's binary files of documents, without spaCy."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from .._lexical.attributes import norm, string_ids
from .._lexical.feats import normal_feats
from .._lexical.symbols import SYMBOLS
from ..doc import Doc
from ._files import pack_message, read_bytes, unpack_message, wrong
from ._spacy_fields import COARSE_TAGS, UNKNOWN_DEP, Columns, read_docs_of
from ._spacy_spans import groups_of, write_span_groups
from .unread_annotation import Kind, Unread, collect

#: How far a file may unpack: this many bytes, or this many times its size.
MAX_UNPACKED = 1 << 24
MAX_RATIO = 250

#: The columns of a file that is written. The word comes first, the others in the
#: order of their numbers.
_WRITTEN = (
    *("ORTH", "NORM", "POS", "TAG", "DEP", "LEMMA", "MORPH", "HEAD", "SENT_START"),
    *("ENT_IOB", "ENT_TYPE", "ENT_ID", "ENT_KB_ID"),
)
#: Those whose numbers are ids of strings.
_IDS = ("ORTH", "NORM", "TAG", "DEP", "LEMMA", "MORPH", "ENT_TYPE")
_ATTRS = [SYMBOLS["ORTH"], *sorted(SYMBOLS[name] for name in _WRITTEN[1:])]


WITHOUT_ENTITY = Kind(
    "word whose entity is missing, beside words with known ones",
    "words whose entities are missing, beside words with known ones",
    "Such a word is unknown, not outside of entities: nothing is learned from it, and "
    "it is not scored.",
)
WITH_ID = Kind(
    "word with the id of an entity",
    "words with ids of entities",
    "Ids (ent_id and kb_id) were not read.",
)
WITH_SPAN_DATA = Kind(
    "id of a span or group with attributes",
    "ids of spans and groups with attributes",
    "They were not read: of groups, words and labels of the spans are.",
)
WITH_USER_DATA = Kind(
    "document with user data", "documents with user data", "They were not read."
)


def read_spacy(path: str | Path, *, unread: Unread | None = None) -> Iterator[Doc]:
    """Read the documents of a ``.spacy`` file, as spaCy's DocBin writes them.

    All fields are read. `norms` are given where one of them differs from the words'
    own. Where spaCy knows nothing of any word, a field is None; words whose entities
    are missing, where others are known, are unknown in `ents_known`. Ids of entities
    and spans, attributes of span groups and user data are not read.

    Nothing in the file is run, and no length in it is trusted.

    Args:
        path: The file, gzipped or not. It is unpacked in memory as a whole: at most
            to `MAX_RATIO` times its size or `MAX_UNPACKED` bytes, whichever is more.
        unread: Collects what was not read. None: it is a warning.

    Yields:
        The documents.

    Raises:
        ValueError: It is damaged or no such file; the message says what was expected.
    """
    message = _unpack(read_bytes(path), path)
    with collect(unread) as report:
        try:
            columns = Columns.from_message(message)
            _count_unread(columns, message, path, report)
            lost: list[int] = []
            for number, doc in enumerate(read_docs_of(columns, message, lost)):
                if number == 0 and lost:
                    place = f"document {lost[0] + 1}"
                    report.add(WITH_SPAN_DATA, path, place, len(lost))
                yield doc
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def write_spacy(docs: Iterable[Doc], file: IO[bytes]) -> None:
    """Write documents to an open binary file in the form of spaCy's DocBin.

    All fields are written. spaCy marks a known head by its label: a head without one
    is labelled "dep", and a label without a head is left out; a lemma of "" is written
    as unknown. The file is made in memory.

    Args:
        docs: The documents.
        file: An open binary file.

    Raises:
        ValueError: A word is empty, spaCy lacks a `pos`, or entities overlap.
    """
    found = [*docs]
    rows: dict[str, list[Any]] = {name: [] for name in _WRITTEN}
    strings: set[str] = {""}
    for number, doc in enumerate(found, start=1):
        strings.update(span.label for spans in groups_of(doc) for span in spans)
        try:
            for name, values in _columns_of(doc).items():
                rows[name] += values
        except ValueError as error:
            raise ValueError(f"write_spacy: {error} in document {number}.") from error
    tokens = np.zeros((sum(map(len, found)), len(_ATTRS)), np.uint64)
    for column, attr in enumerate(_ATTRS):
        name = next(name for name in rows if SYMBOLS[name] == attr)
        values = rows[name]
        if name in _IDS:
            strings.update(values)
            tokens[:, column] = string_ids(values)
        elif values:
            tokens[:, column] = np.array(values, np.int64).view(np.uint64)
    message = {
        "version": "0.1",
        "attrs": _ATTRS,
        "tokens": tokens.astype("<u8").tobytes(),
        "spaces": bytes(s for doc in found for s in doc.spaces or [True] * len(doc)),
        "lengths": np.array([*map(len, found)], "<i4").tobytes(),
        "strings": sorted(strings),
        "cats": [doc.cats or {} for doc in found],
        "flags": [{"has_unknown_spaces": doc.spaces is None} for doc in found],
        "span_groups": [write_span_groups(doc) for doc in found],
    }
    file.write(zlib.compress(pack_message(message)))


def _unpack(data: bytes, path: str | Path) -> dict[str, Any]:
    limit = max(MAX_UNPACKED, MAX_RATIO * len(data))
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, limit)
    except zlib.error as error:
        problem = f"expected a file of spaCy's, packed by zlib, got: {error}."
        raise ValueError(f"{path}: {problem}") from error
    if not unpacker.eof:
        more = len(unpacked) >= limit
        problem = f"got more than {limit} bytes" if more else "got only its beginning"
        raise ValueError(f"{path}: expected a whole file of spaCy's, {problem}.")
    try:
        message = unpack_message(unpacked)
    except ValueError as error:
        raise ValueError(
            f"{path}: expected MessagePack within zlib: {error}"
        ) from error
    if not isinstance(message, dict):
        raise ValueError(f"{path}: {wrong('a map', message)}")
    return message


def _count_unread(
    columns: Columns, message: dict[str, Any], path: str | Path, report: Unread
) -> None:
    missing = columns.numbers("ENT_IOB") == 0
    known = np.array(columns.are_known(~missing), bool)
    has_id = (columns.numbers("ENT_ID") != 0) | (columns.numbers("ENT_KB_ID") != 0)
    partial = missing & np.repeat(known, columns.ends - columns.starts)
    for kind, found in ((WITHOUT_ENTITY, partial), (WITH_ID, has_id)):
        if found.any():
            first = np.searchsorted(columns.ends, found.argmax(), "right")
            report.add(kind, path, f"document {first + 1}", int(found.sum()))
    data = message.get("user_data")
    full = [bool(d) and d != b"\x80" for d in data] if isinstance(data, list) else []
    if any(full):
        place = f"document {full.index(True) + 1}"
        report.add(WITH_USER_DATA, path, place, sum(full))


def _columns_of(doc: Doc) -> dict[str, Sequence[Any]]:
    """Return the values of all columns for the words of a document."""
    n = len(doc)
    if "" in doc.words:
        raise ValueError(f"a word must not be empty, got word {doc.words.index('')}")
    for tag in doc.pos or ():
        if tag is not None and tag not in COARSE_TAGS:
            names = ", ".join(COARSE_TAGS)
            raise ValueError(f"pos must be one of {names}, got {tag!r}")
    heads, deps = _heads_and_deps(doc)
    iob, types = _entities(doc)
    norms = [*map(norm, doc.words)] if doc.norms is None else doc.norms
    starts = doc.sent_starts or [None] * n
    return {
        "ORTH": doc.words,
        "NORM": norms,
        "TAG": _blank(doc.tags, n),
        "HEAD": heads,
        "DEP": deps,
        "ENT_IOB": iob,
        "ENT_TYPE": types,
        "ENT_KB_ID": [0] * n,
        "ENT_ID": [0] * n,
        "LEMMA": _blank(doc.lemmas, n),
        "MORPH": [*map(_morph_of, doc.morphs or [None] * n)],
        "POS": [COARSE_TAGS.get(tag or "", 0) for tag in doc.pos or [""] * n],
        "SENT_START": [0 if s is None else 1 if s else -1 for s in starts],
    }


def _blank(values: list[str | None] | None, n_words: int) -> list[str]:
    """Write nothing for what is unknown."""
    return [value or "" for value in values] if values else [""] * n_words


def _morph_of(feats: str | None) -> str:
    """Write features in the form in which spaCy looks them up; "_" for none."""
    return "" if feats is None else normal_feats(feats) or "_"


def _heads_and_deps(doc: Doc) -> tuple[list[int], list[str]]:
    n = len(doc)
    heads, deps = doc.heads or [None] * n, doc.deps or [None] * n
    offsets, labels = [0] * n, [""] * n
    for i, (head, dep) in enumerate(zip(heads, deps, strict=True)):
        if head is not None:
            if not 0 <= head < n:
                raise ValueError(f"a head must be 0 to {n - 1}, got {head}")
            offsets[i], labels[i] = head - i, dep or UNKNOWN_DEP
    return offsets, labels


def _entities(doc: Doc) -> tuple[list[int], list[str]]:
    iob, types = [0 if doc.ents is None else 2] * len(doc), [""] * len(doc)
    if doc.ents_known is not None:
        iob = [2 if known else 0 for known in doc.ents_known]
    for start, end, label in doc.ents or ():
        if any(types[start:end]) or not label:
            problem = "must not overlap, nor have an empty label"
            raise ValueError(f"entities {problem}, got {start}:{end} ({label})")
        iob[start:end] = [3] + [1] * (end - start - 1)
        types[start:end] = [label] * (end - start)
    return iob, types
