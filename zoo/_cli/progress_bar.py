"""Tell of the documents that a command writes."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..doc import Doc

#: Documents between two reports of progress.
STEP = 1000


class Progress:
    """Count documents as they pass, and what the format to write cannot hold.

    fields: Those of a document that the format holds, but for the words.
    """

    def __init__(self, fields: Iterable[str]) -> None:
        self.fields = {*fields}
        self.left_out: dict[str, None] = {}
        self.n_docs = 0
        self.n_words = 0

    def follow(self, docs: "Iterable[Doc]") -> "Iterator[Doc]":
        """Count the documents, and show how many there are so far."""
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
        """Tell how many were written, and what was left out."""
        print(
            f"Wrote {self.n_docs:,} documents with {self.n_words:,} words to {output}.",
            file=sys.stderr,
        )
        if self.left_out:
            print(
                f"Left out, as the format cannot hold it: {', '.join(self.left_out)}.",
                file=sys.stderr,
            )
