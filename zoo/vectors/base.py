"""Define what a table of word vectors is and returns for unknown words."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

#: Vectors as they are computed with: (n_words, width).
Floats = NDArray[np.float32]
#: Whether each of some words is known: (n_words,).
Flags = NDArray[np.bool_]
#: What a table returns for an unknown word.
Unknown = Literal["zero", "mean", "error"]
UNKNOWN: tuple[Unknown, ...] = ("zero", "mean", "error")


@runtime_checkable
class VectorTable(Protocol):
    """A table of word vectors: any object that has these four members.

    Attributes:
        name: The name of the table, for messages.
        shape: Its rows and their width.
        checksum: A hash of words and vectors; equal tables have equal checksums.
    """

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def checksum(self) -> str: ...

    def get(self, words: Sequence[str]) -> tuple[Floats, Flags]:
        """Return the vectors of words, (n_words, width), and which it knows.

        Without words, neither has any rows. A word may come several times.
        """
        ...


def check_unknown(unknown: str) -> Unknown:
    """Raise ValueError if there is no such policy for unknown words."""
    for policy in UNKNOWN:
        if unknown == policy:
            return policy
    raise ValueError(
        f"Vectors: unknown must be one of {', '.join(UNKNOWN)}, got {unknown!r}."
    )


def check_words(words: Iterable[str]) -> None:
    """Raise TypeError if what should be a list of words is a string or numbers."""
    if isinstance(words, str):
        raise TypeError(
            f"Vectors: words must be a list of strings, got the string {words!r}. "
            f"Write [{words!r}]."
        )
    if isinstance(words, np.ndarray) and words.dtype.kind not in "UO":
        raise TypeError(
            f"Vectors: words must be a list of strings, got an array of {words.dtype}. "
            f"Vectors are looked up and compared by their words."
        )
