"""Hash slowly and plainly, to compare with."""

M = 0xC6A4A7935BD1E995
MASK = 2**64 - 1


def slow_hash(string: bytes, seed: int = 1) -> int:
    h = seed ^ (len(string) * M & MASK)
    n_whole = len(string) // 8 * 8
    for start in range(0, n_whole, 8):
        k = int.from_bytes(string[start : start + 8], "little") * M & MASK
        k = (k ^ k >> 47) * M & MASK
        h = (h ^ k) * M & MASK
    if n_whole < len(string):
        h = (h ^ int.from_bytes(string[n_whole:], "little")) * M & MASK
    h = (h ^ h >> 47) * M & MASK
    return h ^ h >> 47


def slow_hash_of_key(key: int, seed: int) -> int:
    """Hash the eight bytes of a key with MurmurHash3_x86_32."""

    def rotate(value: int, n_bits: int) -> int:
        return (value << n_bits | value >> 32 - n_bits) & 0xFFFFFFFF

    h = seed
    for block in (key & 0xFFFFFFFF, key >> 32):
        k = rotate(block * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF
        h = rotate(h ^ k, 13) * 5 + 0xE6546B64 & 0xFFFFFFFF
    h ^= 8
    h = (h ^ h >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    h = (h ^ h >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return h ^ h >> 16
