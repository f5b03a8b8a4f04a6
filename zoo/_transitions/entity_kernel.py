"""Find entities word by word in compiled code.

Kernels read and write without checks of bounds: `find_compiled` makes all arrays fit.
"""

import functools

import numpy as np

from .._compile import kernel

#: For products, in which a sum and a product may be one instruction.
product_kernel = functools.partial(kernel, fastmath={"contract"})


@kernel
def find_entities(  # type: ignore[no-untyped-def]
    vectors, first, limits, W, rests, outer, UT, c, on_end, inner, pieces, found
):
    """Find the entities of all documents; see `EntityLimits` and `OpenEntities`.

    Args:
        vectors: Of the tokens, (n_tokens, nI).
        first: What they add as the first feature, (n_tokens, nP * nH).
        limits: The arrays of `EntityLimits`: is_space, is_cut and is_known, (n_tokens,)
            each.
        W: The weights of the features, (n_features, nI, nP * nH).
        rests: The bias, with what stands for the features from a number on,
            (n_features + 1, nP * nH).
        outer: For each move that is possible outside of entities, (n_outer, 3): its
            row in the hidden vector if that holds the scores, its label, -1 for none,
            and whether it begins an entity of several words.
        UT, c: The output layer of these moves, with columns for no moves at its end,
            (nH, n_scores) and (n_scores,); (0, n_scores) if there is none.
        on_end: For each label the moves that go on with an entity and end it,
            (n_labels, 2).
        inner: The output layer of all moves, and their bias, (nO, nH + 1); no rows if
            there is none.
        pieces: Of maxout. 0: one piece without a ReLU.
        found: Space for the starts, ends and labels of entities, (3, n_tokens).

    Returns:
        How many were found.
    """
    is_space, is_cut, is_known = limits
    D = first.shape[1]
    sums, fixed = np.zeros(D, np.float32), np.zeros(D, np.float32)
    hidden = np.zeros(D // max(pieces, 1), np.float32)
    scores = np.zeros(len(c), np.float32)
    count, here, n_tokens = 0, 0, len(first)
    while here < n_tokens:
        start, label, begins = here, -1, False
        if not is_known[here]:
            for i in range(D):
                sums[i] = first[here, i] + rests[1, i]
            _activate(sums, hidden, pieces)
            _score_outer(hidden, outer, UT, c, scores)
            ends = is_cut[here] or here + 1 == n_tokens
            best = _choose_outer(is_space[here], ends, outer, scores)
            label, begins = outer[best, 1], outer[best, 2] != 0
        here += 1
        if label < 0:
            continue
        if begins:
            on, end = on_end[label, 0], on_end[label, 1]
            here = _follow(
                vectors,
                first,
                is_cut,
                W,
                rests,
                inner,
                start,
                on,
                end,
                pieces,
                sums,
                fixed,
                hidden,
            )
        found[0, count], found[1, count], found[2, count] = start, here, label
        count += 1
    return count


@product_kernel
def _score_outer(hidden, outer, UT, c, scores):  # type: ignore[no-untyped-def]
    """Write the scores of the moves in `outer`."""
    if len(UT):
        scores[:] = c
        _add_product(hidden, UT, scores)
    else:
        for j in range(len(outer)):
            scores[j] = hidden[outer[j, 0]]


@kernel
def _choose_outer(is_space, is_cut, outer, scores):  # type: ignore[no-untyped-def]
    """Return the place in `outer` of the best valid move, the first of several."""
    best = -1
    for j in range(len(outer)):
        if outer[j, 1] >= 0 and (is_space or (is_cut and outer[j, 2])):
            continue
        if best < 0 or scores[j] > scores[best]:
            best = j
    return best


@product_kernel
def _follow(  # type: ignore[no-untyped-def]
    vectors, first, is_cut, W, rests, inner, start, on, end, pieces, sums, fixed, hidden
):
    """Return the row behind an entity that begins at `start`."""
    n_features, nH = len(W), len(hidden)
    is_long = n_features > 3
    here, n_seen = start + 1, 1
    fixed[:] = 0
    _add_product(vectors[start], W[1], fixed)
    while True:
        # The last one of a document is.
        if is_cut[here] or here + 1 == len(is_cut):
            return here + 1
        rest = rests[n_seen + 1 if is_long else n_features]
        for i in range(len(sums)):
            sums[i] = first[here, i] + fixed[i] + rest[i]
        if not is_long:
            _add_product(vectors[here - 1], W[2], sums)
        _activate(sums, hidden, pieces)
        if len(inner):
            score_on, score_end = inner[on, nH], inner[end, nH]
            for i in range(nH):
                score_on += hidden[i] * inner[on, i]
                score_end += hidden[i] * inner[end, i]
        else:
            score_on, score_end = hidden[on], hidden[end]
        if score_end > score_on or (score_end == score_on and end < on):
            return here + 1
        here += 1
        if is_long and n_seen + 1 < n_features:
            n_seen += 1
            _add_product(vectors[start + n_seen - 1], W[n_seen], fixed)


@product_kernel
def _add_product(x, W, sums):  # type: ignore[no-untyped-def]
    """Add ``x @ W`` to sums, four rows of W at a time."""
    n = len(x) // 4 * 4
    for i in range(0, n, 4):
        a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
        A, B, C, D = W[i], W[i + 1], W[i + 2], W[i + 3]
        for j in range(len(sums)):
            sums[j] += (a * A[j] + b * B[j]) + (c * C[j] + d * D[j])
    for i in range(n, len(x)):
        number, row = x[i], W[i]
        for j in range(len(sums)):
            sums[j] += number * row[j]


@kernel
def _activate(sums, hidden, pieces):  # type: ignore[no-untyped-def]
    """Write the hidden vector of sums of features."""
    nH = len(hidden)
    if pieces == 1:
        for j in range(nH):
            hidden[j] = max(sums[j], np.float32(0))
        return
    for j in range(nH):
        hidden[j] = sums[j]
    for i in range(1, pieces):
        for j in range(nH):
            hidden[j] = max(hidden[j], sums[i * nH + j])
