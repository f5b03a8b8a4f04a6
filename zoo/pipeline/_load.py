"""Load a pipeline from a folder."""

from pathlib import Path

from ..vectors import VectorTable
from ._saved_pipeline import read_folder
from .pipeline import Pipeline


def load(path: str | Path, *, vectors: VectorTable | None = None) -> Pipeline:
    """Load a pipeline that `Pipeline.to_disk` saved. No code in the folder is run.

    Args:
        path: The folder.
        vectors: The table of word vectors that the pipeline was trained with, if it
            was with one. None: it is read from where the config says.

    Returns:
        The pipeline, ready to annotate.

    Raises:
        FileNotFoundError: The folder holds no saved pipeline.
        ValueError: A file is missing, altered, from a later version, or does not fit
            the config; or the vectors are not those that the pipeline was trained
            with, or it was trained without any.
    """
    saved = read_folder(path)
    if vectors is not None and saved.vectors is None:
        raise ValueError(
            f"{path} was trained without word vectors, got '{vectors.name}'. Leave "
            f"them out."
        )
    return Pipeline._restore(saved, vectors)
