"""Read and write groups of spans as spaCy's binary files hold them."""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .._lexical.attributes import string_ids
from ..doc import Doc, Span
from ._files import pack_message, unpack_message, wrong

#: A span: its id, the id in a knowledge base, its label, the first and the last word,
#: the first and the last character.
_SPAN: Final = struct.Struct(">QQQllll")
#: What spaCy writes for a document without groups.
_EMPTY: Final = (b"", b"\x90", b"\x80")


def read_span_groups(
    groups: Any, names: Mapping[int, str], n_docs: int, lost: list[int]
) -> list[dict[str, list[Span]] | None]:
    """Read the groups of each document, None if it has none.

    Args:
        groups: The bytes of each document's groups.
        names: Strings by their ids.
        n_docs: Documents in the file.
        lost: Gets the index of a document for each of its spans with an id and each
            group with attributes, which are not read.

    Raises:
        ValueError: They are damaged, or name a label that is not among the strings.
    """
    if not isinstance(groups, list) or not {*map(type, groups)} <= {bytes}:
        raise ValueError(f"span_groups: {wrong('a list of bytes', groups)}")
    if len(groups) != n_docs:
        raise ValueError(f"span_groups: {wrong(f'{n_docs} of them', len(groups))}")
    found: list[dict[str, list[Span]] | None] = []
    for i, data in enumerate(groups):
        spans, n_lost = (None, 0) if data in _EMPTY else _read_groups(data, names)
        found.append(spans)
        lost += [i] * n_lost
    return found


def write_span_groups(doc: Doc) -> bytes:
    """Write the groups of a document, with the places of their characters."""
    if not doc.spans:
        return _EMPTY[1]
    starts, place = [], 0
    for word, space in zip(doc.words, doc.spaces or [True] * len(doc), strict=True):
        starts.append(place)
        place += len(word) + space
    return pack_message({_write_group(doc, key, starts): [key] for key in doc.spans})


def groups_of(doc: Doc) -> Iterator[list[Span]]:
    """Return the spans of each group of a document."""
    yield from (doc.spans or {}).values()


def _read_groups(
    data: bytes, names: Mapping[int, str]
) -> tuple[dict[str, list[Span]], int]:
    """Return the groups, and how much of them is not read."""
    found = unpack_message(data)
    if not isinstance(found, dict | list):
        raise ValueError(f"span_groups: {wrong('a map or a list', found)}")
    # Old versions of spaCy wrote a list, and each group under its own name.
    items = found.items() if isinstance(found, dict) else [(g, None) for g in found]
    groups: dict[str, list[Span]] = {}
    n_lost = 0
    for packed, keys in items:
        group = unpack_message(packed) if isinstance(packed, bytes) else packed
        if not isinstance(group, dict) or not isinstance(group.get("spans"), list):
            raise ValueError(f"span_groups: {wrong('groups with spans', group)}")
        spans = [_read_span(span, names) for span in group["spans"]]
        n_lost += sum(map(_has_id, group["spans"])) + bool(group.get("attrs"))
        keys = [group.get("name")] if keys is None else keys
        if not isinstance(keys, list) or not {*map(type, keys)} <= {str}:
            raise ValueError(f"span_groups: {wrong('the names of groups', keys)}")
        groups.update((key, [*spans]) for key in keys)
    return groups, n_lost


def _read_span(data: Any, names: Mapping[int, str]) -> Span:
    if not isinstance(data, bytes) or len(data) != _SPAN.size:
        raise ValueError(f"span_groups: {wrong(f'spans of {_SPAN.size} bytes', data)}")
    _, _, label, start, end, _, _ = _SPAN.unpack(data)
    if label not in names:
        problem = wrong("the id of one of the strings", label)
        raise ValueError(f"span_groups: {problem}")
    return Span(start, end, names[label])


def _has_id(data: bytes) -> bool:
    """Check whether a span has an id, of its own or of a knowledge base."""
    return any(data[:16])


def _write_group(doc: Doc, key: str, starts: list[int]) -> bytes:
    spans = (doc.spans or {})[key]
    labels = string_ids(span.label for span in spans).tolist()
    packed = [
        _SPAN.pack(0, 0, label, *span[:2], starts[span.start], _end(doc, span, starts))
        for label, span in zip(labels, spans, strict=True)
    ]
    return pack_message({"name": key, "attrs": {}, "spans": packed})


def _end(doc: Doc, span: Span, starts: list[int]) -> int:
    """Return the place after the last character of a span."""
    return starts[span.end - 1] + len(doc.words[span.end - 1])
