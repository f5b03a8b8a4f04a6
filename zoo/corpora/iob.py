"""Read and write entities, one word and its label on each line."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from ..doc import Doc, Span
from ._columns import Columns, parse_columns, place_of
from ._files import bad_line, read_lines
from .unread_annotation import Kind, Unread, collect

#: The labels that schemes of this kind have, and what they mean: the word begins an
#: entity, is inside of one, is its last, or is one by itself.
_PREFIXES = {"B": "B", "I": "I", "L": "L", "E": "L", "U": "U", "S": "U"}
#: Columns that are no label. The first is what is written for an unknown word.
_MISSING = ("-", "_", "")
_BLANKS = re.compile(r"[ \t]+")
#: A line that stands between documents.
DOCSTART = "-DOCSTART-"
#: Words with their labels in one line: ``word|label`` or ``word|tag|label``.
_PIPED = re.compile(r"(\S+?)(?:\|([^\s|]*))?\|(O|-|_||[BILUES]-[^\s|]+)")
#: What a column can hold.
_ROLES = ("word", "label", "tag")

WITHOUT_LABEL = Kind(
    "word without a label of an entity",
    "words without a label of an entity",
    "Such a word is unknown, not outside of entities: nothing is learned from it, and "
    "it is not scored.",
)
WITHOUT_ANY = Kind(
    "sentence without a label",
    "sentences without a label",
    "Nothing is known of their entities, so nothing is learned from them. Labels stand "
    "in the last column, O for a word outside of entities.",
)
MORE_COLUMNS = Kind(
    "line with columns between word and label",
    "lines with columns between word and label",
    "They were not read. To read one of them as tags, pass "
    'columns = "word=1,tag=2,label=-1".',
)
NUMBERED = Kind(
    "sentence whose first column counts its words",
    "sentences whose first column counts their words",
    'The numbers were read as words. Pass columns = "word=2,label=-1".',
)


CONLLU = Kind(
    "line with the ten columns of CoNLL-U",
    "lines with the ten columns of CoNLL-U",
    'The first was read as the word. Pass format = ".conllu", or give the file that '
    "suffix.",
)
HEADER = Kind(
    "header line",
    "header lines",
    "It names the columns, and is no word.",
)
#: Names of the first and the last column in a header, in lower case.
_WORDS = frozenset(("word", "words", "token", "tokens", "form", "text"))
_LABELS = frozenset(
    ("label", "labels", "tag", "tags", "ner", "ner_tag", "ner_tags", "bio", "entity")
)


class Row(NamedTuple):
    """A word, its label and its tag, and the line it stands in."""

    word: str
    label: str
    tag: str | None
    number: int


#: A type of label and the type of the entity, or None if the label is missing.
Label = tuple[str, str] | None
#: Checks whether a label may follow another.
Check = Callable[[tuple[str, str], tuple[str, str]], bool]


def read_iob(
    path: str | Path,
    *,
    strict: bool = False,
    columns: Columns | None = None,
    comments: str = "",
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read words with IOB, BIO, BILUO or BIOES labels, one sentence for each Doc.

    Each line has a word in its first column and the label in its last; a blank line
    ends a sentence, and so does a line that begins with ``-DOCSTART-``. A first line
    that names the columns, such as ``word<TAB>label``, is no word. Columns are
    separated by tabs, or in a line without any by blanks; blanks around a column are
    dropped. A line of nothing but ``word|label`` or ``word|tag|label`` is a sentence.

    A word without a label (one column, ``-`` or ``_``) is unknown: `ents_known` is
    False. If no word of a sentence has one, `ents` is None.

    A label that cannot follow the one before is repaired: an I-, L- or E- without an
    entity of its type to continue begins one, and an entity that is not ended ends
    where the next begins or at the first word outside. That also reads IOB, where
    the first word of an entity has I- unless another entity stands right before it.

    Args:
        path: The file, gzipped or not. A suffix ``.biluo`` tells `strict` that
            entities must end in L- or U-, and ``.iob`` that they may begin with I-.
        strict: Whether to refuse a label that would be repaired, and sentences of
            which only some words have a label; ``-`` counts as one.
        columns: Which columns hold "word", "label" and "tag", as numbers from 1, or
            from the last if negative: "word=2,label=-1". Without "tag" none is read.
        comments: What the lines begin with that are passed over, such as "# id".
        unread: Collects what was not read. None: it is a warning.

    Yields:
        The sentences.

    Raises:
        ValueError: A label has no known form, or a line too few columns (the message
            names the line).
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    scheme = next((s for s in (".biluo", ".iob") if s in suffixes), ".bio")
    check = _CHECKS[scheme] if strict else None
    places = _find_places(columns)
    with collect(unread) as report:
        rows: list[Row] = []
        for number, line in enumerate(read_lines(path), start=1):
            if comments and line.startswith(comments):
                continue
            piped = None if "|" not in line or columns else _split_piped(line, number)
            cells = _split(line) if piped is None else None
            if cells is not None and number == 1 and _is_header(cells):
                report.add(HEADER, path, "line 1")
                continue
            if cells is not None:
                rows.append(_read_row(cells, places, path, number))
                kind = CONLLU if _is_conllu(cells) else MORE_COLUMNS
                report.add(
                    kind, path, f"line {number}", not places and any(cells[1:-1])
                )
                continue
            for sentence in (rows, piped):
                if sentence:
                    yield _read_sentence(sentence, path, check, report)
            rows = []
        if rows:
            yield _read_sentence(rows, path, check, report)


def write_iob(docs: Iterable[Doc], file: TextIO) -> None:
    """Write words and IOB labels: B- only where two entities of a type would be one.

    A tab stands between word and label, and a blank line after each document. Where
    `ents` is None there are no labels; the label of a word that `ents_known` calls
    unknown is ``-``. Documents without words are left out, and so is all else that is
    known.

    Args:
        docs: The documents.
        file: An open text file.

    Raises:
        ValueError: Entities overlap or have no label, or a word is empty, holds a tab
            or line break, or has blanks around it.
    """
    _write(docs, file, _label_iob)


def write_bio(docs: Iterable[Doc], file: TextIO) -> None:
    """Write words and BIO labels, also known as IOB2, in the form of `write_iob`."""
    _write(docs, file, _label_bio)


def write_biluo(docs: Iterable[Doc], file: TextIO) -> None:
    """Write words and BILUO labels in the form of `write_iob`."""
    _write(docs, file, _label_biluo)


def _find_places(columns: Columns | None) -> dict[str, int]:
    """Return the index of the column of each role that is given."""
    places = {}
    for role, number in parse_columns(columns, _ROLES, "read_iob").items():
        if isinstance(number, str):
            raise ValueError(
                f"read_iob: columns must be numbers, as a file of words and labels has "
                f"no header, got {number!r} for {role!r}."
            )
        places[role] = place_of(number)
    return places


def _split(line: str) -> list[str] | None:
    """Return the columns of a line, None if it is blank or stands between documents."""
    line = line.removesuffix("\r")
    if "\t" in line:
        cells = [cell.strip(" ") for cell in line.split("\t")]
        while len(cells) > 2 and not cells[-1]:
            cells.pop()
    else:
        cells = _BLANKS.split(line.strip(" "))
    return cells if any(cells) and cells[0] != DOCSTART else None


def _is_header(cells: list[str]) -> bool:
    names = {cell.lower() for cell in cells}
    is_last = cells[-1].lower() in _LABELS
    return len(cells) > 1 and is_last and not names.isdisjoint(_WORDS)


def _is_conllu(cells: list[str]) -> bool:
    return len(cells) == 10 and cells[0].isdecimal()


def _split_piped(line: str, number: int) -> list[Row] | None:
    """Return the words of a line of ``word|label``, None if it is no such line."""
    matches = [_PIPED.fullmatch(part) for part in line.split()]
    if "\t" in line or not all(matches):
        return None
    rows = [Row(m[1], m[3], m[2], number) for m in matches if m]
    return rows if any(row.label not in ("", "_") for row in rows) else None


def _read_row(
    cells: list[str], places: dict[str, int], path: str | Path, number: int
) -> Row:
    if not places:
        return Row(cells[0], cells[-1] if len(cells) > 1 else "", None, number)
    found: dict[str, str] = {}
    for role, place in places.items():
        if not -len(cells) <= place < len(cells):
            problem = f"expected a column for {role!r}, got only {len(cells)} columns."
            raise bad_line(path, number, problem)
        found[role] = cells[place]
    word, label = found.get("word", cells[0]), found.get("label", cells[-1])
    return Row(word, label, found.get("tag", ""), number)


def _read_sentence(
    rows: list[Row], path: str | Path, check: Check | None, report: Unread
) -> Doc:
    for row in rows:
        if not row.word:
            problem = (
                f"expected a word before the label, got none before {row.label!r}."
            )
            raise bad_line(path, row.number, problem)
    words = [row.word for row in rows]
    first = int(words[0]) if len(words) > 1 and words[0] in ("0", "1") else None
    if first is not None and words == [str(first + i) for i in range(len(words))]:
        report.add(NUMBERED, path, f"line {rows[0].number}")
    tags = None
    if any(row.tag for row in rows):
        tags = [row.tag if row.tag not in _MISSING else None for row in rows]
    missing = [row for row in rows if row.label in _MISSING]
    bare = [row for row in missing if row.label != "-"]
    if check is not None and bare and len(missing) < len(rows):
        problem = f"expected a label for {bare[0].word!r}, as for others, got none."
        raise bad_line(path, bare[0].number, problem)
    if any(row.label for row in rows):
        for row in missing:
            report.add(WITHOUT_LABEL, path, f"line {row.number}")
    else:
        report.add(WITHOUT_ANY, path, f"line {rows[0].number}")
    if len(missing) == len(rows):
        return Doc(words, tags=tags)
    known = [row.label not in _MISSING for row in rows] if missing else None
    ents = [*read_spans(rows, path, check)]
    return Doc(words, tags=tags, ents=ents, ents_known=known)


def read_spans(
    rows: Sequence[Row], path: str | Path, check: Check | None = None
) -> Iterator[Span]:
    """Read the entities of a sentence from the labels of its words.

    Args:
        rows: The words with their labels.
        path: The file, for messages.
        check: Refuses labels that cannot follow another. None: they are repaired.

    Yields:
        The entities, in their order. Where a label is missing none goes on.

    Raises:
        ValueError: A label has no known form, or is refused.
    """
    start, before = -1, ("O", "")
    is_known = True
    for i, row in enumerate(rows):
        here = _read_label(row, path)
        allowed = not is_known or here is None or check is None or check(before, here)
        if here is not None and not allowed:
            raise bad_line(path, row.number, _describe(before, row.label))
        is_known = here is not None
        kind, label = here or ("O", "")
        goes_on = start >= 0 and kind in "IL" and label == before[1]
        if start >= 0 and not goes_on:
            yield Span(start, i, before[1])
        if not goes_on:
            start = -1 if kind == "O" else i
        if kind in "LU":
            yield Span(start, i + 1, label)
            start = -1
        before = kind, label
    if start >= 0:
        yield Span(start, len(rows), before[1])
    if is_known and check is not None and not check(before, ("O", "")):
        raise bad_line(
            path, rows[-1].number, _describe(before, "the end of a sentence")
        )


def _read_label(row: Row, path: str | Path) -> Label:
    if row.label in _MISSING:
        return None
    if row.label == "O":
        return "O", ""
    kind, dash, label = row.label.partition("-")
    if kind not in _PREFIXES or not dash or not label:
        problem = (
            f"expected the label O, or B-, I-, L-, U-, E- or S- and a type, got "
            f"{row.label!r} for {row.word!r}."
        )
        if row.word.startswith("#"):
            problem += ' If such lines are comments, pass comments = "#".'
        raise bad_line(path, row.number, problem)
    return _PREFIXES[kind], label


def _describe(before: tuple[str, str], found: str) -> str:
    last = "-".join(filter(None, before))
    return f"expected a label that can follow {last}, got {found}."


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
        if doc.ents_known is not None:
            pairs = zip(labels, doc.ents_known, strict=True)
            labels = [label_ if known else _MISSING[0] for label_, known in pairs]
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
