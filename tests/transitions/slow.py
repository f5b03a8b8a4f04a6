"""Parse and find entities one move at a time, by plain lists: the reference."""

import numpy as np

from zoo._transitions.entity_decoder import EntityLimits
from zoo._transitions.parser_gold import GoldTree
from zoo._transitions.scorer import ScorerWeights, StateScorer

ENTITY_NAMES = [f"{part}-{label}" for part in "BILU" for label in ("X", "Y")] + ["O"]
NAMES = ["S", "D", "L-a", "L-b", "R-a", "R-b", "R-a||b", "B-ROOT"]


def make_scorer(rng, lengths, n_features=8, nP=2, nO=8, *, upper=True, nI=5):
    """Draw vectors of tokens and the weights of a scorer."""
    nH = 4 if upper else nO
    weights = ScorerWeights(
        W=rng.normal(size=(n_features, nI, nP * nH)).astype("f"),
        b=rng.normal(size=nP * nH).astype("f"),
        pad=rng.normal(size=(n_features, nP * nH)).astype("f"),
        U=rng.normal(size=(nO, nH)).astype("f") if upper else None,
        c=rng.normal(size=nO).astype("f") if upper else None,
        nP=nP,
        is_rectified=True,
    )
    lengths = np.array(lengths, np.intp)
    vectors = rng.normal(size=(int(lengths.sum()), nI)).astype("f")
    return StateScorer(vectors, lengths, weights)


def draw_presets(rng, n_tokens, share):
    """Draw what is known of sentence starts, of a share of the tokens."""
    free = 1 - share
    return rng.choice([-1, 0, 1], n_tokens, p=[share * 0.7, free, share * 0.3])


def draw_tree(rng, length, share_known):
    """Draw heads without circles, some of which are not known."""
    order = rng.permutation(length)
    place = np.argsort(order)
    heads = [
        int(order[rng.integers(0, place[i] + 1)])
        if rng.random() < share_known
        else None
        for i in range(length)
    ]
    labels = [str(rng.choice(["a", "b", ""])) for _ in range(length)]
    starts = rng.choice([True, False, None], length, p=[0.3, 0.5, 0.2]).tolist()
    return GoldTree(heads, labels, starts)


def draw_limits(rng, lengths, share=0.2):
    """Draw what is known of the words of documents, but no entities."""
    n_tokens = sum(lengths)
    is_cut = rng.random(n_tokens) < share
    ends = np.cumsum(np.array(lengths, int))
    is_cut[ends[np.array(lengths, int) > 0] - 1] = True
    none = np.zeros(n_tokens, bool)
    return EntityLimits(rng.random(n_tokens) < share, is_cut, none)


def arcs_of(moves, head, move, lengths):
    """Return heads within documents and labels, as `parse_slowly` does."""
    firsts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = zip(head[1:].tolist(), move[1:].tolist(), firsts.tolist(), strict=True)
    return [(h - 1 - f, moves.labels[m]) if h else (None, None) for h, m, f in rows]


def score(scorer, rows):
    """Score one state, given by a row of the table for each feature; 0 for none."""
    weights = scorer.weights
    total = weights.b.astype("d")
    for feature, row in enumerate(rows):
        if row:
            total = total + scorer.vectors[row - 1].astype("d") @ weights.W[feature]
        else:
            total = total + weights.pad[feature]
    pieces = total.reshape(weights.nP, -1)
    hidden = np.maximum(pieces[0], 0) if weights.nP == 1 else pieces.max(0)
    return hidden if weights.U is None else weights.U @ hidden + weights.c


class SlowState:
    """The state of an arc-eager parser: words are 0 and up, None is none."""

    def __init__(self, length, presets):
        self.stack, self.buffer = [], list(range(length))
        self.arcs = []  # (head, word, label), as they were made.
        self.starts = {i for i, known in enumerate(presets) if known > 0}
        self.barred = {i for i, known in enumerate(presets) if known < 0}
        self.put_back = set()

    @property
    def is_over(self):
        return not (self.stack or self.buffer)

    def head(self, word):
        return next((head for head, child, _ in self.arcs if child == word), None)

    def children(self, head, side):
        found = [
            w for h, w, _ in self.arcs if h == head and (w < h) == (side == "left")
        ]
        return [*found[::-1], None, None]

    def at(self, words, i):
        return words[i] if len(words) > i else None

    def features(self, n_features):
        stack = self.stack[::-1]
        b0, b1 = self.at(self.buffer, 0), self.at(self.buffer, 1)
        s0, s1, s2 = (self.at(stack, i) for i in range(3))
        left = {w: self.children(w, "left") for w in (b0, s0, s1)}
        right = {w: self.children(w, "right") for w in (s0, s1)}
        left[None] = right[None] = [None, None]
        first = [b0, b1, s0, s1, s2]
        if n_features == 8:
            return [*first, left[b0][0], left[s0][0], right[s0][0]]
        rest = [left[s0][0], right[s0][0], left[b0][0], right[s0][1]]
        return [*first, *rest, *left[s1][:2], *right[s1][:2]]

    def is_valid(self, kind):
        b0, b1 = self.at(self.buffer, 0), self.at(self.buffer, 1)
        arc = bool(self.stack) and b0 is not None and b0 not in self.starts
        if kind == "S":
            blocked = b0 in self.starts or b0 in self.put_back or b1 is None
            return not self.stack or not blocked
        if kind == "D":
            is_held = len(self.stack) == 1 and b0 in self.barred
            return bool(self.stack) and (b0 is None or not is_held)
        if kind in "LR":
            return arc
        known = self.starts | self.barred
        return b1 is not None and b1 == b0 + 1 and b1 not in known

    def make(self, name):
        kind, _, label = name.partition("-")
        if kind == "S":
            self.stack.append(self.buffer.pop(0))
        elif kind == "D":
            word = self.stack.pop()
            if self.stack and self.head(word) is None:
                self.put_back.add(word)
                self.buffer.insert(0, word)
        elif kind == "L":
            word, front = self.stack.pop(), self.buffer[0]
            self.arcs = [arc for arc in self.arcs if arc[1] != word]
            self.arcs.append((front, word, label))
            self.put_back.discard(front)
        elif kind == "R":
            self.arcs.append((self.stack[-1], self.buffer[0], label))
            self.stack.append(self.buffer.pop(0))
        else:
            self.starts.add(self.buffer[1])


def parse_slowly(scorer, names, presets):
    """Return the head and the label of each word of each document; None for roots."""
    found, first = [], 0
    for length in scorer.lengths.tolist():
        state = SlowState(length, presets[first : first + length])
        while not state.is_over:
            words = state.features(scorer.n_features)
            rows = [0 if word is None else first + word + 1 for word in words]
            valid = [state.is_valid(name[0]) for name in names]
            scores = np.where(valid, score(scorer, rows), -np.inf)
            state.make(names[int(scores.argmax())])
        arcs = {word: (head, label) for head, word, label in state.arcs}
        found += [arcs.get(word, (None, None)) for word in range(length)]
        first += length
    return found


def cost_slowly(state, names, heads, labels, starts):
    """Return what each move costs, 9000 for one that is not valid.

    heads, labels, starts: Of each word; a head or start that is not known is None.
    """
    stack, buffer = state.stack, state.buffer
    visible = []
    for word in buffer:
        if word in state.starts:
            break
        visible.append(word)
    pairs = {(h, w) for w, h in enumerate(heads) if h is not None and h != w}

    def arcs(word, words):
        return sum((other, word) in pairs or (word, other) in pairs for other in words)

    front, top = state.at(buffer, 0), state.at(stack[::-1], 0)
    second, behind = state.at(stack[::-1], 1), state.at(buffer, 1)
    push = 0 if front is None else arcs(front, stack)
    pop = 0 if top is None else arcs(top, visible)
    below = 0 if top is None else arcs(top, stack)
    opens = state.is_valid("B") and starts[behind] is True
    costs = []
    for name in names:
        kind, _, label = name.partition("-")
        if not state.is_valid(kind):
            costs.append(9000)
            continue
        if kind == "S":
            cost = push + opens
        elif kind == "D":
            is_free = top is not None and state.head(top) is None
            cost = 0 if front in state.starts else pop - (below if is_free else 0)
        elif kind == "L":
            is_gold = (front, top) in pairs
            if state.head(top) is not None:
                cost = pop + ((second, top) in pairs)
            else:
                cost = pop + below
            cost -= is_gold
            cost += is_gold and bool(labels[top]) and labels[top] != label
        elif kind == "R":
            is_gold = (top, front) in pairs
            waits = any((word, front) in pairs for word in visible)
            cost = push + opens - is_gold
            cost += not is_gold and waits and front not in state.put_back
            cost += is_gold and bool(labels[front]) and labels[front] != label
        else:
            cost = sum(arcs(word, visible) for word in stack) - push
            cost += starts[behind] is False
        costs.append(int(cost))
    return costs


def find_slowly(scorer, names, spaces, cuts):
    """Return the entities, (start, end, label), found one word after another."""
    found, first = [], 0
    for length in scorer.lengths.tolist():
        start, label = None, ""
        for word in range(first, first + length):
            valid = []
            for name in names:
                kind, _, own = name.partition("-")
                if start is None:
                    may = {"B": not (cuts[word] or spaces[word]), "U": not spaces[word]}
                    valid.append(kind == "O" or may.get(kind, False))
                else:
                    goes_on = kind == "L" or (kind == "I" and not cuts[word])
                    valid.append(goes_on and own == label)
            rows = _entity_rows(word, start, scorer.n_features)
            scores = np.where(valid, score(scorer, rows), -np.inf)
            kind, _, own = names[int(scores.argmax())].partition("-")
            if kind == "B":
                start, label = word, own
            elif kind == "U":
                found.append((word, word + 1, own))
            elif kind == "L":
                found.append((start, word + 1, label))
                start = None
        first += length
    return found


def _entity_rows(word, start, n_features):
    if start is None:
        return [word + 1] + [0] * (n_features - 1)
    if n_features == 3:
        return [word + 1, start + 1, word]
    inner = [row + 1 for row in range(start, word)][: n_features - 1]
    return [word + 1, *inner] + [0] * (n_features - 1 - len(inner))
