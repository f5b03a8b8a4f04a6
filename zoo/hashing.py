"""Hash byte strings to 64 bits, many at once."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_M: Final = 0xC6A4A7935BD1E995
_R: Final = 47
_MASK: Final = 0xFFFFFFFFFFFFFFFF
# With fewer strings left than this, a loop over ints beats one over arrays.
_FEW: Final = 24


def hash_strings(strings: Sequence[bytes], seed: int = 1) -> NDArray[np.uint64]:
    """Hash each byte string with MurmurHash64A.

    ``h = seed ^ len * m``; for each block of 8 bytes, little-endian,
    ``h = (h ^ mix(block)) * m``; likewise, unmixed, for the bytes that are left.

    Output: (n_strings,) uint64. No strings give an empty array.

    strings: The strings, of any length; distinct ones, to waste no time.
    seed: Start of the hash, 0 to 2 ** 64 - 1. spaCy's string ids have 1.

    Source: Austin Appleby, MurmurHash2 (2008), https://github.com/aappleby/smhasher.
    """
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    # Eight spare bytes, so that what is left after the blocks reads as a block.
    text = b"".join(strings) + bytes(8)
    # Every 8 bytes of the text, from each byte on: (len(text) - 7,)
    block_at = np.ndarray((len(text) - 7,), "<u8", text, strides=(1,))
    ends = np.cumsum(lengths)
    h = np.uint64(seed) ^ (lengths.astype(np.uint64) * np.uint64(_M))
    _hash_blocks(h, text, block_at, ends - lengths, lengths >> 3)
    n_left = (lengths & 7).astype(np.uint64)
    left = block_at[ends - (lengths & 7)]
    left &= (np.uint64(1) << (n_left << np.uint64(3))) - np.uint64(1)
    h = np.where(n_left > 0, (h ^ left) * np.uint64(_M), h)
    h ^= h >> np.uint64(_R)
    h *= np.uint64(_M)
    h ^= h >> np.uint64(_R)
    return h


def _hash_blocks(
    h: NDArray[np.uint64],
    text: bytes,
    block_at: NDArray[np.uint64],
    starts: NDArray[np.int64],
    n_blocks: NDArray[np.int64],
) -> None:
    """Take the whole blocks of all strings into `h`, in place."""
    # Longest first, so that those with a block i are the first n_with[i].
    order = np.argsort(-n_blocks, kind="stable")
    n_with = len(order) - np.cumsum(np.bincount(n_blocks))
    starts = starts[order]
    sorted_h = h[order]
    n_columns = int(np.count_nonzero(n_with >= _FEW))
    for i in range(n_columns):
        n = int(n_with[i])
        blocks = _mix(block_at[starts[:n] + 8 * i])
        sorted_h[:n] = (sorted_h[:n] ^ blocks) * np.uint64(_M)
    n_longer = int(n_with[n_columns]) if n_columns < len(n_with) else 0
    for i in range(n_longer):
        n = int(n_blocks[order[i]]) - n_columns
        offset = int(starts[i]) + 8 * n_columns
        value = int(sorted_h[i])
        for block in _mix(np.frombuffer(text, "<u8", n, offset)).tolist():
            value = (value ^ block) * _M & _MASK
        sorted_h[i] = value
    h[order] = sorted_h


def _mix(blocks: NDArray[np.uint64]) -> NDArray[np.uint64]:
    blocks = blocks * np.uint64(_M)
    blocks ^= blocks >> np.uint64(_R)
    blocks *= np.uint64(_M)
    return blocks
