"""Read the entities that stand in the last column of CoNLL-U, MISC."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..doc import Span
from ._files import read_blocks, read_lines
from .iob import WITHOUT_LABEL, Row, read_spans
from .unread import Kind, Unread

#: A part of MISC that is the label of an entity, as spaCy reads it and NER=, too.
_LABEL = re.compile(r"(?:(?:name|NE|NER)=)?([BILUES]-\S+|O)")
#: Such a label at the end of a line, where a file may have one.
_ANY_LABEL = re.compile(
    rb"[\t|](?:(?:name|NE|NER)=)?(?:[BILUES]-[^\s|]+|O)(?:\|[^\t\n]*)?\r?\n"
)
#: The names of parts that hold entities in a form of their own.
_ENTITY_KEYS = frozenset(("entity", "namedentity", "ne", "ner", "ent"))

OTHER_FORM = Kind(
    "word with an entity in MISC in a form that zoo does not read",
    "words with entities in MISC in a form that zoo does not read",
    "Read are B-PER, name=B-PER, NE=B-PER and NER=B-PER, and other schemes like BIO.",
)


class Scheme(NamedTuple):
    """How a file holds entities.

    Attributes:
        has_labels: Whether a word of it has a label.
        has_outside: Whether words outside of entities have one, O. If so, a word
            without a label is unknown, and else it is outside.
    """

    has_labels: bool
    has_outside: bool


def find_scheme(path: str | Path) -> Scheme:
    """Look through a file for labels of entities in MISC."""
    if not any(map(_ANY_LABEL.search, read_blocks(path))):
        return Scheme(False, False)
    has_labels = False
    for line in read_lines(path):
        misc = line[line.rfind("\t") + 1 :]
        if misc == "_" or misc == "SpaceAfter=No" or line[:1] == "#":
            continue  # Most lines.
        for part in misc.rstrip("\r").split("|"):
            if match := _LABEL.fullmatch(part):
                has_labels = True
                if match[1] == "O":
                    return Scheme(True, True)
    return Scheme(has_labels, False)


def read_misc(
    column: Sequence[str], words: Sequence[str], scheme: Scheme
) -> tuple[list[Span] | None, list[bool] | None]:
    """Read the entities of a sentence.

    Args:
        column: MISC of each word.
        words: The words.
        scheme: How the file holds entities.

    Returns:
        `ents` and `ents_known` of the document.
    """
    if not scheme.has_labels:
        return None, None
    default = "_" if scheme.has_outside else "O"
    labels = [_find_label(misc) or default for misc in column]
    known = [label != "_" for label in labels]
    if not any(known) and known:
        return None, None
    pairs = enumerate(zip(words, labels, strict=True), start=1)
    rows = [Row(word, label, None, number) for number, (word, label) in pairs]
    return [*read_spans(rows, "MISC")], None if all(known) else known


def count_unread(
    column: Sequence[str], scheme: Scheme, report: Unread, path: str | Path, place: str
) -> None:
    """Count the words whose entities in MISC are missing or cannot be read."""
    for misc in column:
        if misc == "_":
            missing = scheme.has_outside
        else:
            missing = scheme.has_outside and _find_label(misc) is None
            for part in misc.rstrip("\r").split("|"):
                key, sign, _ = part.partition("=")
                if sign and key.lower() in _ENTITY_KEYS and not _LABEL.fullmatch(part):
                    report.add(OTHER_FORM, path, place)
        if missing:
            report.add(WITHOUT_LABEL, path, place)


def _find_label(misc: str) -> str | None:
    """Return the label of an entity among the parts of MISC, or None."""
    for part in misc.rstrip("\r").split("|"):
        if match := _LABEL.fullmatch(part):
            return match[1]
    return None
