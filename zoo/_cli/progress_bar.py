"""Report the documents that a command writes."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .._terminal import print_message

if TYPE_CHECKING:
    from ..corpora import Unwritten
    from ..doc import Doc

#: Documents between two reports of progress.
STEP = 1000


class Progress:
    """Count documents as they pass."""

    def __init__(self) -> None:
        self.n_docs = 0
        self.n_words = 0

    def follow(self, docs: "Iterable[Doc]") -> "Iterator[Doc]":
        """Count the documents, and show their number so far."""
        for doc in docs:
            self.n_docs += 1
            self.n_words += len(doc)
            if self.n_docs % STEP == 0 and sys.stderr.isatty():
                print(f"\r{self.n_docs:,} documents", end="", file=sys.stderr)
            yield doc
        if self.n_docs >= STEP and sys.stderr.isatty():
            print("\r", end="", file=sys.stderr)

    def finish(self, output: Path, unwritten: "Unwritten") -> None:
        """Print how many were written, and what was left out."""
        n_docs, n_words = f"{self.n_docs:,}", f"{self.n_words:,}"
        documents = "document" if self.n_docs == 1 else "documents"
        words = "word" if self.n_words == 1 else "words"
        print_message(f"Wrote {n_docs} {documents} with {n_words} {words} to {output}.")
        if left_out := unwritten.describe():
            print_message(left_out)
