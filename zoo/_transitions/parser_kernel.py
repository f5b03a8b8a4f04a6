"""Parse documents one after the other in compiled code.

Kernels read and write without checks of bounds: `parse_compiled` makes all arrays fit.
"""

import numpy as np

from .._compile import kernel

# As in `arc_eager`: a kernel uses nothing from other files. A test compares them.
RIGHT, LEFT, REDUCE, BREAK = 1, 2, 3, 4
START, PUT_BACK = 1, 2
ONE, MORE, NO_NEXT = 16, 32, 48


@kernel
def parse_documents(  # type: ignore[no-untyped-def]
    firsts, links, flat, offsets, penalties, only, kinds, UT, pieces
):
    """Parse the documents that begin at some rows; see `ParserRows` and `FewLanes`.

    Args:
        firsts: The first row of each document, (n_docs,).
        links: The arrays of `ParserRows`, (n_rows,) each: below, left, right, older,
            head, move, after, flags and nexts.
        flat: What tokens add as features, (n_features * n_rows, nP * nH).
        offsets: The first row of each feature in `flat`, (n_features,).
        penalties: What is added to scores, by the key of a state, (n_keys, nO).
        only: The only valid move, -1 if there are several, by key, (n_keys,).
        kinds: The kind of each move, (nO,).
        UT: The output layer, (nH, nO); (0, nO) if there is none.
        pieces: Of maxout. 0: one piece without a ReLU.
    """
    below, left, right, older, head, move, after, flags, nexts = links
    places = np.zeros(len(offsets), np.int64)
    sums = np.zeros(flat.shape[1], np.float32)
    hidden = np.zeros(flat.shape[1] // max(pieces, 1), np.float32)
    scores = np.zeros(penalties.shape[1], np.float32)
    for document in range(len(firsts)):
        front, top = firsts[document], 0
        while front or top:
            second, behind = below[top], after[front]
            key = flags[front]
            if top:
                key += MORE if second else ONE
            if not behind:
                key += NO_NEXT
            elif behind == front + 1:
                key += nexts[behind]
            best = only[key]
            if best < 0:
                places[0], places[1], places[2] = front, top, left[front]
                places[3], places[4], places[5] = left[top], behind, second
                places[6], places[7] = below[second], right[top]
                if len(places) > 8:
                    places[8], places[9] = right[second], left[second]
                    for i in range(3):
                        places[10 + i] = older[places[7 + i]]
                places += offsets
                _score(places, flat, penalties[key], UT, pieces, sums, hidden, scores)
                best = _argmax(scores)
            kind = kinds[best]
            if kind == LEFT:
                right[second] = older[top]
                head[top], move[top] = front, best
                older[top] = left[front]
                left[front] = top
                flags[front] &= ~PUT_BACK
                top = second
            elif kind == REDUCE:
                if second and not head[top]:
                    flags[top] |= PUT_BACK
                    after[top] = front
                    front = top
                top = second
            elif kind == BREAK:
                flags[behind] |= START
                nexts[behind] = 0
            else:
                older[front] = right[top]
                if kind == RIGHT:
                    head[front], move[front] = top, best
                    right[top] = front
                below[front] = top
                top = front
                front = behind


@kernel
def _score(  # type: ignore[no-untyped-def]
    places, flat, penalties, UT, pieces, sums, hidden, scores
):
    """Write the scores of a state, of which `places` are the rows of its features."""
    sums[:] = flat[places[0]]
    for i in range(1, len(places)):
        row = flat[places[i]]
        for j in range(len(sums)):
            sums[j] += row[j]
    nH = len(hidden)
    if pieces == 1:
        for j in range(nH):
            hidden[j] = max(sums[j], np.float32(0))
    else:
        hidden[:] = sums[:nH]
        for i in range(1, pieces):
            for j in range(nH):
                hidden[j] = max(hidden[j], sums[i * nH + j])
    if len(UT):
        scores[:] = penalties
        for i in range(nH):
            number, row = hidden[i], UT[i]
            for j in range(len(scores)):
                scores[j] += number * row[j]
    else:
        for j in range(len(scores)):
            scores[j] = hidden[j] + penalties[j]


@kernel
def _argmax(scores):  # type: ignore[no-untyped-def]
    """Return the place of the greatest number, the first of several."""
    best = 0
    for i in range(1, len(scores)):
        if scores[i] > scores[best]:
            best = i
    return best
