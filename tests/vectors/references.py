"""Hash and cut words by slow loops over characters and bytes."""

MASK = 2**64 - 1


C1, C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def rotate(x, n):
    return (x << n | x >> 64 - n) & MASK


def finish(h):
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = (h ^ h >> 33) * factor & MASK
    return h ^ h >> 33


def slow_hash(string, seed):
    """MurmurHash3_x64_128, block by block."""
    h1 = h2 = seed
    n_whole = len(string) // 16 * 16
    for start in range(0, len(string), 16):
        k1 = int.from_bytes(string[start : start + 8], "little")
        k2 = int.from_bytes(string[start + 8 : start + 16], "little")
        k1 = rotate(k1 * C1 & MASK, 31) * C2 & MASK
        k2 = rotate(k2 * C2 & MASK, 33) * C1 & MASK
        h1, h2 = h1 ^ k1, h2 ^ k2
        if start < n_whole:
            # The second half is taken in after the first, which is mixed with it.
            h1 = (rotate(h1, 27) + (h2 ^ k2) & MASK) * 5 + 0x52DCE729 & MASK
            h2 = (rotate(h2, 31) + h1 & MASK) * 5 + 0x38495AB5 & MASK
    h1, h2 = h1 ^ len(string), h2 ^ len(string)
    h1 = h1 + h2 & MASK
    h2 = h2 + h1 & MASK
    h1, h2 = finish(h1), finish(h2)
    h1 = h1 + h2 & MASK
    return h1, h2 + h1 & MASK


def slow_grams(word, minn, maxn):
    """The n-grams of floret: the word, then by their first character."""
    word = f"<{word}>"
    grams = [word]
    for start in range(len(word)):
        for n in range(max(1, minn), maxn + 1):
            is_mark = n == 1 and start in (0, len(word) - 1)
            if start + n <= len(word) and not is_mark:
                grams.append(word[start : start + n])
    return grams


def slow_rows(table, word):
    settings, rows = table.settings, []
    for gram in slow_grams(word, settings["minn"], settings["maxn"]):
        h1, h2 = slow_hash(gram.encode("utf8", "surrogatepass"), settings["hash_seed"])
        halves = [h1 & 0xFFFFFFFF, h1 >> 32, h2 & 0xFFFFFFFF, h2 >> 32]
        rows += [half % table.shape[0] for half in halves[: settings["hash_count"]]]
    return rows
