"""Read and write the entities that stand in the last column of CoNLL-U, MISC."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import filterfalse
from pathlib import Path
from typing import NamedTuple

from ..doc import Doc, Span
from ._files import Opener, read_blocks, read_lines
from ._shared_strings import MAX_STRINGS
from .iob import WITHOUT_LABEL, Row, read_spans
from .unread_annotation import Kind, Unread

#: A part of MISC that is the label of an entity, as spaCy reads it and NER=, too, or
#: says that it is unknown: name=-.
_LABEL = re.compile(r"((?i:name|NE|NER)=)?([BILUES]-\S+|O|(?<==)-)")
#: The beginning of such a label, in any column. A pattern that begins with a letter is
#: searched for many times faster than one that begins with a choice.
_BEGINNINGS = (
    re.compile(rb"-(?<=[\t|=][BILUES]-)"),
    re.compile(rb"O(?<=[\t|=]O)[|\r\n]"),
)
#: What MISC holds for most words.
_WITHOUT_ENTITY = frozenset(("_", "SpaceAfter=No"))
#: The names of parts that hold entities in a form of their own, without _ and -,
_ENTITY_KEYS = frozenset(
    """
    bilou biluo bio bioes ent entity entitytype entlabel enttype iob namedentity
    ne nelabel ner nerlabel nertag netag netype
    """.split()  # noqa: SIM905
)
#: and those that may do so, if their value looks like it.
_OTHER_KEYS = frozenset(("label", "name", "tag", "type"))
_LIKE_LABEL = re.compile(r"(?i:[BILUES])[-_]\S+")

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
            without a label is unknown, and else it is outside, unless it has an
            entity in a form that is not read.
    """

    has_labels: bool
    has_outside: bool


#: Words outside of entities have no label: some of the file's words have another.
UNLABELLED_OUTSIDE = Scheme(True, False)


def find_scheme(path: str | Path, opener: Opener | None = None) -> Scheme:
    """Look through a file for labels of entities in MISC.

    Args:
        path: The file.
        opener: Opens it, if it is unpacked already.
    """
    if not any(map(_may_hold_label, read_blocks(path, opener))):
        return Scheme(False, False)
    has_labels = False
    for line in read_lines(path, opener):
        misc = line[line.rfind("\t") + 1 :]
        if misc == "_" or misc == "SpaceAfter=No" or line[:1] == "#":
            continue  # Most lines.
        for part in misc.rstrip("\r").split("|"):
            if match := _LABEL.fullmatch(part):
                has_labels = True
                if match[2] == "O":
                    return Scheme(True, True)
    return Scheme(has_labels, False)


def _may_hold_label(block: bytes) -> bool:
    """Return whether the last column of a block of lines may hold a label."""
    for pattern in _BEGINNINGS:
        for match in pattern.finditer(block):
            end = block.index(b"\n", match.end() - 1)
            if block.find(b"\t", match.end(), end) < 0:
                return True
    return False


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
    labels = [
        _find_label(misc) or ("_" if _other_forms(misc, scheme) else default)
        for misc in column
    ]
    known = [label not in ("_", "-") for label in labels]
    if not any(known) and known:
        return None, None
    pairs = enumerate(zip(words, labels, strict=True), start=1)
    rows = [Row(word, label, None, number) for number, (word, label) in pairs]
    return [*read_spans(rows, "MISC")], None if all(known) else known


def label_words(doc: Doc) -> list[str | None]:
    """Return the label of each word, B-, I-, O, or - if it is unknown.

    They are None if nothing is known of any word.

    Raises:
        ValueError: A part of MISC cannot hold the label of an entity.
    """
    if doc.ents is None:
        return [None] * len(doc)
    labels: list[str | None] = ["O"] * len(doc)
    for start, end, label in doc.ents:
        if not label or "|" in label or any(map(str.isspace, label)):
            raise ValueError(
                f"write_conllu: the label of an entity must not be empty nor hold "
                f"white space or |, got {label!r}."
            )
        labels[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
    if doc.ents_known is not None:
        pairs = zip(labels, doc.ents_known, strict=True)
        labels = [label if is_known else "-" for label, is_known in pairs]
    return labels


def put_label(misc: str, label: str | None) -> str:
    """Put the label of an entity into MISC, in the place of the one that it has.

    Args:
        misc: The column of a word.
        label: The label; None takes out the one that is there.
    """
    end = "\r" if misc.endswith("\r") else ""
    parts, prefix = [], "name="
    for part in misc.removesuffix("\r").split("|"):
        if match := _LABEL.fullmatch(part):
            prefix = match[1] or ""
        elif part != "_":
            parts.append(part)
    if label is not None:
        parts.append(prefix + label)
    return ("|".join(parts) or "_") + end


def quiet_miscs(scheme: Scheme) -> set[str]:
    """Return what MISC holds for most words, unless it needs a label beside it."""
    return set() if scheme.has_outside else {*_WITHOUT_ENTITY}


def count_unread(
    column: Sequence[str],
    scheme: Scheme,
    report: Unread,
    path: str | Path,
    place: str,
    quiet: set[str],
) -> None:
    """Count the words whose entities in MISC are missing or cannot be read.

    Args:
        column: MISC of each word.
        scheme: How the file holds entities.
        report: Collects the counts.
        path: The file.
        place: Of the words in it.
        quiet: What in MISC counts nothing; more are added.
    """
    for misc in filterfalse(quiet.__contains__, column):
        n_others = 0 if misc == "_" else _other_forms(misc, scheme)
        report.add(OTHER_FORM, path, place, n_others)
        is_unknown = scheme.has_outside or (scheme.has_labels and n_others > 0)
        label = _find_label(misc)
        if label == "-" or (is_unknown and label is None):
            report.add(WITHOUT_LABEL, path, place)
        elif not n_others and len(quiet) < MAX_STRINGS:
            quiet.add(misc)


@lru_cache(maxsize=1 << 12)
def _other_forms(misc: str, scheme: Scheme) -> int:
    """Count the parts of MISC that hold an entity in a form that is not read."""
    count, labels = 0, set[str]()
    for part in misc.rstrip("\r").split("|"):
        if match := _LABEL.fullmatch(part):
            labels.add(match[2])
            continue
        name, sign, value = part.partition("=")
        key = name.lower().replace("_", "").replace("-", "")
        # Where no name=B-PER is read, `name` may be anything.
        is_key = key in _ENTITY_KEYS or (scheme.has_labels and key == "name")
        is_like = key in _OTHER_KEYS and _LIKE_LABEL.fullmatch(value) is not None
        count += bool(sign) and (is_key or is_like)
    return count + max(len(labels) - 1, 0)  # Only the first is read.


def _find_label(misc: str) -> str | None:
    """Return the label of an entity among the parts of MISC, or None."""
    for part in misc.rstrip("\r").split("|"):
        if match := _LABEL.fullmatch(part):
            return match[2]
    return None
