"""Read and write plain text, one document on each line."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from ..doc import Doc
from ..tokenizer import Tokenize, Tokenizer
from ._files import bad_line, read_lines


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


def read_tsv(path: str | Path, *, tokenizer: Tokenize | None = None) -> Iterator[Doc]:
    """Read ``text<TAB>label`` lines, gzipped or not, one Doc for each.

    The text may be empty. `cats` holds the label of the line with 1.0 and no other:
    the labels of other lines are unknown while lines are read, and an objective takes
    the missing ones of exclusive classes as 0.

    path: The file. It has no header. Blank lines are passed over.
    tokenizer: Splits the text into words. None splits it at white space, as what
        `write_tsv` wrote is to be split.

    Raises ValueError, naming the line, where there are not two columns or no label.
    """
    for number, line in enumerate(read_lines(path), start=1):
        line = line.removesuffix("\r")
        cells = line.split("\t")
        if len(cells) == 2 and cells[1]:
            text, label = cells
            doc = Doc(text.split()) if tokenizer is None else tokenizer(text)
            doc.cats = {label: 1.0}
            yield doc
        elif len(cells) == 2:
            raise bad_line(path, number, "expected a label after the tab, got none.")
        elif line.strip(" ") or len(cells) > 1:
            problem = f"expected text, a tab and a label, got {len(cells)} columns."
            raise bad_line(path, number, problem)


def write_tsv(docs: Iterable[Doc], file: TextIO) -> None:
    """Write documents to an open text file, one ``text<TAB>label`` line for each.

    The text is the words with a blank between them, the label the one of `cats` with
    the highest score, the first of equal ones. Nothing else is written. A word that
    holds a blank is several words when it is read again.

    Raises ValueError if a document has no category, or a tab or a line break would
    break its line.
    """
    for number, doc in enumerate(docs, start=1):
        if not doc.cats:
            raise ValueError(
                f"write_tsv: each document needs a category, got none for document "
                f"{number}."
            )
        label = max(doc.cats, key=doc.cats.__getitem__)
        for value in (label, *doc.words):
            if "\t" in value or "\n" in value or "\r" in value:
                raise ValueError(
                    f"write_tsv: a word or label must not hold a tab or a line break, "
                    f"got {value!r} in document {number}."
                )
        file.write(f"{' '.join(doc.words)}\t{label}\n")
