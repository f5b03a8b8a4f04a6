"""Read and write plain text, one document on each line."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from ..doc import Doc
from ..tokenizer import Tokenize, Tokenizer
from ._files import read_lines
from .unread import Kind, Unread, collect

#: A line that is rather a word with its label than text: ``Rome NNP I-NP B-LOC``.
_LABELLED = re.compile(r"-DOCSTART-.*|\S+(?:[ \t]\S+)*[ \t](?:O|[BILUES]-[\w-]+)")
#: The share of lines with labels from which on a file is no plain text.
_SHARE = 0.5
COLUMNS = Kind(
    "line that looks like a word with its label",
    "lines that look like words with their labels",
    "Each was read as a text. Read the file as '.conll' (format, or --from in a "
    "command), or give it that suffix.",
)


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
        unread: Collects what was not read, such as labels in most of the lines. None:
            it is a warning.

    Yields:
        The documents.

    Raises:
        ValueError: A line is not UTF-8; the message names it.
    """
    tokenizer = tokenizer or Tokenizer()
    first, n_lines, n_labelled = 0, 0, 0
    with collect(unread) as report:
        try:
            for number, line in enumerate(read_lines(path), start=1):
                if line and not line.isspace():
                    n_lines += 1
                    if _LABELLED.fullmatch(line.rstrip()):
                        first, n_labelled = first or number, n_labelled + 1
                    yield tokenizer(line.removesuffix("\r"))
        finally:
            if n_labelled > _SHARE * n_lines:
                report.add(COLUMNS, path, f"line {first}", n_labelled)


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
