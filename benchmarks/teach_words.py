"""Teach the embedding of an encoder what words are like, a word at a time.

Used by pretrain_encoders.py as its first stage, because it is cheap: a word is learned
once, not at each of its occurrences. The targets of a word are two vectors:

- that of the teacher, a transformer that encodes the word alone;
- one of its neighbours in the text, at most two words to either side: the square roots
  of their probabilities, reduced by a singular value decomposition (Lebret and
  Collobert 2014, https://arxiv.org/abs/1312.5542).
"""

import gzip
import json
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from thinc.api import Adam, Model

from zoo import Tokenizer

#: Frequent words that are told apart as neighbours; all others are one.
N_CONTEXTS = 1000
#: Where neighbours stand.
OFFSETS = (-2, -1, 1, 2)
#: Width of the reduced vectors of neighbours.
WIDTH = 128
#: Words that are learned at a time, updates, and the first and last learning rate.
BATCH, UPDATES, RATES = 2000, 800, (0.01, 0.0005)

Array = np.ndarray[Any, Any]


def count_neighbours(
    texts: Path, n_texts: int, min_count: int
) -> tuple[list[str], Array, Array]:
    """Count the neighbours of words.

    Returns:
        The frequent words, how often they occur, and their reduced vectors of
        neighbours, (n_words, WIDTH), each of length one.
    """
    tokenizer, ids = Tokenizer(), {"": 0}
    parts = []
    with gzip.open(texts, "rt", encoding="utf8") as file:
        for line in islice(file, n_texts):
            words = tokenizer(json.loads(line)["text"]).words
            parts.append([ids.setdefault(word, len(ids)) for word in words])
    gap = [0] * max(OFFSETS)  # Between texts.
    stream = np.array([i for part in parts for i in (*part, *gap)], dtype=np.int32)
    names, counts = list(ids), np.bincount(stream, minlength=len(ids))
    counts[0] = 0
    lower = Counter[str]()
    for name, count in zip(names, counts.tolist(), strict=True):
        lower[name.lower()] += count
    rank = {w: i for i, (w, _) in enumerate(lower.most_common(N_CONTEXTS))}
    context = np.array([rank.get(name.lower(), N_CONTEXTS) for name in names])
    context[0] = N_CONTEXTS + 1
    kept = np.flatnonzero(counts >= min_count)
    kept = kept[np.argsort(-counts[kept], kind="stable")]
    matrix = _count(stream, context, kept, len(names))
    return [names[i] for i in kept], counts[kept], _reduce(matrix)


def _count(stream: Array, context: Array, kept: Array, n_names: int) -> Any:
    """Return the square roots of the probabilities of neighbours, a row for a word."""
    row_of = np.full(n_names, -1)
    row_of[kept] = np.arange(len(kept))
    blocks = []
    for offset in OFFSETS:
        here = np.arange(max(OFFSETS), len(stream) - max(OFFSETS))
        here = here[row_of[stream[here]] >= 0]
        rows, columns = row_of[stream[here]], context[stream[here + offset]]
        ones, shape = np.ones(len(rows), "f"), (len(kept), N_CONTEXTS + 2)
        block = sparse.coo_matrix((ones, (rows, columns)), shape=shape).tocsr()
        sums = np.asarray(block.sum(axis=1)).ravel()
        blocks.append(sparse.diags(1 / np.maximum(sums, 1)).astype("f") @ block)
    return sparse.hstack(blocks).tocsr().sqrt()


def _reduce(matrix: Any) -> Array:
    """Return the first singular vectors, times their values, in rows of length one."""
    draw = np.random.default_rng(0)
    guess = draw.normal(size=(matrix.shape[1], WIDTH + 20)).astype("f")
    for _ in range(2):
        basis, _ = np.linalg.qr(matrix @ guess)
        guess = matrix.T @ basis
    U, values, _ = np.linalg.svd(np.asarray(guess).T, full_matrices=False)
    vectors = (basis @ U[:, :WIDTH]) * values[:WIDTH] ** 0.5
    vectors -= vectors.mean(axis=0)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def teach(embed: Model[Any, Any], words: list[str], counts: Array, T: Array) -> float:
    """Train an embedding to predict targets by a linear layer; return the last loss.

    Words are drawn by the square roots of their counts.
    """
    draw = np.random.default_rng(0)
    share = np.sqrt(counts) / np.sqrt(counts).sum()
    # Each update sees a word once, however often it was drawn.
    width = embed.get_dim("nO")
    W, optimizer = np.zeros((width, T.shape[1]), "f"), Adam(RATES[0], L2=0.0)
    loss = 0.0
    for update in range(UPDATES):
        optimizer.learn_rate = np.interp(update, (0, UPDATES), RATES)
        chosen = np.unique(draw.choice(len(words), size=BATCH, p=share))
        Y, backprop = embed([[words[i] for i in chosen]], is_train=True)
        X = Y.dataXd
        d = (X @ W - T[chosen]) / 10
        loss = 0.99 * loss + 0.01 * float((d * d).sum(axis=1).mean()) * 100
        Y.data = d @ W.T
        backprop(Y)
        W, _ = optimizer((0, "W"), W, X.T @ d)
        embed.finish_update(optimizer)
        if update % 100 == 99:
            mean = loss / (1 - 0.99 ** (update + 1))
            print(f"{update + 1} updates, loss {mean:.4f}, at first 2", flush=True)
    return loss / (1 - 0.99**UPDATES)
