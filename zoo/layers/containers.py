"""Convert lists of arrays, one per document, into one flat array, and back."""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from thinc.api import Model, Ops
from thinc.types import Floats2d, Ragged

from .._arrays import as_array, rows_of
from .._registry import layer
from .._types import Array
from ._ragged import from_sizes, sizes_of

TokenVectors = Ragged | list[Floats2d]


@layer("zoo.to_ragged.v1")
def to_ragged() -> Model[TokenVectors, Ragged]:
    """Join the vectors of all documents into one array; a Ragged passes unchanged.

    Unlike Thinc's `list2ragged`, this keeps the width of a batch without tokens.

    Input:
        List of Floats2d or a Ragged, (n_tokens, width) per document.
    Output:
        Ragged of Floats2d, (n_tokens, width). The gradient of the input has the
        container of the input.
    """
    return Model("to_ragged", forward_to_ragged)


@layer("zoo.to_list.v1")
def to_list() -> Model[TokenVectors, list[Floats2d]]:
    """Split a flat array into the parts of the documents; a list passes unchanged.

    The parts are views, so the output must not be overwritten.

    Input:
        Ragged of Floats2d, (n_tokens, width), or a list of such arrays.
    Output:
        List of Floats2d, (n_tokens, width) per document.
    """
    return Model("to_list", forward_to_list)


def forward_to_ragged(
    model: Model[TokenVectors, Ragged], X: TokenVectors, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], TokenVectors]]:
    if isinstance(X, Ragged):
        return X, lambda dY: dY
    Y = join(model.ops, X)
    return Y, lambda dY: split(dY)


def forward_to_list(
    model: Model[TokenVectors, list[Floats2d]], X: TokenVectors, is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], TokenVectors]]:
    if not isinstance(X, Ragged):
        return X, lambda dY: dY
    width = X.dataXd.shape[-1]
    return split(X), lambda dY: join(model.ops, dY, width)


def join_rows(ops: Ops, arrays: Sequence[Floats2d], width: int = 0) -> Array:
    """Join arrays of one width into one; without arrays, it has no rows of `width`."""
    if not arrays:
        return as_array(ops.alloc2f(0, width))
    # One array alone need not be copied.
    return as_array(ops.xp.concatenate(arrays) if len(arrays) > 1 else arrays[0])


def join(ops: Ops, arrays: Sequence[Floats2d], width: int = 0) -> Ragged:
    """Join arrays of one width into a Ragged; without arrays, `width` is used."""
    return from_sizes(ops, join_rows(ops, arrays, width), map(len, arrays))


def split(X: Ragged) -> list[Floats2d]:
    """Return the parts of a Ragged as views; empty ones have the right width too."""
    return split_rows(rows_of(X), sizes_of(X))


def split_rows(data: Array, sizes: Iterable[int]) -> list[Floats2d]:
    """Return consecutive rows of these numbers, as views."""
    parts, start = [], 0
    for size in sizes:
        parts.append(data[start : start + size])
        start += size
    return cast(list[Floats2d], parts)
