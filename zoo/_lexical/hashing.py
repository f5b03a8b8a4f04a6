"""Hash byte strings to 64 bits, many at once."""

import sys
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .._kernel_choice import Kernels, kernels_name

_M: Final = 0xC6A4A7935BD1E995
_R: Final = 47
_MASK: Final = 0xFFFFFFFFFFFFFFFF
# With fewer strings left than this, a loop over ints is faster than one over arrays.
_FEW: Final = 24


def hash_strings(strings: Sequence[bytes], seed: int = 1) -> NDArray[np.uint64]:
    """Hash each byte string with MurmurHash64A.

    ``h = seed ^ len * m``; for each block of 8 bytes, little-endian,
    ``h = (h ^ mix(block)) * m``; likewise, unmixed, for the bytes that are left.

    Args:
        strings: The strings, of any length, best without duplicates.
        seed: Seed of the hash, 0 to 2 ** 64 - 1; 1 for spaCy's string ids.

    Returns:
        The hashes, (n_strings,) uint64.

    Source:
        Austin Appleby, MurmurHash2 (2008), https://github.com/aappleby/smhasher.
    """
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    if is_compiled():
        return _hash_compiled(b"".join(strings), lengths.cumsum(), seed)
    # Eight more bytes, so that the bytes after the last block can be read as a block.
    text = b"".join(strings) + bytes(8)
    # The 8 bytes from each byte of the text on: (len(text) - 7,)
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


def is_compiled() -> bool:
    """Check whether compiled code hashes strings.

    It does once others have imported numba, which takes longer than a few hashes.
    """
    return "numba" in sys.modules and kernels_name() == "numba"


def _hash_compiled(
    text: bytes, ends: NDArray[np.int64], seed: int
) -> NDArray[np.uint64]:
    hashes = np.empty(len(ends), np.uint64)
    data = np.frombuffer(text, np.uint8)
    KERNELS.load().hash_texts(data, ends, np.uint64(seed), hashes)
    return hashes


def _run() -> None:
    _hash_compiled(b"a", np.ones(1, np.int64), 1)


KERNELS = Kernels("words", "hash_texts", "zoo._lexical.hash_kernel", _run)


def hash_string(string: bytes, seed: int = 1) -> int:
    """Hash one byte string as `hash_strings` does, which is slower for few strings."""
    n_blocks, n_left = divmod(len(string), 8)
    h = seed ^ len(string) * _M & _MASK
    for i in range(0, 8 * n_blocks, 8):
        k = int.from_bytes(string[i : i + 8], "little") * _M & _MASK
        h = (h ^ (k ^ k >> _R) * _M & _MASK) * _M & _MASK
    if n_left:
        h = (h ^ int.from_bytes(string[-n_left:], "little")) * _M & _MASK
    h = (h ^ h >> _R) * _M & _MASK
    return h ^ h >> _R


def _hash_blocks(
    h: NDArray[np.uint64],
    text: bytes,
    block_at: NDArray[np.uint64],
    starts: NDArray[np.int64],
    n_blocks: NDArray[np.int64],
) -> None:
    """Hash the whole blocks of all strings into `h`, in place."""
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


def hash_keys(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint32]:
    """Hash 64-bit keys to 32 bits with MurmurHash3_x86_32.

    Args:
        keys: (n_keys,) uint64; each is hashed as eight bytes, little-endian.
        seed: Start of the hash, 0 to 2 ** 32 - 1.

    Returns:
        (n_keys,) uint32.

    Source:
        Austin Appleby, MurmurHash3 (2011), https://github.com/aappleby/smhasher.
    """
    h = np.full(keys.shape, seed, dtype=np.uint32)
    for shift in (0, 32):
        block = (keys >> np.uint64(shift)).astype(np.uint32)
        block = _rotate32(block * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)
        h = _rotate32(h ^ block, 13) * np.uint32(5) + np.uint32(0xE6546B64)
    h ^= np.uint32(8)  # The length in bytes.
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        h ^= h >> np.uint32(shift)
        h *= np.uint32(factor)
    return h


def _rotate32(values: NDArray[np.uint32], n_bits: int) -> NDArray[np.uint32]:
    left, right = np.uint32(n_bits), np.uint32(32 - n_bits)
    return values << left | values >> right


_C1: Final = np.uint64(0x87C37B91114253D5)
_C2: Final = np.uint64(0x4CF5AD432745937F)
# Number of spans that are hashed at once, so that their values stay in the cache.
_SPANS: Final = 8192
# The bits of a block of 8 that belong to a span with so many bytes left, 0 to 15.
_LEFT: Final = np.array([(1 << 8 * min(n, 8)) - 1 for n in range(16)], np.uint64)


def hash_spans(
    text: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], seed: int = 0
) -> NDArray[np.uint64]:
    """Hash spans of a byte string with MurmurHash3_x64_128.

    Args:
        text: The bytes that contain the spans. Spans may overlap.
        starts: The first byte of each span, (n_spans,).
        lengths: The number of bytes of each span, (n_spans,).
        seed: Start of both halves, 0 to 2 ** 32 - 1.

    Returns:
        (n_spans, 2) uint64, the two halves of each hash.

    Source:
        Austin Appleby, MurmurHash3 (2011), https://github.com/aappleby/smhasher.
    """
    text += bytes(16)
    # Every 8 bytes of the text, from each byte on: (len(text) - 7,)
    block_at = np.ndarray((len(text) - 7,), "<u8", text, strides=(1,))
    hashes = np.empty((len(starts), 2), np.uint64)
    for i in range(0, len(starts), _SPANS):
        part = slice(i, i + _SPANS)
        _hash_some_spans(block_at, starts[part], lengths[part], seed, hashes[part])
    return hashes


def _hash_some_spans(
    block_at: NDArray[np.uint64],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    seed: int,
    hashes: NDArray[np.uint64],
) -> None:
    h1, h2 = np.full((2, len(starts)), seed, np.uint64)
    for i in range(int(lengths.max(initial=0)) >> 4):
        longer = np.flatnonzero(lengths >= 16 * (i + 1))
        at = starts[longer] + 16 * i
        h1[longer], h2[longer] = _take_blocks(
            h1[longer], h2[longer], block_at[at], block_at[at + 8]
        )
    n_left = lengths & 15
    at = starts + (lengths - n_left)
    h1 ^= _scramble(block_at[at] & _LEFT[n_left], _C1, 31, _C2)
    more = np.flatnonzero(n_left > 8)
    left = block_at[at[more] + 8] & _LEFT[n_left[more] - 8]
    h2[more] ^= _scramble(left, _C2, 33, _C1)
    size = lengths.astype(np.uint64)
    h1 ^= size
    h2 ^= size
    h1 += h2
    h2 += h1
    _finish(h1)
    _finish(h2)
    h1 += h2
    h2 += h1
    hashes[:, 0], hashes[:, 1] = h1, h2


def _take_blocks(
    h1: NDArray[np.uint64],
    h2: NDArray[np.uint64],
    block1: NDArray[np.uint64],
    block2: NDArray[np.uint64],
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    h1 = _rotate64(h1 ^ _scramble(block1, _C1, 31, _C2), 27) + h2
    h1 = h1 * np.uint64(5) + np.uint64(0x52DCE729)
    h2 = _rotate64(h2 ^ _scramble(block2, _C2, 33, _C1), 31) + h1
    return h1, h2 * np.uint64(5) + np.uint64(0x38495AB5)


def _scramble(
    block: NDArray[np.uint64], factor: np.uint64, n_bits: int, factor_2: np.uint64
) -> NDArray[np.uint64]:
    block = _rotate64(block * factor, n_bits)
    block *= factor_2
    return block


def _finish(h: NDArray[np.uint64]) -> None:
    """Mix the bits of each value, in place."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53, 1):
        h ^= h >> np.uint64(33)
        if factor != 1:
            h *= np.uint64(factor)


def _rotate64(values: NDArray[np.uint64], n_bits: int) -> NDArray[np.uint64]:
    left = values << np.uint64(n_bits)
    left |= values >> np.uint64(64 - n_bits)
    return left
