"""Read and write entities, one word and its label on each line."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from ..doc import Doc, Span
from ._files import bad_line, read_lines

#: The labels that schemes of this kind have, and what they mean: the word begins an
#: entity, is inside of one, is its last, or is one by itself.
_PREFIXES = {"B": "B", "I": "I", "L": "L", "E": "L", "U": "U", "S": "U"}
#: Columns that are no label.
_MISSING = frozenset(("", "-", "_"))
_BLANKS = re.compile(r"[ \t]+")
#: A line that stands between documents.
DOCSTART = "-DOCSTART-"


class Row(NamedTuple):
    """A word, its label, and the line it stands in."""

    word: str
    label: str
    number: int


def read_iob(path: str | Path, *, strict: bool = False) -> Iterator[Doc]:
    """Read words with IOB, BIO, BILUO or BIOES labels, one sentence for each Doc.

    Each line has a word in its first column and the label in its last; a blank line
    ends a sentence, and so does a line that begins with ``-DOCSTART-``. Columns are
    separated by tabs, or in a line without any by blanks; blanks around a column are
    dropped. If one of the words has no label (one column, ``-`` or ``_``), `ents` is
    None.

    A label that cannot follow the one before is repaired: an I-, L- or E- without an
    entity of its type to continue begins one, and an entity that is not ended ends
    where the next begins or at the first word outside. That also reads IOB, where
    the first word of an entity has I- unless another entity stands right before it.

    path: The file, gzipped or not. A suffix ``.biluo`` tells `strict` that entities
        must end in L- or U-, and ``.iob`` that they may begin with I-.
    strict: Whether to refuse a label that would be repaired, and sentences of which
        only some words have a label.

    Raises ValueError, naming the line, for a label of no known form.
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    scheme = next((s for s in (".biluo", ".iob") if s in suffixes), ".bio")
    check = _CHECKS[scheme] if strict else None
    rows: list[Row] = []
    for number, line in enumerate(read_lines(path), start=1):
        cells = _split(line)
        if cells is not None:
            rows.append(Row(cells[0], cells[-1] if len(cells) > 1 else "", number))
        elif rows:
            yield _read_sentence(rows, path, check)
            rows = []
    if rows:
        yield _read_sentence(rows, path, check)


def write_iob(docs: Iterable[Doc], file: TextIO) -> None:
    """Write words and IOB labels: B- only where two entities of a type would be one.

    A tab stands between word and label, and a blank line after each document. Where
    `ents` is None there are no labels. Documents without words are left out, and so
    is all else that is known.

    Raises ValueError for entities that overlap or have no label, and for a word that
    is empty, holds a tab or line break, or has blanks around it.
    """
    _write(docs, file, _label_iob)


def write_bio(docs: Iterable[Doc], file: TextIO) -> None:
    """Write words and BIO labels, also known as IOB2, in the form of `write_iob`."""
    _write(docs, file, _label_bio)


def write_biluo(docs: Iterable[Doc], file: TextIO) -> None:
    """Write words and BILUO labels in the form of `write_iob`."""
    _write(docs, file, _label_biluo)


def _split(line: str) -> list[str] | None:
    """Give the columns of a line, None if it is blank or stands between documents."""
    line = line.removesuffix("\r")
    if "\t" in line:
        cells = [cell.strip(" ") for cell in line.split("\t")]
        while len(cells) > 2 and not cells[-1]:
            cells.pop()
    else:
        cells = _BLANKS.split(line.strip(" "))
    return cells if any(cells) and cells[0] != DOCSTART else None


def _read_sentence(rows: list[Row], path: str | Path, check: "Check | None") -> Doc:
    for row in rows:
        if not row.word:
            problem = (
                f"expected a word before the label, got none before {row.label!r}."
            )
            raise bad_line(path, row.number, problem)
    words = [row.word for row in rows]
    missing = [row for row in rows if row.label in _MISSING]
    if missing:
        if check is not None and len(missing) < len(rows):
            row = missing[0]
            problem = f"expected a label for {row.word!r}, as for others, got none."
            raise bad_line(path, row.number, problem)
        return Doc(words)
    return Doc(words, ents=[*_read_spans(rows, path, check)])


def _read_spans(
    rows: list[Row], path: str | Path, check: "Check | None"
) -> Iterator[Span]:
    start, before = -1, ("O", "")
    for i, row in enumerate(rows):
        here = _read_label(row, path)
        if check is not None and not check(before, here):
            raise bad_line(path, row.number, _describe(before, row.label))
        kind, label = here
        goes_on = start >= 0 and kind in "IL" and label == before[1]
        if start >= 0 and not goes_on:
            yield Span(start, i, before[1])
        if not goes_on:
            start = -1 if kind == "O" else i
        if kind in "LU":
            yield Span(start, i + 1, label)
            start = -1
        before = here
    if start >= 0:
        yield Span(start, len(rows), before[1])
    if check is not None and not check(before, ("O", "")):
        raise bad_line(
            path, rows[-1].number, _describe(before, "the end of a sentence")
        )


def _read_label(row: Row, path: str | Path) -> tuple[str, str]:
    if row.label == "O":
        return "O", ""
    kind, dash, label = row.label.partition("-")
    if kind not in _PREFIXES or not dash or not label:
        problem = (
            f"expected the label O, or B-, I-, L-, U-, E- or S- and a type, got "
            f"{row.label!r} for {row.word!r}."
        )
        raise bad_line(path, row.number, problem)
    return _PREFIXES[kind], label


def _describe(before: tuple[str, str], found: str) -> str:
    last = "-".join(filter(None, before))
    return f"expected a label that can follow {last}, got {found}."


#: Tells whether a label may follow another.
Check = Callable[[tuple[str, str], tuple[str, str]], bool]


def _follows_iob(before: tuple[str, str], here: tuple[str, str]) -> bool:
    return here[0] in "OIB"


def _follows_bio(before: tuple[str, str], here: tuple[str, str]) -> bool:
    if here[0] == "I":
        return before[0] in "BI" and before[1] == here[1]
    return here[0] in "OB"


def _follows_biluo(before: tuple[str, str], here: tuple[str, str]) -> bool:
    if before[0] in "BI" or here[0] in "IL":
        return before[0] in "BI" and here[0] in "IL" and before[1] == here[1]
    return True


_CHECKS: dict[str, Check] = {
    ".bio": _follows_bio,
    ".biluo": _follows_biluo,
    ".iob": _follows_iob,
}


def _write(
    docs: Iterable[Doc], file: TextIO, label: Callable[[Doc], list[str]]
) -> None:
    for number, doc in enumerate(docs, start=1):
        problem = _find_problem(doc)
        if problem:
            raise ValueError(f"write_iob: {problem} in document {number}.")
        labels = [""] * len(doc) if doc.ents is None else label(doc)
        for word, written in zip(doc.words, labels, strict=True):
            file.write(f"{word}\t{written}\n")
        if doc.words:
            file.write("\n")


def _find_problem(doc: Doc) -> str:
    for word in doc.words:
        if not word or word.strip(" ") != word or word == DOCSTART or _breaks(word):
            return (
                f"a word must not be empty or {DOCSTART}, hold a tab or line break, or "
                f"have blanks around it, got {word!r}"
            )
    end = 0
    for span in sorted(doc.ents or ()):
        if span.start < end or not span.label or _breaks(span.label):
            problem = "must not overlap and need a label without tabs or line breaks"
            return f"entities {problem}, got {span.start}:{span.end} ({span.label!r})"
        end = span.end
    return ""


def _breaks(text: str) -> bool:
    return "\t" in text or "\n" in text or "\r" in text


def _label_bio(doc: Doc) -> list[str]:
    labels = ["O"] * len(doc)
    for start, end, label in doc.ents or ():
        labels[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
    return labels


def _label_iob(doc: Doc) -> list[str]:
    labels = ["O"] * len(doc)
    for start, end, label in sorted(doc.ents or ()):
        labels[start:end] = [f"I-{label}"] * (end - start)
        if start and labels[start - 1][2:] == label:
            labels[start] = f"B-{label}"
    return labels


def _label_biluo(doc: Doc) -> list[str]:
    labels = _label_bio(doc)
    for start, end, label in doc.ents or ():
        labels[end - 1] = f"{'U' if end - start == 1 else 'L'}-{label}"
    return labels
