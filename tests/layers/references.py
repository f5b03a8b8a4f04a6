"""Compute what layers compute, slowly and plainly, to compare with."""

from collections import Counter
from itertools import product

import numpy as np

from tests.layers.builders import as_doubles
from tests.lexical.references import slow_hash
from zoo._lexical.attributes import VALUES, string_ids
from zoo.doc import words_and_norms

MASK = 2**64 - 1
#: How each pooling treats the rows of a document.
LOOPS = {
    "first": lambda rows: rows[0],
    "last": lambda rows: rows[-1],
    "max": lambda rows: rows.max(axis=0),
    "mean": lambda rows: rows.mean(axis=0),
    "sum": lambda rows: rows.sum(axis=0),
}


def transform_slowly(model, X):
    """Transform a row at a time, in float64."""
    p = as_doubles(model)
    rows = []
    for x in X.astype("d"):
        best = [max(w @ x + b) for w, b in zip(p["W"], p["b"], strict=True)]
        centred = best - np.mean(best)
        rows.append(centred / np.sqrt(np.var(best) + 1e-8) * p["G"] + p["beta"])
    return np.reshape(rows, (-1, len(p["G"])))


def transform_mish_slowly(model, X):
    """Transform a row at a time, in float64."""
    p = as_doubles(model)
    rows = []
    for x in X.astype("d"):
        z = p["W"] @ x + p["b"]
        y = z * np.tanh(np.log1p(np.exp(z)))
        centred = y - np.mean(y)
        rows.append(centred / np.sqrt(np.var(y) + 1e-8) * p["G"] + p["beta"])
    return np.reshape(rows, (-1, len(p["G"])))


def hash_slowly(key, seed):
    """Hash a key to four 32-bit numbers, by MurmurHash3_x64_128 of its 8 bytes."""

    def mix(h):
        h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & MASK
        h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & MASK
        return h ^ h >> 33

    k = key * 0x87C37B91114253D5 & MASK
    k = (k << 31 | k >> 33) & MASK
    a = k * 0x4CF5AD432745937F & MASK ^ seed ^ 8
    b = seed ^ 8
    a = a + b & MASK
    b = a + b & MASK
    a, b = mix(a), mix(b)
    a = a + b & MASK
    b = a + b & MASK
    return [a & 0xFFFFFFFF, a >> 32, b & 0xFFFFFFFF, b >> 32]


def join_slowly(model, tables, batch):
    """Lay what the tables give for a token side by side, in float64."""
    rows = []
    for doc in batch:
        words, norms = words_and_norms(doc)
        for i, word in enumerate(words):
            parts = []
            for j, (name, table) in enumerate(
                zip(model.attrs["features"], tables, strict=True)
            ):
                value = VALUES[name](word)
                if name == "NORM" and norms and norms[i]:
                    value = norms[i]
                E = as_doubles(table)["E"]
                hashed = hash_slowly(int(string_ids([value])[0]), 8 + j)
                parts.append(sum(E[h % len(E)] for h in hashed))
            rows.append(np.concatenate(parts))
    return np.reshape(rows, (-1, model.get_dim("nO") * len(tables)))


def embed_slowly(model, batch):
    """Embed a token at a time, in float64."""
    *tables, mix = model.layers
    return transform_slowly(mix, join_slowly(model, tables, batch))


def project_slowly(W, table, batch):
    """Project the vector of a token at a time, in float64; zeros without one."""
    words = [word for doc in batch for word in words_and_norms(doc)[0]]
    known = [word in table.rows for word in words]
    data = [table.data[table.rows.get(word, 0)] for word in words]
    rows = [W @ v if k else 0 * W[:, 0] for v, k in zip(data, known, strict=True)]
    return np.reshape(rows, (-1, len(W)))


def pick_slowly(word, n_bytes):
    """Take bytes from the front and the back of a word in turn, while there are any."""
    left = list(word.encode("utf8", "surrogatepass"))
    picked = []
    for i in range(n_bytes):
        picked.append(left.pop(0 if i % 2 == 0 else -1) if left else 255)
    return picked


def embed_bytes_slowly(model, batch):
    """Embed a byte at a time, in float64."""
    E = as_doubles(model)["E"]
    nC, _, nM = E.shape
    words = [word for doc in batch for word in words_and_norms(doc)[0]]
    rows = [
        np.concatenate([E[i, byte] for i, byte in enumerate(pick_slowly(word, nC))])
        for word in words
    ]
    return np.reshape(rows, (-1, nC * nM))


def count_slowly(doc, size, prefixes=()):
    """Count the keys of n-grams, a window at a time, and of prefixes of a document."""
    words = words_and_norms(doc)[0]
    ids = [int(string_ids([word])[0]) for word in words]
    found = Counter(ids)
    for n in range(2, size + 1):
        for start in range(len(ids) - n + 1):
            window = np.array(ids[start : start + n], "<u8")
            found[slow_hash(window.tobytes(), seed=0)] += 1
    for word, length in product(map(str.lower, words), prefixes):
        if len(word) > length:
            prefix = word[:length].encode("utf8", "surrogatepass")
            found[slow_hash(prefix, seed=2)] += 1
    return found


def encode_slowly(model, tokens):
    """Encode one document a row at a time, in float64, as spaCy does.

    Its padding starts as zeros and passes through the blocks. Only beyond the padding
    do windows see zeros in every block.
    """
    size, depth = model.attrs["window_size"], len(model.layers)
    padding = np.zeros((size * depth, tokens.shape[1]))
    beyond = np.zeros((size, tokens.shape[1]))
    rows = np.concatenate([padding, tokens.astype("d"), padding])
    for block in model.layers:
        wide = np.concatenate([beyond, rows, beyond])
        windows = [wide[i : i + 2 * size + 1].ravel() for i in range(len(rows))]
        rows = rows + transform_slowly(block, np.array(windows))
    return rows[size * depth :][: len(tokens)]


def activate_slowly(z, is_exclusive):
    """Compute the softmax of scores, or the logistic function of each."""
    e = np.exp(z - z.max())
    return e / e.sum() if is_exclusive else 1 / (1 + np.exp(-z))


def pool_slowly(model, sequences):
    """Pool a sequence at a time, in float64."""
    Q = as_doubles(model)["Q"]
    rows = []
    for X in sequences:
        K = X.astype("d")
        for keys in map(as_doubles, model.layers):  # The approximation of Thinc's Gelu.
            Z = K @ keys["W"].T + keys["b"]
            K = Z / (1 + np.exp(-np.sqrt(8 / np.pi) * (Z + 0.044715 * Z**3)))
        e = np.exp(np.clip(K @ Q, -20, 20))
        rows.append((e / e.sum()) @ X if len(X) else np.zeros(len(Q)))
    return np.reshape(rows, (-1, len(Q)))
