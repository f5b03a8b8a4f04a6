"""Name a file of documents in a config."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from ..docs import Doc
from ..registries import registry
from .files import find_file
from .formats import find_format, read_docs


@registry.readers("zoo.Corpus.v1")
def Corpus(path: str | Path | None, *, limit: int = 0) -> Callable[[], Iterator[Doc]]:
    """Make a function that reads a file of documents, from the start at each call.

    path: The file, in one of the formats that `read_docs` knows.
    limit: How many documents to read. 0 reads all.

    Raises ValueError for no path, a negative limit or an unknown suffix, and
    FileNotFoundError for a missing file: when it is made, before anything is read.
    """
    if path is None or not str(path):
        raise ValueError(
            "Corpus: no path was given; set paths.train in the config or pass "
            "--paths.train FILE"
        )
    if limit < 0:
        raise ValueError(f"Corpus: limit must be 0 or more documents, got {limit}.")
    find_format(path)
    file = find_file(path)

    def read() -> Iterator[Doc]:
        return islice(read_docs(file), limit or None)

    return read
