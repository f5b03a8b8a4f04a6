"""Learn a parser from trees: walk by its own moves, and compare them with the best."""

from typing import NamedTuple

import numpy as np

from .._types import Array
from .arc_eager import ArcEager
from .gold_softmax import gold_softmax
from .parser_costs import CostKeeper
from .parser_gold import ParserGold
from .parser_rows import ORDERS, ParserRows
from .score_gradient import ScoreGradient
from .scorer import StateScorer
from .taught_walks import TaughtWalks, follow_gold, follow_model
from .training_steps import Learned, TrainingSteps
from .walk_compiled import (
    follow_gold_compiled,
    follow_model_compiled,
    walks_by_kernel,
)
from .walks import Walks, Windows

#: Words behind the last one that a walk can push, which its states refer to.
AHEAD = 3


class Start(NamedTuple):
    """Where a walk begins: in a state that right moves have led to.

    Attributes:
        links: For each kind of link between rows, those of the tokens of the window, as
            tokens, 0 for none.
        values: What else is known of each row of the window.
        state: What is known of the walk, by the names of `Walks`.
        front, top, unread: Tokens; 0 for none.
        first, end: The window: its first token, and the one behind its last.
    """

    links: dict[str, Array]
    values: dict[str, Array]
    state: dict[str, Array]
    front: int
    top: int
    unread: int
    first: int
    end: int


#: The arrays of `ParserRows` that hold rows, and those that do not.
LINKS = ("below", "after", "left", "right", "older", "head")
VALUES = ("move", "depth", "flags", "nexts")
#: What is copied of a walk.
STATE = ("between", "pushed", "is_odd")


class ParserTeacher:
    """Teach a parser the trees of a batch.

    Args:
        moves: Of the parser.
        gold: Of all tokens.
        lengths: Tokens of each document, (n_docs,).
        presets: What is known of sentence starts beforehand, as of `ParserRows`.
    """

    def __init__(
        self,
        moves: ArcEager,
        gold: ParserGold,
        lengths: Array,
        presets: Array | None = None,
    ) -> None:
        self._moves, self._gold = moves, gold
        ends = np.cumsum(lengths) + 1
        self._firsts, self._ends = ends - lengths, ends
        known = np.zeros(gold.n_rows, np.intp)
        if presets is not None:
            known[1:] = presets
        known[self._firsts[lengths > 0]] = 1
        self._presets = known
        self._is_known = (gold.heads != 0).astype(np.intp).cumsum()
        self._next_starts = _next_starts(known, self._ends)

    def teach(
        self,
        scorer: StateScorer,
        cut: int = 0,
        *,
        learn_ends: bool = True,
    ) -> Learned:
        """Walk through the documents by the best moves of the model.

        Args:
            scorer: Of the documents.
            cut: Documents of as many words or more are cut after so many right moves.
                0: none is cut.
            learn_ends: Whether shorter documents are walked to their ends. If not, all
                walks are over after ``cut + 1`` moves, as in spaCy.
        """
        n_features = scorer.n_features
        lengths = self._ends - self._firsts
        is_known = self._known(self._firsts, self._ends) & (lengths > 0)
        is_long = is_known & (lengths >= cut) if cut else np.zeros(len(lengths), bool)
        short = (is_known & ~is_long).nonzero()[0]
        last = 0 if learn_ends else 1
        starts = self._cut(is_long.nonzero()[0], cut, last, scorer)
        taught = self._begin(short, starts, n_features)
        n_walks = len(taught.walks)
        limits = np.full(n_walks, cut + 1 if cut else np.iinfo(np.intp).max)
        if learn_ends:
            limits[: len(short)] = np.iinfo(np.intp).max
            limits[len(short) :] = cut
        if not n_walks:
            return Learned(0.0, 0, ScoreGradient([]))
        steps = TrainingSteps(scorer, ORDERS[n_features])
        follow = follow_model_compiled if walks_by_kernel(scorer) else follow_model
        states, scores, is_gold = follow(taught, self._moves, steps, limits)
        loss, d_scores = gold_softmax(scores, is_gold)
        steps.add(states, d_scores)
        return Learned(loss, len(d_scores), steps.gradient)

    def _known(self, firsts: Array, ends: Array) -> Array:
        """Return whether some token of each range has a gold head."""
        is_known: Array = self._is_known[ends - 1] > self._is_known[firsts - 1]
        return is_known

    def _new(
        self, firsts: Array, ends: Array
    ) -> tuple[ParserRows, Windows, CostKeeper]:
        windows = Windows(self._gold, firsts, ends)
        rows = ParserRows(ends - firsts, self._presets[windows.tokens[1:]])
        keeper = CostKeeper(rows, windows, self._gold, self._next_starts)
        return rows, windows, keeper

    def _cut(
        self, docs: Array, cut: int, last: int, scorer: StateScorer
    ) -> list[Start]:
        """Walk through documents by right moves, and return where the parts begin.

        Of equally good moves, the first one is made. Parts of which no word has a gold
        head are left out.

        Args:
            docs: Numbers of documents.
            cut: Moves of a part.
            last: How many words at the end of a document do not count: in spaCy, a
                part that begins with the last word is left out.
            scorer: Of the documents.
        """
        if not len(docs):
            return []
        ends = self._ends[docs] - last
        follow = follow_gold_compiled if walks_by_kernel(scorer) else follow_gold
        taught = self._begin(docs, [], scorer.n_features)
        walks, windows = taught.walks, taught.windows
        open_: dict[int, Start] = {}
        starts: list[Start] = []
        while len(walks):
            fronts = windows.tokens[walks.features[0]].tolist()
            for place, doc in enumerate(walks.number.tolist()):
                if doc in open_:
                    starts += self._close(open_[doc], fronts[place] or int(ends[doc]))
                open_[doc] = self._snapshot(place, taught, cut)
            follow(taught, self._moves, cut)
        for doc, start in open_.items():
            starts += self._close(start, int(ends[doc]))
        return starts

    def _close(self, start: Start, end: int) -> list[Start]:
        """Return a start, if something is known up to the front of the next one."""
        if not start.front or start.front >= end:
            return []
        is_known = self._is_known[end - 1] > self._is_known[start.front - 1]
        return [start] if is_known else []

    def _snapshot(self, place: int, taught: TaughtWalks, cut: int) -> Start:
        """Copy the state of a walk, with the rows that it may still come to."""
        walks, rows, windows, keeper = taught
        front, top = (int(walks.features[i, place]) for i in (0, 1))
        number = int(walks.number[place])
        bottom = top
        while rows.below[bottom]:
            bottom = int(rows.below[bottom])
        lowest = bottom or front
        first = int(rows.left[lowest]) or lowest
        shift, last = int(windows.shifts[number]), int(windows.ends[number])
        unread = int(windows.tokens[walks.unread[place]])
        end = min(unread + cut + AHEAD, last) if unread else last
        part = slice(first, end - shift)

        def links(name: str) -> Array:
            found = getattr(rows, name)[part]
            return np.where(found, found + shift, 0)

        values = {name: getattr(rows, name)[part].copy() for name in VALUES}
        kept = {name: getattr(keeper, name)[part].copy() for name in keeper.ROWS}
        return Start(
            links={name: links(name) for name in LINKS},
            values=values | kept,
            state={name: getattr(walks, name)[place] for name in STATE},
            front=front + shift if front else 0,
            top=top + shift if top else 0,
            unread=unread,
            first=first + shift,
            end=end,
        )

    def _begin(self, docs: Array, starts: list[Start], n_features: int) -> TaughtWalks:
        """Begin walks through whole documents, and from states inside of others."""
        inner_firsts = np.array([start.first for start in starts], np.intp)
        inner_ends = np.array([start.end for start in starts], np.intp)
        firsts = np.concatenate([self._firsts[docs], inner_firsts])
        ends = np.concatenate([self._ends[docs], inner_ends])
        rows, windows, keeper = self._new(firsts, ends)
        features = np.zeros((n_features, len(firsts)), np.intp)
        features[0] = windows.firsts
        walks = Walks(features)
        for place, start in enumerate(starts, start=len(docs)):
            shift, part = int(windows.shifts[place]), windows.part(place)
            for name, tokens in start.links.items():
                is_inside = (tokens >= start.first) & (tokens < start.end)
                getattr(rows, name)[part] = np.where(is_inside, tokens - shift, 0)
            for name, values in start.values.items():
                owner = rows if name in VALUES else keeper
                getattr(owner, name)[part] = values
            for name, value in start.state.items():
                getattr(walks, name)[place] = value
            features[0, place] = start.front - shift if start.front else 0
            features[1, place] = start.top - shift if start.top else 0
            walks.unread[place] = start.unread - shift if start.unread else 0
            rows.has_put_back |= bool(start.values["was_put_back"].any())
            keeper.has_odd |= bool(start.state["is_odd"])
        return TaughtWalks(walks, rows, windows, keeper)


def _next_starts(presets: Array, ends: Array) -> Array:
    """Return the first token from each on that is known to begin a sentence.

    Args:
        presets: Of each row, 1 for a start.
        ends: The row behind each document.
    """
    n_rows = len(presets)
    found = np.full(n_rows + 1, n_rows, np.intp)
    starts = (presets > 0).nonzero()[0]
    found[starts] = starts
    found[ends] = np.minimum(found[ends], ends)
    nexts: Array = np.minimum.accumulate(found[::-1])[::-1]
    return nexts
