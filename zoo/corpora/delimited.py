"""Read and write tables of texts with a category: TSV and CSV."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from ..doc import Doc
from ..tokenizer import Tokenize, Tokenizer
from ._columns import Columns, parse_columns, place_of
from ._files import bad_line, read_lines
from .unread_annotation import Kind, Unread, collect

#: What a column can hold.
_ROLES = ("text", "label")
#: Names of columns, in lower case, that are no text and no category of their own.
_TEXTS = frozenset(
    """
    abstract body comment content doc document headline message phrase post question
    review sentence sms summary text texts title token tweet utterance word
    """.split()  # noqa: SIM905
)
_LABELS = frozenset(
    """
    category class cls emotion genre gold intent label labels polarity rating sentiment
    stance stars tag target topic toxic type
    """.split()  # noqa: SIM905
)
#: Labels that stand for an unknown one in many files, in lower case.
_UNSURE = frozenset(("-", "?", "na", "n/a", "nan", "none", "null"))
_OF_WORDS = re.compile(r"O|[BILUES]-\S+")
#: Lines from which on a label that stands in the first one alone is suspicious, and so
#: are labels of which most occur once.
_MANY = 10
#: The same for a first line whose text is one word, as in a header.
_SOME = 3
#: Lines whose labels are counted.
_COUNTED = 10_000

HEADER = Kind(
    "header line",
    "header lines",
    "It is no document. To say which columns hold text and label, pass "
    'columns = "text=review,label=stars".',
)
LONELY = Kind(
    "first line whose label occurs nowhere else",
    "first lines whose labels occur nowhere else",
    "It was read as a document. If it is a header, pass "
    'columns = "text=review,label=stars".',
)
WITHOUT_LABEL = Kind(
    "row without a label",
    "rows without a label",
    "The categories of these documents are unknown.",
)
MORE_COLUMNS = Kind(
    "column that was not read",
    "columns that were not read",
    'To read others as text and label, pass columns = "text=review,label=stars".',
)
VARIED = Kind(
    "label in a file in which most labels occur once",
    "labels in a file in which most labels occur once",
    "A category is learned from several texts. If the labels are texts or numbers of "
    'rows, name the columns, such as columns = "text=2,label=1".',
)
QUOTED = Kind(
    "row with a text in quotes that holds doubled ones",
    "rows with texts in quotes that hold doubled ones",
    "In TSV quotes are part of a text. If they enclose it, write the file as CSV.",
)
UNSURE = Kind(
    "row whose label is '-', '?', NA or the like",
    "rows whose label is '-', '?', NA or the like",
    "It was read as a category. Leave it empty where the category is unknown.",
)
OF_WORDS = Kind(
    "row that looks like a word with the label of an entity",
    "rows that look like words with the labels of entities",
    'Each was read as a text with a category. If they are words, pass format = ".conll"'
    ", or give the file that suffix.",
)
UNEVEN = Kind(
    "row with more columns than the first",
    "rows with more columns than the first",
    "A comma or tab within a text begins a column; in CSV, put such texts in quotes.",
)


class _Row(NamedTuple):
    """The cells of a row, and the line in which it ends."""

    cells: list[str]
    number: int


def read_tsv(
    path: str | Path,
    *,
    tokenizer: Tokenize | None = None,
    columns: Columns | None = None,
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read ``text<TAB>label`` lines, gzipped or not, one Doc for each.

    The text may be empty. `cats` holds the label of the line with 1.0 and no other:
    the labels of other lines are unknown while lines are read, and an objective takes
    the missing ones of exclusive classes as 0.

    A row may lack a label, or have ``_``: its `cats` are None. With `columns` the file
    may have any number of columns. Quotes are part of a text.

    Args:
        path: The file. Blank lines are passed over. A first line such as
            ``text<TAB>label`` is a header, and no document.
        tokenizer: Splits the text into words. None splits it at white space, as what
            `write_tsv` wrote is to be split; with `columns`, as ``Tokenizer()`` does.
        columns: Which columns hold "text" and "label": names of a header,
            "text=review,label=stars", or numbers from 1 in a file without one,
            "text=2,label=1". None: there are two, and no header.
        unread: Collects what was not read. None: it is a warning.

    Yields:
        The documents.

    Raises:
        ValueError: A line has not two columns, or a column is missing; the message
            names the line.
    """
    roles = parse_columns(columns, _ROLES, "read_tsv")
    with collect(unread) as report:
        lines = enumerate(read_lines(path), start=1)
        rows = (_split_tabs(line, n, path, report) for n, line in lines)
        if roles:
            full = (row for row in rows if any(cell.strip() for cell in row.cells))
            table = _Table(path, roles, tokenizer or Tokenizer(), report)
            yield from table.read(full)
        else:
            yield from _read_two_columns(path, rows, tokenizer, report)


def read_csv(
    path: str | Path,
    *,
    tokenizer: Tokenize | None = None,
    columns: Columns | None = None,
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read a CSV file with a header, gzipped or not, one Doc for each row.

    Cells are separated by commas, and may stand in double quotes, where they may hold
    commas, line breaks and doubled quotes. `cats` holds the label with 1.0, as in
    `read_tsv`, and is None where the label is empty or ``_``.

    Args:
        path: The file.
        tokenizer: Splits the text into words. None takes ``Tokenizer()``.
        columns: Which columns hold "text" and "label": names of the header,
            "text=review,label=stars", or numbers from 1 in a file without one. None:
            those of the names "text" and "label".
        unread: Collects what was not read. None: it is a warning.

    Yields:
        The documents.

    Raises:
        ValueError: A column is missing, or a row has too few of them or more than the
            header; the message names the line.
    """
    roles = parse_columns(columns, _ROLES, "read_csv")
    with collect(unread) as report:
        reader = csv.reader(line + "\n" for line in read_lines(path))
        table = _Table(path, roles, tokenizer or Tokenizer(), report)
        yield from table.read(_csv_rows(reader, path))


def write_tsv(docs: Iterable[Doc], file: TextIO) -> None:
    """Write documents to an open text file, one ``text<TAB>label`` line for each.

    The text is the words with a blank between them, the label the one of `cats` with
    the highest score, the first of equal ones. Nothing else is written. A word that
    holds a blank is several words when it is read again.

    Args:
        docs: The documents.
        file: An open text file.

    Raises:
        ValueError: A document has no category or a blank one, or a tab or a line
            break would break its line.
    """
    for number, doc in enumerate(docs, start=1):
        label = _best_label("write_tsv", doc, number)
        for value in (label, *doc.words):
            if "\t" in value or "\n" in value or "\r" in value:
                raise ValueError(
                    f"write_tsv: a word or label must not hold a tab or a line break, "
                    f"got {value!r} in document {number}."
                )
        file.write(f"{' '.join(doc.words)}\t{label}\n")


def write_csv(docs: Iterable[Doc], file: TextIO) -> None:
    """Write documents to an open text file as CSV, with the columns text and label.

    The text is that of the document, the label the one of `cats` with the highest
    score, the first of equal ones. Nothing else is written.

    Args:
        docs: The documents.
        file: An open text file.

    Raises:
        ValueError: A document has no category, or a blank one.
    """
    writer = csv.writer(file)  # Line ends of Windows, as RFC 4180 says.
    writer.writerow(_ROLES)
    for number, doc in enumerate(docs, start=1):
        writer.writerow((doc.text, _best_label("write_csv", doc, number)))


def _split_tabs(line: str, number: int, path: str | Path, report: Unread) -> _Row:
    cells = line.removesuffix("\r").split("\t")
    if '""' in line and any(map(_is_quoted, cells)):
        report.add(QUOTED, path, f"line {number}")
    return _Row(cells, number)


def _is_quoted(cell: str) -> bool:
    """Check whether a cell stands in quotes, and holds doubled ones."""
    inner = cell[1:-1]
    encloses = cell[:1] == cell[-1:] == '"' and len(cell) > 1
    return encloses and '""' in inner and '"' not in inner.replace('""', "")


def _best_label(owner: str, doc: Doc, number: int) -> str:
    if not doc.cats:
        raise ValueError(
            f"{owner}: each document needs a category, got none for document {number}."
        )
    label = max(doc.cats, key=doc.cats.__getitem__)
    if label.strip() in ("", "_"):  # Readers take it for a missing one.
        raise ValueError(
            f"{owner}: a label must not be blank or _, got {label!r} for document "
            f"{number}."
        )
    return label


def _csv_rows(reader: Iterator[list[str]], path: str | Path) -> Iterator[_Row]:
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number = reader.line_num  # type: ignore[attr-defined]
            raise bad_line(path, number, f"expected CSV, got: {error}.") from error
        if any(cell.strip() for cell in cells):
            yield _Row(cells, reader.line_num)  # type: ignore[attr-defined]


def _read_two_columns(
    path: str | Path, rows: Iterable[_Row], tokenizer: Tokenize | None, report: Unread
) -> Iterator[Doc]:
    """Read lines of a text and a label, as `read_tsv` does without columns."""
    labels = _Labels()
    first = None
    try:
        for cells, number in rows:
            if len(cells) == 2:
                text, label = cells
                if number == 1 and _names(text, _TEXTS) and _names(label, _LABELS):
                    report.add(HEADER, path, "line 1")
                    continue
                if number == 1 and _names(text, _LABELS) and _names(label, _TEXTS):
                    problem = (
                        f"expected text, a tab and a label, got a header that names "
                        f'the label first. Pass columns = "text={label},label={text}".'
                    )
                    raise bad_line(path, number, problem)
                first = first or _Row(cells, number)
                doc = Doc(text.split()) if tokenizer is None else tokenizer(text)
                doc.cats = _read_label(label, path, number, labels, report)
                yield doc
            elif cells[0].strip(" ") or len(cells) > 1:
                columns = f"{len(cells)} column{'s' * (len(cells) > 1)}"
                problem = (
                    f"expected text, a tab and a label, got {columns}. Name others, "
                    f'such as columns = "text=1,label=3".'
                )
                raise bad_line(path, number, problem)
    finally:
        if labels.are_varied():
            report.add(VARIED, path, labels.first, labels.n_lines)
        elif first and labels.are_alone(*map(str.strip, first.cells)):
            report.add(LONELY, path, f"line {first.number}")
        report.add(OF_WORDS, path, labels.first, labels.n_of_words)


def _names(cell: str, names: frozenset[str]) -> bool:
    """Check whether a cell is the name of a column, such as "gold_label"."""
    parts = cell.strip().lower().replace("-", "_").split("_")
    return " " not in cell.strip() and not names.isdisjoint(parts)


def _read_label(
    cell: str, path: str | Path, number: int, labels: "_Labels", report: Unread
) -> dict[str, float] | None:
    """Return the categories of a row, None if its label is empty or ``_``."""
    label = cell.strip()
    if label in ("", "_"):
        report.add(WITHOUT_LABEL, path, f"line {number}")
        return None
    labels.add(label, number)
    if label.lower() in _UNSURE:
        report.add(UNSURE, path, f"line {number}")
    return {label: 1.0}


class _Labels:
    """Counts the labels of the first lines of a file."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.n_lines = 0
        self.first = ""

    def add(self, label: str, number: int) -> None:
        """Count the label of a line, unless there were many."""
        if self.n_lines < _COUNTED:
            self.n_lines += 1
            self.first = self.first or f"line {number}"
            self.counts[label] += 1

    @property
    def n_of_words(self) -> int:
        """How many labels are those of words, such as B-PER; 0 if others are, too."""
        is_all = all(map(_OF_WORDS.fullmatch, self.counts))
        return self.n_lines if is_all and len(self.counts) > 1 else 0

    def are_alone(self, text: str, label: str) -> bool:
        """Check whether a label occurs once in many lines, fewer if it is by a word."""
        enough = _MANY if " " in text or not text else _SOME
        return self.n_lines > enough and self.counts[label] == 1

    def are_varied(self) -> bool:
        """Check whether most labels occur once: then they are hardly categories."""
        return _MANY < self.n_lines < 2 * len(self.counts)


class _Table:
    """Reads rows of which some columns hold text and label."""

    def __init__(
        self,
        path: str | Path,
        roles: dict[str, str | int],
        tokenizer: Tokenize,
        report: Unread,
    ) -> None:
        self.path = path
        named = {role: role for role in _ROLES}
        self.roles = {"text": "text"} | roles if roles else named
        self.tokenizer = tokenizer
        self.report = report

    def read(self, rows: Iterator[_Row]) -> Iterator[Doc]:
        """Read the rows; the first is a header if a column has a name."""
        if any(isinstance(name, str) for name in self.roles.values()):
            header = next(rows, None)
            if header is None:
                return
            places = self.find_places(header)
            n_more = len(header.cells) - len({*places.values()})
            self.report.add(MORE_COLUMNS, self.path, f"line {header.number}", n_more)
            n_columns, has_header = len(header.cells), True
        else:
            numbers = self.roles.items()
            places = {r: place_of(n) for r, n in numbers if isinstance(n, int)}
            n_columns, has_header = 0, False
        labels = _Labels()
        try:
            for row in rows:
                n_columns = n_columns or len(row.cells)
                if any(cell.strip() for cell in row.cells[n_columns:]):
                    if has_header:
                        raise self.error_at(row, n_columns)
                    self.report.add(UNEVEN, self.path, f"line {row.number}")
                doc = self.read_row(row, places)
                if "label" in places:
                    cell = row.cells[places["label"]]
                    doc.cats = _read_label(
                        cell, self.path, row.number, labels, self.report
                    )
                yield doc
        finally:
            if labels.are_varied():
                self.report.add(VARIED, self.path, labels.first, labels.n_lines)
            self.report.add(OF_WORDS, self.path, labels.first, labels.n_of_words)

    def error_at(self, row: _Row, n_columns: int) -> ValueError:
        """Return the error for a row with more columns than the header."""
        problem = (
            f"expected {n_columns} columns, as in the header, got {len(row.cells)}. A "
            f"comma or tab within a text begins a column; in CSV, put such texts in "
            f"quotes."
        )
        return bad_line(self.path, row.number, problem)

    def find_places(self, header: _Row) -> dict[str, int]:
        """Return the index of the column of each role."""
        names = [name.strip() for name in header.cells]
        places = {}
        for role, name in self.roles.items():
            if isinstance(name, int):
                places[role] = place_of(name)
            elif names.count(name) == 1:
                places[role] = names.index(name)
            else:
                problem = (
                    f"expected one column {name!r} for the {role}, got "
                    f"{', '.join(map(repr, names))}. Name them, such as "
                    f'columns = "text=review,label=stars", or by number, "text=1".'
                )
                raise bad_line(self.path, header.number, problem)
        return places

    def read_row(self, row: _Row, places: dict[str, int]) -> Doc:
        n = len(row.cells)
        for role, place in places.items():
            if not -n <= place < n:
                problem = f"expected a column for the {role}, got only {n} columns."
                raise bad_line(self.path, row.number, problem)
        return self.tokenizer(row.cells[places["text"]])
