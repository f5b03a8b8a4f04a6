"""The command `zoo tune`."""

from pathlib import Path
from typing import Annotated

import typer

from .._terminal import print_message, print_table
from .options import (
    Comments,
    Documents,
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


def tune(
    model: ModelFolder,
    file: Documents,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the result; else the model's."),
    ] = None,
    tokenizer: OtherTokenizer = None,
    vectors: VectorsFile = None,
    misaligned: MisalignedSpans = "error",
    overlapping: OverlappingSpans = "error",
    columns: TableColumns = None,
    comments: Comments = "",
    format: FileFormat = None,
) -> None:
    """Choose bias and thresholds on development data, and save them.

    Tries values for the bias of an entity_tagger and the threshold of a
    textcat_multilabel. Use documents that the model was not trained on, and others
    for the final evaluation.
    """
    from ..corpora import read_docs
    from ..pipeline import tune as tune_pipeline

    pipeline = load_model(model, vectors)
    read = read_docs(
        file,
        tokenizer=choose_tokenizer(pipeline, tokenizer),
        misaligned=misaligned,
        overlapping=overlapping,
        columns=columns,
        comments=comments,
        format=format,
    )
    docs = list(read)
    found = tune_pipeline(pipeline, docs)
    if not found:
        raise ValueError(
            f"zoo tune: expected a component with a bias or a threshold, and labels "
            f"for it in {file}; {model} has {', '.join(pipeline.components)}."
        )
    titles = ["setting", "before", "after", "score", "before", "after"]
    rows = [
        [
            f"components.{t.component}.{t.setting}",
            f"{t.before:g}",
            f"{t.after:g}",
            t.score,
            f"{100 * t.score_before:.2f}",
            f"{100 * t.score_after:.2f}",
        ]
        for t in found
    ]
    print_table([titles, *rows], right=(1, 2, 4, 5), header=True)
    pipeline.scores = pipeline.evaluate(docs)
    pipeline.to_disk(output or model)
    print_message(f"Saved {output or model}.")
