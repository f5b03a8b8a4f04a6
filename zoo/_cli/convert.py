"""The command `zoo convert`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .options import (
    TOKENIZER,
    Comments,
    FileFormat,
    Language,
    MisalignedSpans,
    OverlappingSpans,
    TableColumns,
    TokenizerName,
    make_tokenizer,
)
from .progress_bar import Progress


def convert(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="File or folder of documents.")
    ],
    output: Annotated[Path, typer.Argument(help="File to write; its suffix decides.")],
    strict: Annotated[
        bool, typer.Option(help="Refuse labels that are out of order.")
    ] = False,
    misaligned: MisalignedSpans = "error",
    overlapping: OverlappingSpans = "error",
    columns: TableColumns = None,
    comments: Comments = "",
    format: FileFormat = None,
    tokenizer: TokenizerName = TOKENIZER,
    lang: Language = "en",
) -> None:
    """Convert documents from one file format to another, in a stream.

    OUTPUT is replaced when all is written, and left as it is if that fails.
    """
    from ..corpora import Unwritten, read_docs, write_docs
    from ..corpora.formats import format_of

    format_of(output)  # Refuses a suffix that is unknown before anything is read.
    options: dict[str, Any] = {
        "strict": strict,
        "misaligned": misaligned,
        "overlapping": overlapping,
        "columns": columns,
        "comments": comments,
        "format": format,
    }
    docs = read_docs(source, tokenizer=make_tokenizer(tokenizer, lang), **options)
    progress, unwritten = Progress(), Unwritten()
    write_docs(progress.follow(docs), output, unwritten=unwritten)
    progress.finish(output, unwritten)
