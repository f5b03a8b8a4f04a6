"""The command `zoo apply`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .options import OtherTokenizer, VectorsFile, choose_tokenizer, load_model


def apply(
    model: Annotated[Path, typer.Argument(help="Folder of a saved pipeline.")],
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
) -> None:
    """Annotate documents, in a stream, and write them to a file.

    Annotations that the input has and the pipeline predicts are replaced.
    """
    from ..corpora import read_docs, write_docs

    pipeline = load_model(model, vectors)
    docs = read_docs(source, tokenizer=choose_tokenizer(pipeline, tokenizer))
    bare = (_without(pipeline.fields, doc) for doc in docs)
    write_docs(pipeline.pipe(bare, n_process=n_process), output)


def _without(fields: list[str], doc: Any) -> Any:
    """Clear the fields of a document that are predicted."""
    for field in fields:
        setattr(doc, field, None)
    return doc
