"""Find entities word by word in compiled code.

Kernels read and write without checks of bounds: `find_compiled` makes all arrays fit.
"""

import numpy as np

from .._compile import kernel

# As in `find_compiled`: what is known of a word, as parts of one sum.
IS_SPACE, IS_CUT, IS_KNOWN = 1, 2, 4


@kernel
def find_entities(  # type: ignore[no-untyped-def]
    vectors, first, known, W, rests, outer, UT, c, on_end, inner, pieces, found
):
    """Find the entities of all documents; see `EntityLimits` and `OpenEntities`.

    Args:
        vectors: Of the tokens, (n_tokens, nI).
        first: What they add as the first feature, (n_tokens, nP * nH).
        known: What is known of each, a sum of the constants above, (n_tokens,).
        W: The weights of the features, (n_features, nI, nP * nH).
        rests: The bias, with what stands for the features from a number on,
            (n_features + 1, nP * nH).
        outer: For each move that is possible outside of entities, (n_outer, 3): its
            row in the hidden vector if that holds the scores, its label, -1 for none,
            and whether it begins an entity of several words.
        UT, c: The output layer of these moves, (nH, n_outer) and (n_outer,); (0,
            n_outer) if there is none.
        on_end: For each label the moves that go on with an entity and end it,
            (n_labels, 2).
        inner: The output layer of all moves, and their bias, (nO, nH + 1); no rows if
            there is none.
        pieces: Of maxout. 0: one piece without a ReLU.
        found: Space for the starts, ends and labels of entities, (3, n_tokens).

    Returns:
        How many were found.
    """
    D = first.shape[1]
    sums, fixed = np.zeros(D, np.float32), np.zeros(D, np.float32)
    hidden = np.zeros(D // max(pieces, 1), np.float32)
    scores = np.zeros(len(outer), np.float32)
    count, here, n_tokens = 0, 0, len(first)
    while here < n_tokens:
        start, label, begins = here, -1, False
        if not known[here] & IS_KNOWN:
            for i in range(D):
                sums[i] = first[here, i] + rests[1, i]
            _activate(sums, hidden, pieces)
            best = _choose_outer(hidden, known[here], outer, UT, c, scores)
            label, begins = outer[best, 1], outer[best, 2] != 0
        here += 1
        if label < 0:
            continue
        if begins:
            on, end = on_end[label, 0], on_end[label, 1]
            here = _follow(
                vectors,
                first,
                known,
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


@kernel
def _choose_outer(  # type: ignore[no-untyped-def]
    hidden, known, outer, UT, c, scores
):
    """Return the place in `outer` of the best valid move, the first of several."""
    if len(UT):
        scores[:] = c
        for i in range(len(hidden)):
            number, row = hidden[i], UT[i]
            for j in range(len(scores)):
                scores[j] += number * row[j]
    else:
        for j in range(len(scores)):
            scores[j] = hidden[outer[j, 0]]
    is_space, is_cut = known & IS_SPACE, known & IS_CUT
    best = -1
    for j in range(len(scores)):
        if outer[j, 1] >= 0 and (is_space or (is_cut and outer[j, 2])):
            continue
        if best < 0 or scores[j] > scores[best]:
            best = j
    return best


@kernel
def _follow(  # type: ignore[no-untyped-def]
    vectors, first, known, W, rests, inner, start, on, end, pieces, sums, fixed, hidden
):
    """Return the row behind an entity that begins at `start`."""
    n_features, nH = len(W), len(hidden)
    is_long = n_features > 3
    here, n_seen = start + 1, 1
    fixed[:] = 0
    _add_product(vectors[start], W[1], fixed)
    while True:
        if known[here] & IS_CUT:  # The last one of a document is.
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


@kernel
def _add_product(x, W, sums):  # type: ignore[no-untyped-def]
    """Add ``x @ W`` to sums."""
    for i in range(len(x)):
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
