"""Keep the lengths of documents on the host too, so that nobody waits for a GPU."""

from thinc.types import Ints1d, Ragged

from ..types import Array


class SizedRagged(Ragged):
    """A Ragged that knows its lengths without asking a GPU, which would wait for it.

    data: Rows of all documents, end to end.
    lengths: Rows of each document, (n_docs,), where the data are.
    sizes: The same on the host.
    """

    def __init__(self, data: Array, lengths: Ints1d, sizes: list[int]) -> None:
        super().__init__(data, lengths)
        self.sizes = sizes


def sizes_of(X: Ragged) -> list[int]:
    """Give the lengths of a Ragged on the host."""
    if isinstance(X, SizedRagged):
        return X.sizes
    sizes: list[int] = X.lengths.tolist()
    return sizes


def with_data(X: Ragged, data: Array) -> Ragged:
    """Give other rows for the same documents."""
    if isinstance(X, SizedRagged):
        return SizedRagged(data, X.lengths, X.sizes)
    return Ragged(data, X.lengths)
