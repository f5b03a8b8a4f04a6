"""The command `zoo convert`."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .options import TOKENIZER, Language, TokenizerName, make_tokenizer

if TYPE_CHECKING:
    from ..docs import Doc

#: Documents between two reports of progress.
STEP = 1000


def convert(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="File or folder of documents.")
    ],
    output: Annotated[Path, typer.Argument(help="File to write; its suffix decides.")],
    strict: Annotated[
        bool, typer.Option(help="Refuse labels that are out of order.")
    ] = False,
    misaligned: Annotated[
        Literal["error", "skip", "expand"],
        typer.Option(help="What becomes of spans that are not of whole words."),
    ] = "error",
    tokenizer: TokenizerName = TOKENIZER,
    lang: Language = "en",
) -> None:
    """Convert documents from one file format to another, in a stream.

    OUTPUT is replaced when all is written, and left as it is if that fails.
    """
    from ..corpora.formats import find_format, read_docs, write_docs

    fields = find_format(output).fields
    options: dict[str, Any] = {"strict": strict, "misaligned": misaligned}
    docs = read_docs(source, tokenizer=make_tokenizer(tokenizer, lang), **options)
    progress = _Progress(fields)
    write_docs(progress.follow(docs), output)
    progress.finish(output)


class _Progress:
    """Count documents as they pass, and what the format to write cannot hold."""

    def __init__(self, fields: Iterable[str]) -> None:
        self.fields = {*fields}
        self.left_out: dict[str, None] = {}
        self.n_docs = 0
        self.n_words = 0

    def follow(self, docs: "Iterable[Doc]") -> "Iterator[Doc]":
        from ..docs import ANNOTATIONS

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
        print(
            f"Wrote {self.n_docs:,} documents with {self.n_words:,} words to {output}.",
            file=sys.stderr,
        )
        if self.left_out:
            print(
                f"Left out, as the format cannot hold it: {', '.join(self.left_out)}.",
                file=sys.stderr,
            )
