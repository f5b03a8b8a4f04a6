"""Report the documents that a command writes."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .._terminal import print_message

if TYPE_CHECKING:
    from ..doc import Doc

#: Documents between two reports of progress.
STEP = 1000


class Progress:
    """Count documents as they pass, and what the format to write cannot hold.

    Args:
        fields: The fields of a document that the format holds, besides the words.
    """

    def __init__(self, fields: Iterable[str]) -> None:
        self.fields = {*fields}
        self.left_out: dict[str, None] = {}
        self.n_docs = 0
        self.n_words = 0

    def follow(self, docs: "Iterable[Doc]") -> "Iterator[Doc]":
        """Count the documents, and show their number so far."""
        from ..doc import ANNOTATIONS

        for doc in docs:
            for name in ("norms", "sent_starts", *ANNOTATIONS):
                if name not in self.fields and getattr(doc, name):
                    self.left_out[name] = None
            self.n_docs += 1
            self.n_words += len(doc)
            if self.n_docs % STEP == 0 and sys.stderr.isatty():
                print(f"\r{self.n_docs:,} documents", end="", file=sys.stderr)
            yield doc
        if self.n_docs >= STEP and sys.stderr.isatty():
            print("\r", end="", file=sys.stderr)

    def finish(self, output: Path) -> None:
        """Print how many were written, and what was left out."""
        n_docs, n_words = f"{self.n_docs:,}", f"{self.n_words:,}"
        print_message(f"Wrote {n_docs} documents with {n_words} words to {output}.")
        if self.left_out:
            names = ", ".join(self.left_out)
            print_message(f"Left out, as the format cannot hold it: {names}.")
