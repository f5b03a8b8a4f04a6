"""Walk through documents to learn a parser, in compiled code.

Kernels read and write without checks of bounds: `walk_compiled` makes all arrays fit.
What they compute is what `ParserRows`, `CostKeeper` and `TrainingSteps` do.
"""

import numpy as np

from .._compile import kernel

# As in `arc_eager`: a kernel uses nothing from other files. A test compares them.
SHIFT, RIGHT, LEFT, REDUCE, BREAK = 0, 1, 2, 3, 4
START, PUT_BACK = 1, 2
ONE, MORE, NO_NEXT = 16, 32, 48
INVALID = 9000
#: Where the counts of a state are: its key, and those of `parser_costs.FACTS`.
KEY, PUSH, POP, BELOW, WAITS = 0, 1, 2, 3, 4
#: Behind the costs of kinds: the moves of gold arcs, -1 for none.
LEFT_MOVE, RIGHT_MOVE = 5, 6


@kernel
def walk(  # type: ignore[no-untyped-def]
    alive, n_left, n_steps, walks, signs, links, marks, kids, gold, moves, scorer, out
):
    """Make moves in all walks at once, step by step, and write down their states.

    Args:
        alive: The numbers of the walks that are not over, in order, (n_walks,).
        n_left: How many moves each walk may still make, (n_walks,).
        n_steps: How many are made now at most.
        walks: front, top, unread and between, as of `Walks`, (n_walks,) each.
        signs: is_odd and pushed of them.
        links: below, left, right, older, head, move, after, depth, flags and nexts, as
            of `ParserRows`, (n_rows,) each.
        marks: in_stack and was_put_back of `CostKeeper`, (n_rows,) each.
        kids: kids_in_stack and kids_put_back of it.
        gold: tokens, heads, parents, parent_tokens, lefts, rights and sentences of
            `Windows`, (n_rows,) each; kids of `ParserGold`, and next_starts of
            `CostKeeper`.
        moves: The kind of each move, and which kinds are valid by key, (n_keys, 5).
        scorer: What tokens add as features, (n_features * n_tokens, nP * nH); the first
            row of each feature in it; the output layer, (nH, nO), or (0, nO); its bias;
            masks of dropout, (n_states, nH), or (0, nH); and the pieces of maxout, 0
            for one without a ReLU. No features: the best moves are made, and no states
            are written.
        out: Of states: features, (n_features, n), hidden, winners, scores and whether
            each move is right, (n, ...); of the last, one row if nothing is scored.

    Returns:
        The number of states, and how many walks are not over.
    """
    front, top = walks[0], walks[1]
    is_scored = len(scorer[1]) > 0
    features, hidden, winners, scores, is_gold = out
    facts, costs = np.zeros(5, np.int64), np.zeros(7, np.int64)
    places = np.zeros(13, np.int64)
    sums = np.zeros(scorer[0].shape[1], np.float32)
    n, n_alive = 0, len(alive)
    for _ in range(n_steps):
        if not n_alive or (is_scored and n + n_alive > len(is_gold)):
            break
        n_kept = 0
        for place in range(n_alive):
            w = alive[place]
            _count(w, walks, signs, links, marks, kids, gold, facts)
            _cost(w, walks, links, gold, moves[1], facts, costs)
            least = costs[:5].min()
            if is_scored:
                _find(front[w], top[w], links, gold[0], places)
                features[:, n] = places[: len(features)]
                _score(n, places, scorer, sums, hidden, winners, scores)
                _compare(costs, min(least, 1), moves[0], is_gold[n])
                best = _choose(scores[n], moves, facts[KEY])
                n += 1
            else:
                _compare(costs, max(least, 0), moves[0], is_gold[0])
                best = _first(is_gold[0])
            _note(w, moves[0][best], walks, signs, links, marks, kids, gold, facts)
            _make(w, best, moves[0][best], walks, links)
            n_left[w] -= 1
            if (front[w] or top[w]) and n_left[w]:
                alive[n_kept] = w
                n_kept += 1
        n_alive = n_kept
    return n, n_alive


@kernel
def _count(  # type: ignore[no-untyped-def]
    w, walks, signs, links, marks, kids, gold, facts
):
    """Find which moves are valid, and count the gold arcs that are still possible."""
    front, top, unread = walks[0][w], walks[1][w], walks[2][w]
    below, after, flags, nexts = links[0], links[6], links[8], links[9]
    in_stack, was_put_back = marks
    kids_in_stack, kids_put_back = kids
    tokens, parents, parent_tokens = gold[0], gold[2], gold[3]
    all_kids, next_starts = gold[7], gold[8]
    behind = after[front]
    key = flags[front]
    if top:
        key += MORE if below[top] else ONE
    if not behind:
        key += NO_NEXT
    elif behind == front + 1:
        key += nexts[behind]
    first, stop = tokens[unread], 0
    is_start = unread != 0 and flags[unread] & START != 0
    if is_start:
        stop = first
    elif unread and unread + 1 < len(flags) and flags[unread + 1] & START:
        stop = first + 1
    elif unread:
        stop = next_starts[first]
    above = parents[front]
    facts[KEY] = key
    facts[PUSH] = kids_in_stack[front] + in_stack[above]
    waits = first <= parent_tokens[front] < stop or was_put_back[above]
    above = parents[top]
    facts[BELOW] = kids_in_stack[top] + in_stack[above]
    pop = kids_put_back[top]
    pop += first <= parent_tokens[top] < stop or was_put_back[above]
    if top:
        base = tokens[top] * (2 * (len(next_starts) - 1))
        pop += _count_below(all_kids, base + stop)
        pop -= _count_below(all_kids, base + first)
    if signs[1][w]:
        walks[3][w] += pop
    if is_start and not was_put_back[front]:
        walks[3][w] = 0
    if signs[0][w]:
        _count_odd(w, first, stop, walks, links, marks, gold, facts)
    else:
        facts[POP], facts[WAITS] = pop, waits


@kernel
def _count_below(values, limit):  # type: ignore[no-untyped-def]
    """Count the values below a limit, which are sorted."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _count_odd(  # type: ignore[no-untyped-def]
    w, first, stop, walks, links, marks, gold, facts
):
    """Count the same word by word, where a word that was put back is a start."""
    front, top = walks[0][w], walks[1][w]
    after, flags, was_put_back = links[6], links[8], marks[1]
    end = front
    while was_put_back[end] and not flags[end] & START:
        end = after[end]
    if was_put_back[end]:  # What is unread is behind a start.
        first = stop = 0
    facts[POP] = _arcs(top, front, end, first, stop, after, gold) if top else 0
    facts[WAITS] = front != 0 and _waits(front, front, end, first, stop, after, gold)
    total, row = 0, top
    while row:
        total += _arcs(row, front, end, first, stop, after, gold)
        row = links[0][row]
    walks[3][w] = total


@kernel
def _waits(  # type: ignore[no-untyped-def]
    row, front, end, first, stop, after, gold
):
    """Return whether the gold head of a row is in the buffer, from front to end."""
    parents, parent_tokens = gold[2], gold[3]
    found = first <= parent_tokens[row] < stop
    word = front
    while word != end:
        found = found or parents[row] == word
        word = after[word]
    return found


@kernel
def _arcs(row, front, end, first, stop, after, gold):  # type: ignore[no-untyped-def]
    """Count the gold arcs between a row and the buffer."""
    tokens, parents, all_kids, next_starts = gold[0], gold[2], gold[7], gold[8]
    base = tokens[row] * (2 * (len(next_starts) - 1))
    count = _count_below(all_kids, base + stop) - _count_below(all_kids, base + first)
    count += _waits(row, front, end, first, stop, after, gold)
    word = front
    while word != end:
        count += parents[word] == row
        word = after[word]
    return count


@kernel
def _cost(w, walks, links, gold, valid, facts, costs):  # type: ignore[no-untyped-def]
    """Write what each kind of move costs, and the moves that make gold arcs."""
    front, top = walks[0][w], walks[1][w]
    second, behind, head = links[0][top], links[6][front], links[4][top]
    heads, lefts, rights, sentences = gold[1], gold[4], gold[5], gold[6]
    key, push, pop, below = facts[KEY], facts[PUSH], facts[POP], facts[BELOW]
    starts = sentences[behind]
    is_left = front != 0 and heads[top] == front
    is_right = top != 0 and heads[front] == top
    costs[SHIFT] = push + (valid[key, BREAK] and starts > 0)
    costs[REDUCE] = 0
    if not key & START:
        costs[REDUCE] = pop - (0 if head else below)
    costs[LEFT] = pop - is_left
    costs[LEFT] += (heads[top] == second) if head else below
    costs[RIGHT] = costs[SHIFT] - is_right
    if not is_right and not key & PUT_BACK:
        costs[RIGHT] += facts[WAITS]
    costs[BREAK] = walks[3][w] - push + (starts < 0)
    for kind in range(5):
        if not valid[key, kind]:
            costs[kind] = INVALID
    costs[LEFT_MOVE] = lefts[top] if is_left else -1
    costs[RIGHT_MOVE] = rights[front] if is_right else -1


@kernel
def _compare(costs, most, kinds, is_gold):  # type: ignore[no-untyped-def]
    """Write which moves cost at most so much."""
    left, right = costs[LEFT_MOVE], costs[RIGHT_MOVE]
    for i in range(len(kinds)):
        kind = kinds[i]
        is_gold[i] = costs[kind] <= most
        if kind == LEFT and left >= 0:
            is_gold[i] &= i == left
        elif kind == RIGHT and right >= 0:
            is_gold[i] &= i == right


@kernel
def _find(front, top, links, tokens, places):  # type: ignore[no-untyped-def]
    """Write the features of a state as tokens."""
    below, left, right, older, after = links[0], links[1], links[2], links[3], links[6]
    second = below[top]
    places[0], places[1], places[2] = front, top, left[front]
    places[3], places[4], places[5] = left[top], after[front], second
    places[6], places[7] = below[second], right[top]
    places[8], places[9] = right[second], left[second]
    for i in range(3):
        places[10 + i] = older[places[7 + i]]
    for i in range(13):
        places[i] = tokens[places[i]]


@kernel
def _score(  # type: ignore[no-untyped-def]
    n, places, scorer, sums, all_hidden, all_winners, all_scores
):
    """Write the hidden vector of a state and its scores."""
    flat, offsets, UT, bias, masks, pieces = scorer
    hidden, winners, scores = all_hidden[n], all_winners[n], all_scores[n]
    sums[:] = flat[offsets[0] + places[0]]
    for f in range(1, len(offsets)):
        row = flat[offsets[f] + places[f]]
        for j in range(len(sums)):
            sums[j] += row[j]
    nH = len(hidden)
    hidden[:] = sums[:nH]
    winners[:] = 0
    if pieces == 1:
        for j in range(nH):
            winners[j] = 0 if sums[j] > 0 else -1
            hidden[j] = max(sums[j], np.float32(0))
    for p in range(1, pieces):
        for j in range(nH):
            if sums[p * nH + j] > hidden[j]:  # Of equal pieces, the first wins.
                hidden[j] = sums[p * nH + j]
                winners[j] = p
    if len(masks):
        hidden *= masks[n]
    if not len(UT):
        scores[:] = hidden
        return
    scores[:] = bias
    for k in range(nH):
        number, row = hidden[k], UT[k]
        for j in range(len(scores)):
            scores[j] += number * row[j]


@kernel
def _choose(scores, moves, key):  # type: ignore[no-untyped-def]
    """Return the valid move with the highest score, the first of several."""
    kinds, valid = moves
    best = -1
    for i in range(len(scores)):
        if valid[key, kinds[i]] and (best < 0 or scores[i] > scores[best]):
            best = i
    return best


@kernel
def _first(is_gold):  # type: ignore[no-untyped-def]
    for i in range(len(is_gold)):
        if is_gold[i]:
            return i
    return -1


@kernel
def _note(  # type: ignore[no-untyped-def]
    w, kind, walks, signs, links, marks, kids, gold, facts
):
    """Take note of a move that is about to be made, as `CostKeeper.moved` does."""
    front, top, unread, between = walks[0][w], walks[1][w], walks[2], walks[3]
    in_stack, was_put_back = marks
    kids_in_stack, kids_put_back = kids
    parents, behind = gold[2], links[6][front]
    signs[1][w] = kind < LEFT
    if kind < LEFT:
        between[w] -= facts[PUSH]
        in_stack[front] = True
        above = parents[front]
        if above:
            kids_in_stack[above] += 1
        if was_put_back[front]:
            was_put_back[front] = False
            if above:
                kids_put_back[above] -= 1
        else:
            unread[w] = behind
    elif kind == BREAK:
        between[w] = facts[PUSH]
        signs[0][w] |= was_put_back[behind]
    else:
        between[w] -= facts[POP]
        in_stack[top] = False
        above = parents[top]
        if above:
            kids_in_stack[above] -= 1
        if kind == REDUCE and links[0][top] and not links[4][top]:
            was_put_back[top] = True
            if above:
                kids_put_back[above] += 1
            between[w] += kids_in_stack[top] + in_stack[above]


@kernel
def _make(w, move, kind, walks, links):  # type: ignore[no-untyped-def]
    """Make a move, as `ParserRows.apply` does."""
    fronts, tops = walks[0], walks[1]
    below, left, right, older, head, moved, after, depth, flags, nexts = links
    front, top = fronts[w], tops[w]
    second, behind = below[top], after[front]
    if kind == LEFT:
        right[second] = older[top]
        head[top], moved[top] = front, move
        older[top] = left[front]
        left[front] = top
        flags[front] &= ~PUT_BACK
        tops[w] = second
    elif kind == REDUCE:
        if second and not head[top]:
            flags[top] |= PUT_BACK
            after[top] = front
            fronts[w] = top
        tops[w] = second
    elif kind == BREAK:
        flags[behind] |= START
        nexts[behind] = 0
    else:
        older[front] = right[top]
        if kind == RIGHT:
            head[front], moved[front] = top, move
            right[top] = front
        below[front] = top
        depth[front] = MORE if top else ONE
        tops[w] = front
        fronts[w] = behind
