"""The command `zoo apply`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

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
    imported_files,
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
    engine: Annotated[
        Literal["zoo", "ray"],
        typer.Option(
            help="ray: Ray Data annotates .parquet or .jsonl files, on a cluster or on "
            "this machine, and writes a folder."
        ),
    ] = "zoo",
    on_error: Annotated[
        Literal["raise", "skip"],
        typer.Option(help="With ray: what becomes of a row that cannot be read."),
    ] = "raise",
) -> None:
    """Annotate documents, in a stream, and write them to a file.

    Annotations that the input has and the pipeline predicts are replaced.
    """
    of_zoo = {
        "--tokenizer": tokenizer is not None,
        "--vectors": vectors is not None,
        "--misaligned": misaligned != "error",
        "--overlapping": overlapping != "error",
        "--comments": comments != "",
        "--from": format is not None,
    }
    of_ray = {"--on-error": on_error != "raise"}
    if given := [n for n, v in (of_zoo if engine == "ray" else of_ray).items() if v]:
        raise ValueError(
            f"zoo apply: --engine {engine} has no {', '.join(given)}. Leave out what "
            f"it cannot do."
        )
    if engine == "ray":
        _apply_by_ray(model, source, output, n_process, columns, on_error)
        return
    from ..corpora import Unwritten, read_docs, write_docs
    from ..corpora.formats import format_of
    from ..pipeline._stream import clear_predictions

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
    bare = (clear_predictions(doc, pipeline.fields) for doc in docs)
    progress, unwritten = Progress(), Unwritten()
    annotated = pipeline.pipe(bare, n_process=n_process)
    annotated = progress.follow(annotated)
    write_docs(annotated, output, unwritten=unwritten)
    progress.finish(output, unwritten)


def _apply_by_ray(
    model: Path,
    source: Path,
    output: Path,
    n_process: int,
    columns: str | None,
    on_error: Literal["raise", "skip"],
) -> None:
    from .._terminal import print_message
    from ..integrations.ray import annotate_files
    from ..pipeline._processes import count_cores

    found = annotate_files(
        str(model.resolve() if model.exists() else model),
        _address(source),
        _address(output),
        workers=count_cores() if n_process == -1 else n_process,
        columns=columns,
        on_error=on_error,
        code=imported_files(),
    )
    documents = "document" if found.n_docs == 1 else "documents"
    print_message(f"Wrote {found.n_docs:,} {documents} to {output}.")
    if found.n_errors:
        rows = "row was" if found.n_errors == 1 else "rows were"
        print_message(
            f"{found.n_errors:,} {rows} not read, see the column or key 'error'. The "
            f"first: {found.first_error}"
        )
    for message in found.unread:
        print_message(f"Not read: {message}")


def _address(path: Path) -> str:
    """Return a path as it was typed: of an address, it has lost a slash."""
    scheme, found, rest = str(path).partition(":/")
    return f"{scheme}://{rest}" if found and scheme.isalnum() else str(path)


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
