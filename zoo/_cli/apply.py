"""The command `zoo apply`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import (
    Comments,
    FileFormat,
    MisalignedSpans,
    ModelFolder,
    OtherTokenizer,
    OverlappingSpans,
    TableColumns,
    VectorsFile,
    choose_tokenizer,
    load_model,
)
from .progress_bar import Progress


def apply(
    model: ModelFolder,
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="Documents to annotate.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File for them; its suffix decides.")
    ],
    n_process: Annotated[
        int, typer.Option(help="Processes that share the work; -1 for one per core.")
    ] = 1,
    tokenizer: OtherTokenizer = None,
    vectors: VectorsFile = None,
    misaligned: MisalignedSpans = "error",
    overlapping: OverlappingSpans = "error",
    columns: TableColumns = None,
    comments: Comments = "",
    format: FileFormat = None,
) -> None:
    """Annotate documents, in a stream, and write them to a file.

    Annotations that the input has and the pipeline predicts are replaced.
    """
    from ..corpora import Unwritten, read_docs, write_docs
    from ..corpora.formats import format_of

    held = format_of(output).fields
    pipeline = load_model(model, vectors)
    _check_fields(pipeline.fields, held, output)
    docs = read_docs(
        source,
        tokenizer=choose_tokenizer(pipeline, tokenizer),
        misaligned=misaligned,
        overlapping=overlapping,
        columns=columns,
        comments=comments,
        format=format,
    )
    bare = (_without(pipeline.fields, doc) for doc in docs)
    progress, unwritten = Progress(), Unwritten()
    annotated = pipeline.pipe(bare, n_process=n_process)
    annotated = progress.follow(annotated)
    write_docs(annotated, output, unwritten=unwritten)
    progress.finish(output, unwritten)


def _check_fields(predicted: list[str], held: Iterable[str], output: Path) -> None:
    """Raise ValueError if a format can hold nothing that a pipeline predicts."""
    from ..corpora.formats import FORMATS

    if predicted and {*predicted}.isdisjoint(held):
        suited = [
            s for s, f in FORMATS.items() if not {*predicted}.isdisjoint(f.fields)
        ]
        raise ValueError(
            f"{output}: the format must hold something that the pipeline predicts, "
            f"{', '.join(predicted)}. These do: {', '.join(suited)}."
        )


def _without(fields: list[str], doc: Any) -> Any:
    """Clear the fields of a document that are predicted."""
    for field in fields:
        if field != "norms":  # What the tokenizer says stays.
            setattr(doc, field, None)
    return doc
