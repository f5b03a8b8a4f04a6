"""Check all that the kernels of predictions are given, and call them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .._arrays import as_floats
from .._kernel_choice import Kernels, kernels_name
from .._types import Array
from ..threads import threads

#: Padded rows of a part that one thread encodes, so that it stays in a core's cache.
PART_ROWS = 512
#: Maxout pieces for which there are kernels.
MAX_PIECES = 4
#: Rows that one thread embeds at once.
WORD_ROWS = 128


class Packed(NamedTuple):
    """The parameters of a MaxoutNorm, in the order in which kernels read them.

    Only `pack` makes one, and checks its shapes; nobody changes it.
    """

    W: Array  # (nO / 8, nI, nP * 8).
    b: Array  # (nO / 8, nP * 8).
    G: Array  # (nO,).
    beta: Array  # (nO,).

    @property
    def pieces(self) -> tuple[int, ...]:
        """A tuple as long as there are maxout pieces."""
        columns: int = self.W.shape[2]
        return (0,) * (columns // 8)


class PackedBlocks(NamedTuple):
    """The parameters of all blocks of an encoder, as kernels read them.

    Only `pack_blocks` makes one, and checks its shapes; nobody changes it.
    """

    W: Array  # (depth, nO / 8, nI, nP * 8).
    U: Array  # (depth, nO / 8, 6, nO, nP * 8), or no columns without Winograd.
    b: Array  # (depth, nO / 8, nP * 8).
    G: Array  # (depth, nO).
    beta: Array  # (depth, nO).


def suits(W: Array) -> bool:
    """Check whether kernels are in use, and one fits weights of (nO, nP, nI)."""
    nO, nP, nI = W.shape
    fits = nO % 8 == 0 and nO > 0 and 1 <= nP <= MAX_PIECES and nI % 4 == 0 and nI > 0
    return fits and kernels_name() == "numba"


def load_kernels() -> Any:
    """Import the kernels of predictions, and compile them if they are not."""
    return KERNELS.load()


def _run_all() -> None:
    """Run each kernel for three maxout pieces, which is the default."""
    arrays = {
        "W": np.ones((8, 3, 24), dtype="f"),
        "b": np.zeros((8, 3), dtype="f"),
        "G": np.ones(8, dtype="f"),
        "beta": np.zeros(8, dtype="f"),
    }
    packed, blocks = pack(arrays), pack_blocks([arrays], window_size=1)
    rows, values = np.zeros((3, 24), dtype="f"), np.zeros((3, 3, 24), dtype="f")
    keys = np.zeros((3, 1), dtype=np.uint64)
    call_sum_hashed_rows([rows], keys, [0])
    call_add_hashed_rows(rows, keys[:, 0], 0, rows)
    call_transform(rows, packed)
    E = np.zeros((3, 8), dtype="f")
    call_fill_terms(packed, E, values)
    call_encode(np.array([1, 2, 1]), [3], E, values, blocks, 1)


KERNELS = Kernels("predictions", "encode", "zoo.layers._kernels", _run_all)


def pack(arrays: dict[str, Array]) -> Packed:
    """Pack the parameters of a MaxoutNorm for kernels."""
    W, b, G, beta = (arrays[name] for name in ("W", "b", "G", "beta"))
    biases = b.reshape(len(b) // 8, 8, -1).transpose(0, 2, 1).reshape(len(b) // 8, -1)
    packed = Packed(_pack_matrix(W), *map(as_floats, (biases, G, beta)))
    _check_packed(packed)
    return packed


def _pack_matrix(W: Array) -> Array:
    nO, nP, nI = W.shape
    groups = W.reshape(nO // 8, 8, nP, nI).transpose(0, 3, 2, 1)
    return as_floats(groups).reshape(nO // 8, nI, nP * 8)


def transform_weights(arrays: dict[str, Array]) -> Array:
    """Transform the weights of a block for Winograd's algorithm."""
    W, factors = arrays["W"], load_kernels().WEIGHTS
    nO, nP, nI = W.shape
    by_position = W.reshape(nO * nP, 3, nI // 3).transpose(1, 0, 2).reshape(3, -1)
    transformed = (factors @ by_position.astype("d")).astype("f")
    matrices = transformed.reshape(-1, nO, nP, nI // 3)
    return as_floats(np.stack([_pack_matrix(matrix) for matrix in matrices], axis=1))


def pack_blocks(blocks: list[dict[str, Array]], window_size: int) -> PackedBlocks:
    """Pack the parameters of all blocks of an encoder."""
    W, b, G, beta = (
        np.stack(column) for column in zip(*map(pack, blocks), strict=True)
    )
    if window_size == 1:
        U = np.stack([transform_weights(block) for block in blocks])
    else:
        U = np.zeros((len(W), W.shape[1], 6, G.shape[1], 0), dtype="f")
    packed = PackedBlocks(W, U, b, G, beta)
    _check_blocks(packed, window_size)
    return packed


def call_sum_hashed_rows(
    tables: Sequence[Array], keys: Array, seeds: Sequence[int]
) -> Array:
    """Sum the four rows of each table that keys are hashed to.

    Args:
        tables: Of one width, (n_rows, width) each.
        keys: One for each table, (n_keys, n_tables).
        seeds: Seed of each hash, 0 to 2 ** 32 - 1.

    Returns:
        The sums side by side, (n_keys, n_tables * width).
    """
    keys = np.ascontiguousarray(keys, dtype=np.uint64)
    n_keys, width = len(keys), tables[0].shape[1]
    check("sum_hashed_rows", keys.shape == (n_keys, len(tables)) and len(tables) > 0)
    check("sum_hashed_rows", len(seeds) == len(tables))
    X: Array = np.empty((n_keys, len(tables), width), dtype="f")
    run = load_kernels().sum_hashed_rows
    for column, (E, seed) in enumerate(zip(tables, seeds, strict=True)):
        E = as_floats(E)
        check("sum_hashed_rows", E.ndim == 2 and E.shape[1] == width and len(E) > 0)
        run(E, keys, column, np.uint64(seed), X)
    return X.reshape(n_keys, len(tables) * width)


def call_add_hashed_rows(dE: Array, keys: Array, seed: int, dX: Array) -> None:
    """Add to the gradient of a table, where `call_sum_hashed_rows` read the table.

    Args:
        dE: The gradient, (n_rows, width), which is changed.
        keys: (n_keys,).
        seed: Seed of the hash.
        dX: The gradient of the sums, (n_keys, width).
    """
    keys, dX = np.ascontiguousarray(keys, dtype=np.uint64), as_floats(dX)
    check("add_hashed_rows", dE.ndim == 2 and len(dE) > 0 and are_plain(dE))
    check("add_hashed_rows", dX.shape == (*keys.shape, dE.shape[1]))
    load_kernels().add_hashed_rows(dE, keys, np.uint64(seed), dX)


def call_transform(X: Array, packed: Packed) -> Array:
    """Compute a MaxoutNorm of rows, (n_rows, nO)."""
    X, (n_groups, nI, _) = as_floats(X), packed.W.shape
    check("transform_rows", X.ndim == 2 and X.shape[1] == nI)
    Y: Array = np.empty((len(X), 8 * n_groups), dtype="f")
    load_kernels().transform_rows(X, *packed, Y, packed.pieces)
    return Y


def call_fill_terms(packed: Packed, rows: Array, values: Array) -> None:
    """Write the terms of rows, (n_rows, width), to (n_rows, n_window, nP * nO)."""
    rows, (n_groups, nI, columns) = as_floats(rows), packed.W.shape
    check("fill_terms", rows.ndim == 2 and rows.shape[1] > 0)
    shape = (len(rows), nI // rows.shape[1], n_groups * columns)
    check("fill_terms", values.shape == shape and are_plain(values))
    check("fill_terms", shape[1] * rows.shape[1] == nI and rows.shape[1] % 4 == 0)
    load_kernels().fill_terms(rows, packed.W, values, packed.pieces)


def call_encode(
    index: Array,
    sizes: list[int],
    E: Array,
    values: Array | None,
    blocks: PackedBlocks,
    window_size: int,
) -> Array:
    """Encode documents in parts for several threads.

    Args:
        index: The row of E of each token, (n_tokens,).
        sizes: Tokens of each document.
        E: Vectors, (n_rows, width).
        values: The terms of those vectors in the first block, (n_rows, n_window,
            nP * width), or None.
        blocks: The parameters, of one block at least.
        window_size: Rows to either side that a block looks at.

    Returns:
        The encoded tokens, (n_tokens, width).
    """
    E, index = as_floats(E), np.ascontiguousarray(index, dtype=np.int64)
    depth, n_groups, nI, columns = blocks.W.shape
    width, n_window = 8 * n_groups, 2 * window_size + 1
    check("encode", E.ndim == 2 and E.shape[1] == width and nI == n_window * width)
    check("encode", min(sizes, default=0) >= 0 and sum(sizes) == len(index))
    check("encode", index.ndim == 1)
    has_terms = values is not None
    if values is None:
        values = np.zeros((0, n_window, n_groups * columns), dtype="f")
    else:
        check("encode", values.shape == (len(E), n_window, n_groups * columns))
        check("encode", are_plain(values))
    counts = np.array(sizes, dtype=np.int64)
    settings = (window_size, has_terms)
    out: Array = np.empty((len(index), width), dtype="f")
    encode, pieces = load_kernels().encode, (0,) * (columns // 8)

    def run(part: tuple[slice, slice]) -> None:
        docs, tokens = part
        given = index[tokens], counts[docs], E, values
        # It looks for itself whether all rows exist, which is faster.
        has_run = encode(*given, *blocks, settings, out[tokens], pieces)
        check("encode", has_run)

    parts = _cut(sizes, 2 * window_size * depth + 4)
    if len(parts) == 1:
        run(parts[0])
    else:
        threads.map(run, parts)
    return out


def _cut(sizes: list[int], padding: int) -> list[tuple[slice, slice]]:
    """Cut documents into parts of about equal work: their documents and tokens."""
    parts = []
    first = start = stop = rows = 0
    for i, size in enumerate(sizes):
        stop += size
        rows += size + padding if size else 0
        if rows >= PART_ROWS or i == len(sizes) - 1:
            parts.append((slice(first, i + 1), slice(start, stop)))
            first, start, rows = i + 1, stop, 0
    return parts


def _check_packed(packed: Packed) -> None:
    n_groups, nI, columns = packed.W.shape
    fits = nI % 4 == 0 and columns % 8 == 0 and 8 <= columns <= 8 * MAX_PIECES
    check("transform_rows", fits and packed.b.shape == (n_groups, columns))
    check("transform_rows", packed.G.shape == packed.beta.shape == (8 * n_groups,))
    check("transform_rows", are_plain(*packed))


def _check_blocks(blocks: PackedBlocks, window_size: int) -> None:
    depth, n_groups, nI, columns = blocks.W.shape
    width = 8 * n_groups
    check("encode", depth > 0 and nI == width * (2 * window_size + 1))
    check("encode", columns % 8 == 0 and 8 <= columns <= 8 * MAX_PIECES)
    check("encode", blocks.b.shape == (depth, n_groups, columns))
    check("encode", blocks.G.shape == blocks.beta.shape == (depth, width))
    n_columns = columns if window_size == 1 else 0
    check("encode", blocks.U.shape == (depth, n_groups, 6, width, n_columns))
    check("encode", are_plain(*blocks))


def are_plain(*arrays: Array) -> bool:
    """Check whether a kernel can read arrays: their type, and order in memory."""
    return all(a.dtype == np.float32 and a.flags.c_contiguous for a in arrays)


def check(name: str, holds: bool) -> None:
    """Raise ValueError unless what a kernel needs holds."""
    if not holds:  # A kernel would read or write memory of others.
        raise ValueError(
            f"The kernel {name}: the shapes and types of its arrays must fit each "
            f"other, got others. This is an error in zoo."
        )
