"""Read and write plain text, one document on each line."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from ..docs import Doc
from ..tokenizer import Tokenize, Tokenizer
from .files import read_lines


def read_text(path: str | Path, *, tokenizer: Tokenize | None = None) -> Iterator[Doc]:
    """Read one document from each line of a text file, gzipped or not.

    path: The file. Blank lines are passed over.
    tokenizer: Splits a line into words. None takes ``Tokenizer()``.

    Raises ValueError, naming the line, for what is not UTF-8.
    """
    tokenizer = tokenizer or Tokenizer()
    for line in read_lines(path):
        if line and not line.isspace():
            yield tokenizer(line.removesuffix("\r"))


def write_text(docs: Iterable[Doc], file: TextIO) -> None:
    """Write the text of documents to an open text file, one on each line.

    Nothing but the text is written. A document without words is a blank line, which
    `read_text` passes over.

    Raises ValueError if the text of a document has a line break in it.
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
