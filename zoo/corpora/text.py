"""Read and write plain text, one document on each line."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from ..doc import Doc
from ..tokenizer import Tokenize, Tokenizer
from ._files import read_lines
from .unread_annotation import Kind, Tally, Unread, collect

#: The share of lines of a kind from which on a file is no plain text.
_SHARE = 0.5
COLUMNS = Kind(
    "line that looks like a word with its label",
    "lines that look like words with their labels",
    'Each was read as a text. If they are, pass format = ".conll", or give the file '
    "that suffix.",
)
PIPED = Kind(
    "line of words with labels, 'word|label'",
    "lines of words with labels, 'word|label'",
    'Each was read as a text. If they are labels, pass format = ".iob", or give the '
    "file that suffix.",
)
OBJECTS = Kind(
    "line of JSON",
    "lines of JSON",
    'Each was read as a text. If they are documents, pass format = ".jsonl", or give '
    "the file that suffix.",
)
ROWS = Kind(
    "line in columns, with the tabs of CoNLL-U",
    "lines in columns, with the tabs of CoNLL-U",
    'Each was read as a text. If they are words, pass format = ".conllu", or give the '
    "file that suffix.",
)
CELLS = Kind(
    "line with tabs between columns",
    "lines with tabs between columns",
    'Each was read as a text. If they are a text and a label, pass format = ".tsv", '
    'if a word and its label ".conll", or give the file that suffix.',
)
MARKED = Kind(
    "line that begins with a label of fastText, '__label__'",
    "lines that begin with a label of fastText, '__label__'",
    "Each was read as a text. Write a category as text, a tab and the label, in a file "
    "with the suffix .tsv.",
)
TAGGED = Kind(
    "line of words with tags, such as word/TAG",
    "lines of words with tags, such as word/TAG",
    "Each was read as a text. Write tags in CoNLL-U, or in JSONL as a list 'tags'.",
)
TABLE = Kind(
    "line below a header in commas",
    "lines below a header in commas",
    'Each was read as a text. If they are a text and a label, pass format = ".csv", or '
    "give the file that suffix.",
)
_LABEL = re.compile(r"O|[BILUES]-[\w-]+")
#: Words with their tags, and columns of words with a tag in capitals.
_TAG = re.compile(r"[A-Z$.,:'`-]+[A-Z$]|[.,:$]")
_TAGGED = re.compile(rf"\S+[/_|](?:{_TAG.pattern})")
#: Characters of the longest line that is looked at: a longer one is a text.
_LONGEST = 2000


def read_text(
    path: str | Path,
    *,
    tokenizer: Tokenize | None = None,
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read one document from each line of a text file, gzipped or not.

    Args:
        path: The file. Blank lines are passed over.
        tokenizer: Splits a line into words. None takes ``Tokenizer()``.
        unread: Collects what was not read, such as labels or columns in most of the
            lines. None: it is a warning.

    Yields:
        The documents.

    Raises:
        ValueError: A line is not UTF-8; the message names it.
    """
    tokenizer = tokenizer or Tokenizer()
    n_lines, is_table = 0, False
    found: dict[Kind, Tally] = {}
    with collect(unread) as report:
        try:
            for number, line in enumerate(read_lines(path), start=1):
                if line and not line.isspace():
                    n_lines += 1
                    is_table = is_table or (n_lines == 1 and _is_header(line))
                    if (kind := _find_form(line.rstrip())) is not None:
                        tally = found.setdefault(kind, Tally(f"line {number}"))
                        tally.count += 1
                    yield tokenizer(line.removesuffix("\r"))
        finally:
            report.add(TABLE, path, "line 2", is_table and n_lines - 1)
            for kind, tally in found.items():
                if tally.count > _SHARE * n_lines:
                    report.add(kind, path, tally.first, tally.count)


def write_text(docs: Iterable[Doc], file: TextIO) -> None:
    """Write the text of documents to an open text file, one on each line.

    Nothing but the text is written. A document without words is a blank line, which
    `read_text` passes over.

    Args:
        docs: The documents.
        file: An open text file.

    Raises:
        ValueError: The text of a document has a line break in it.
    """
    for number, doc in enumerate(docs, start=1):
        text = doc.text
        if "\n" in text or "\r" in text:
            place = text.find("\n") if "\n" in text else text.find("\r")
            raise ValueError(
                f"write_text: a text must not hold a line break, got one at character "
                f"{place} of document {number}."
            )
        file.write(text + "\n")


def _is_header(line: str) -> bool:
    """Check whether a line names columns of texts, such as ``text,label``."""
    names = [name.strip().lower() for name in line.split(",")]
    is_list = len(names) > 1 and " " not in line
    return is_list and "text" in names and all(map(str.isidentifier, names))


def _find_form(line: str) -> Kind | None:
    """Return what a line looks like if it is rather no text."""
    if len(line) > _LONGEST:
        return None
    cells = line.split("\t")
    if len(cells) == 10 and cells[0].replace("-", "").replace(".", "").isdecimal():
        return ROWS
    parts = line.split()
    if parts[0] == "-DOCSTART-" or (len(parts) > 1 and _LABEL.fullmatch(parts[-1])):
        return COLUMNS
    if "|" in line and all(_LABEL.fullmatch(p.rpartition("|")[2]) for p in parts):
        return PIPED
    if parts[0].startswith("__label__"):
        return MARKED
    if len(parts) > 1 and all(map(_TAGGED.fullmatch, parts)):
        return TAGGED
    if len(parts) == 2 and _TAG.fullmatch(parts[1]):
        return TAGGED
    if parts[0].startswith('{"') or (parts[0] == "{" and parts[-1].endswith("}")):
        return OBJECTS
    return CELLS if sum(map(bool, map(str.strip, cells))) > 1 else None
