"""Read the table of word vectors that comes with the package."""

from pathlib import Path
from typing import Final

from ._safetensors_file import map_table
from .table import Vectors

#: What its name begins with, where a path could be too.
PREFIX: Final = "zoo:"
NAME: Final = "english-words"
#: The name of the table, in place of a path.
ENGLISH_WORDS: Final = f"{PREFIX}{NAME}"
FOLDER: Final = Path(__file__).parent.parent / "data" / "vectors"


def read_shipped_table(name: str, limit: int = 0) -> Vectors:
    """Read a table of vectors that comes with the package.

    It knows each word in lower case, with a capital, and in capitals, by one row.

    Args:
        name: "zoo:english-words", the only one.
        limit: The most rows to read, the most frequent first. 0 reads all.

    Raises:
        ValueError: There is none of that name.
    """
    if name != ENGLISH_WORDS:
        raise ValueError(
            f"read_vectors: there is no table of vectors {name!r} in this package. "
            f"There is: {ENGLISH_WORDS}."
        )
    path = FOLDER / f"{NAME}.safetensors"
    lower = map_table(path, name=NAME, limit=limit, strict=True, report=_ignore)
    assert isinstance(lower, Vectors)
    rows = {word: row for row, word in enumerate(lower.words)}
    for form in (str.capitalize, str.upper):
        for word, row in list(rows.items()):
            rows.setdefault(form(word), row)
    return Vectors(rows, lower.matrix, name=NAME)


def _ignore(share: float) -> None:
    """Report nothing: the table is mapped at once."""
