"""The command `zoo apply`."""

from pathlib import Path
from typing import Annotated

import typer


def apply(
    model: Annotated[Path, typer.Argument(help="Folder of a saved pipeline.")],
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="Documents to annotate.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File for them; its suffix decides.")
    ],
) -> None:
    """Annotate documents, in a stream, and write them to a file.

    Annotations that the input has and the pipeline predicts are replaced.
    """
    from .. import builtins as _names
    from ..corpora import read_docs, write_docs

    pipeline = _names.load(model)
    bare = (doc.copy(annotations=False) for doc in read_docs(source))
    write_docs(pipeline.pipe(bare), output)
