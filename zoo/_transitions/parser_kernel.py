"""Parse documents one after the other in compiled code.

Kernels read and write without checks of bounds: `parse_compiled` makes all arrays fit.
"""

import functools

import numpy as np

from .._compile import kernel

# As in `arc_eager`: a kernel uses nothing from other files. A test compares them.
RIGHT, LEFT, REDUCE, BREAK = 1, 2, 3, 4
START, PUT_BACK, INSIDE, NO_FRONT = 1, 2, 4, 8
ONE, MORE, NO_NEXT, MAY_START = 16, 32, 48, 96

#: Places of a state that almost every word is in at some time: the front of the buffer,
#: the top of the stack and the word behind the front.
MOST_NEEDED = (0, 1, 4)

#: For products, in which a sum and a product may be one instruction.
product_kernel = functools.partial(kernel, fastmath={"contract"})


@kernel
def parse_documents(  # type: ignore[no-untyped-def]
    lengths, presets, vectors, layer, moves, table, is_known, found, starts, is_moved
):
    """Parse documents, whose tokens are rows from 1 on; row 0 is that of no token.

    Args:
        lengths: Tokens of each document, (n_docs,).
        presets: What is known of the start of sentences, as in `ParserRows`; empty if
            nothing is.
        vectors: Of the tokens, (n_tokens, nI).
        layer: W, b and pad of `ScorerWeights`, (nF, nI, D), (D,) and (nF, D); U, the
            output layer with columns for no moves at its end, (nH, n_scores), (0,
            n_scores) if there is none; and pieces of maxout, 0 for one without a ReLU.
        moves: The number of the feature in each place of a state, (nF,); what is added
            to scores by the key of a state, (n_keys, n_scores); the only valid move by
            key, -1 if there are several, (n_keys,); the kind of each move, (nO,); and
            whether its label holds that of another head, (nO,).
        table: What tokens add as features, (nF * n_rows, D).
        is_known: Which of its rows are there, (nF * n_rows,). Others are filled in when
            they are needed.
        found: Space for the head of each row, within its document, and the number of
            its label, nO for that of a root, (2, n_rows).
        starts: Space for whether a row begins a sentence, (n_rows,).
        is_moved: Space for whether an arc of a document has a label of another head,
            (n_docs,).
    """
    W, b, pad, U, pieces = layer
    order, penalties, only, kinds, are_decorated = moves
    n_rows, n_features = len(starts), len(order)
    links = np.zeros((8, n_rows), np.int64)
    below, left, right, older = links[0], links[1], links[2], links[3]
    after, flags, nexts, roots = links[4], links[5], links[6], links[7]
    head, move = found[0], found[1]
    head[:] = 0
    flags[0] = NO_FRONT
    for feature in range(n_features):
        if not is_known[feature * n_rows]:
            is_known[feature * n_rows] = True
            table[feature * n_rows] = pad[feature]
            if feature == 0:
                table[0] += b
    offsets = order * n_rows
    places = np.zeros(n_features, np.int64)
    sums = np.zeros(table.shape[1], np.float32)
    hidden = np.zeros(table.shape[1] // max(pieces, 1), np.float32)
    scores = np.zeros(penalties.shape[1], np.float32)
    end = 1
    for document in range(len(lengths)):
        first, end = end, end + lengths[document]
        _open_buffer(first, end, presets, after, flags, nexts)
        for i in MOST_NEEDED:
            if first < end and not is_known[offsets[i] + first]:
                _fill(first, end, vectors, W[order[i]], offsets[i], table, is_known)
                if order[i] == 0:
                    for row in range(first, end):
                        table[row] += b
        front, top = first if first < end else 0, 0
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
                if n_features > 8:
                    places[8], places[9] = right[second], left[second]
                    for i in range(3):
                        places[10 + i] = older[places[7 + i]]
                for i in range(n_features):
                    row, place = places[i] - 1, places[i] + offsets[i]
                    places[i] = place
                    if not is_known[place]:
                        is_known[place] = True
                        table[place] = 0
                        if order[i] == 0:
                            table[place] = b
                        _add_product(vectors[row], W[order[i]], table[place])
                _score(places, table, penalties[key], U, pieces, sums, hidden, scores)
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
        _mark_starts(first, end, head, roots, starts)
        is_moved[document] = False
        for row in range(first, end):
            if not head[row]:
                head[row], move[row] = row, len(kinds)
            elif are_decorated[move[row]]:
                is_moved[document] = True
            head[row] -= first


@kernel
def _open_buffer(  # type: ignore[no-untyped-def]
    first, end, presets, after, flags, nexts
):
    """Put the words of a document into its buffer, with what is known of them."""
    for row in range(first, end):
        after[row] = row + 1 if row + 1 < end else 0
        nexts[row] = MAY_START
        preset = presets[row - 1] if len(presets) else 0
        if preset:
            flags[row] = START if preset > 0 else INSIDE
            nexts[row] = 0


@product_kernel
def _fill(  # type: ignore[no-untyped-def]
    first, end, vectors, W, offset, table, is_known
):
    """Fill in what the words of a document add as a feature, two rows at a time."""
    nI = W.shape[0]
    for row in range(first, end - 1, 2):
        x, y = vectors[row - 1], vectors[row]
        X, Y = table[offset + row], table[offset + row + 1]
        X[:] = 0
        Y[:] = 0
        for i in range(0, nI // 4 * 4, 4):
            a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
            e, f, g, h = y[i], y[i + 1], y[i + 2], y[i + 3]
            A, B, C, D = W[i], W[i + 1], W[i + 2], W[i + 3]
            for j in range(len(X)):
                X[j] += (a * A[j] + b * B[j]) + (c * C[j] + d * D[j])
                Y[j] += (e * A[j] + f * B[j]) + (g * C[j] + h * D[j])
        for i in range(nI // 4 * 4, nI):
            a, e, A = x[i], y[i], W[i]
            for j in range(len(X)):
                X[j] += a * A[j]
                Y[j] += e * A[j]
    if (end - first) % 2:
        table[offset + end - 1] = 0
        _add_product(vectors[end - 2], W, table[offset + end - 1])
    is_known[offset + first : offset + end] = True


@kernel
def _mark_starts(first, end, head, roots, starts):  # type: ignore[no-untyped-def]
    """Write which words begin a sentence, which is all that hangs on one root."""
    for row in range(first, end):
        top = row
        while head[top] and not roots[top]:
            top = head[top]
        root = roots[top] if roots[top] else top
        roots[top] = root
        here = row
        while here != top:  # No word is gone over again from others.
            roots[here] = root
            here = head[here]
        # Arcs do not cross, so that the words of a root are neighbours.
        starts[row] = row == first or root != roots[row - 1]


@product_kernel
def _score(  # type: ignore[no-untyped-def]
    places, table, penalties, U, pieces, sums, hidden, scores
):
    """Write the scores of a state, of which `places` are the rows of its features."""
    sums[:] = table[places[0]]
    for i in range(1, len(places)):
        row = table[places[i]]
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
    if len(U):
        scores[:] = penalties
        _add_product(hidden, U, scores)
    else:
        for j in range(len(scores)):
            scores[j] = hidden[j] + penalties[j]


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
def _argmax(scores):  # type: ignore[no-untyped-def]
    """Return the place of the greatest number, the first of several."""
    best = 0
    for i in range(1, len(scores)):
        if scores[i] > scores[best]:
            best = i
    return best
