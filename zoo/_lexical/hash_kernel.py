"""Hash strings in compiled code.

The kernel reads and writes without checks of bounds: `hashing` makes all arrays fit.
"""

import numpy as np

from .._compile import kernel

# As in `hashing`: a kernel uses nothing from other files.
M, R = np.uint64(0xC6A4A7935BD1E995), np.uint64(47)
#: The bits that a byte of a block is shifted by, in turn.
BYTE = np.uint64(8)


@kernel
def hash_texts(text, ends, seed, hashes):  # type: ignore[no-untyped-def]
    """Hash strings with MurmurHash64A, as `hash_strings` says.

    Args:
        text: The bytes of all strings, one after the other, (n_bytes,) uint8.
        ends: Where each of them ends, (n_strings,).
        seed: Seed of the hash.
        hashes: Space for the hashes, (n_strings,) uint64.
    """
    start = 0
    for i in range(len(ends)):
        end = ends[i]
        h = seed ^ (np.uint64(end - start) * M)
        while start + 8 <= end:
            block = _read(text, start, start + 8) * M
            h = (h ^ ((block ^ (block >> R)) * M)) * M
            start += 8
        if start < end:
            h = (h ^ _read(text, start, end)) * M
            start = end
        h = (h ^ (h >> R)) * M
        hashes[i] = h ^ (h >> R)


@kernel
def _read(text, start, end):  # type: ignore[no-untyped-def]
    """Read up to eight bytes as a number, the first one as the lowest."""
    number, shift = np.uint64(0), np.uint64(0)
    for i in range(start, end):
        number |= np.uint64(text[i]) << shift
        shift += BYTE
    return number
