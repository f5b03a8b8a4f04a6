"""The command `zoo apply`."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import (
    ModelFolder,
    OtherTokenizer,
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
) -> None:
    """Annotate documents, in a stream, and write them to a file.

    Annotations that the input has and the pipeline predicts are replaced.
    """
    from ..corpora import read_docs, write_docs
    from ..corpora.conllu import write_conllu
    from ..corpora.formats import format_of

    held = format_of(output).fields
    pipeline = load_model(model, vectors)
    _check_fields(pipeline.fields, held, output)
    docs = read_docs(source, tokenizer=choose_tokenizer(pipeline, tokenizer))
    bare = (_without(pipeline.fields, doc) for doc in docs)
    progress = Progress(held)
    annotated = pipeline.pipe(bare, n_process=n_process)
    annotated = progress.follow(annotated)
    if format_of(output).write is write_conllu:
        parts = (_sentences(doc) for doc in annotated)
        annotated = chain.from_iterable(parts)
    write_docs(annotated, output)
    progress.finish(output)


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


def _sentences(doc: Any) -> Iterable[Any]:
    """Split a document into what CoNLL-U holds, unless it comes from there."""
    from ..corpora._conllu_sentences import conllu_sentences
    from ..corpora.conllu import RAW_LINES

    return [doc] if RAW_LINES in doc.user_data else conllu_sentences(doc)


def _without(fields: list[str], doc: Any) -> Any:
    """Clear the fields of a document that are predicted."""
    for field in fields:
        if field != "norms":  # What the tokenizer says stays.
            setattr(doc, field, None)
    return doc
