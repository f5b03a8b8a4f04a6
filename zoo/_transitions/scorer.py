"""Score the moves of states from a table of what each token adds as each feature."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from .._types import Array

Derived = TypeVar("Derived")


@dataclass(frozen=True, eq=False)
class ScorerWeights:
    """The weights of the part of a model that runs at each step, on the host.

    They must not change, as what is computed of them is kept.

    Attributes:
        W: For each feature, (n_features, nI, nP * nH): the pieces of maxout one after
            the other.
        b: (nP * nH,).
        pad: Stands for a token that is missing, by feature, (n_features, nP * nH).
        U, c: From the hidden vector to scores, (nO, nH), and their bias, (nO,). None if
            the hidden vector holds the scores.
        nP: Pieces of maxout.
        is_rectified: Whether a piece that is alone goes through a ReLU.
    """

    W: Array
    b: Array
    pad: Array
    U: Array | None
    c: Array | None
    nP: int
    is_rectified: bool
    _derived: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    def derive(self, key: Hashable, compute: Callable[[], Derived]) -> Derived:
        """Return what was computed of the weights under a key, or compute it now."""
        if key not in self._derived:
            self._derived[key] = compute()
        found: Derived = self._derived[key]
        return found

    def check(self, Y: Array) -> None:
        """Raise ValueError if a score could be no finite number.

        A move is chosen by comparing scores, which NaN does not allow.
        """
        # No number is greater than the root of the sum of their squares.
        flat = Y.reshape(-1)
        with np.errstate(over="ignore", invalid="ignore"):
            if flat.dot(flat) <= self._usual_square:
                return
        biggest = float(np.abs(Y).max(initial=0.0))
        if not self._is_finite(biggest):
            raise ValueError(
                "TransitionModel: its scores must be finite numbers, got weights or "
                "token vectors that are infinite, not a number or too large. Load "
                "sound weights, or train with a lower learning rate."
            )

    @cached_property
    def _usual_square(self) -> float:
        """The square of a number up to which scores are finite; -1 if it is small."""
        return 1e12 if self._is_finite(1e6) else -1.0

    def _is_finite(self, biggest: float) -> bool:
        """Check whether all scores are finite, given the biggest number of a token."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._bound(biggest) < float(np.finfo("f").max)

    def _bound(self, biggest: float) -> float:
        """Return what no score is greater than, given the biggest number of a token."""
        per_unit, fixed, outer, bias = self._sums
        bound = float((per_unit * biggest + fixed).max(initial=0.0))
        if self.U is not None:
            bound = float((outer * bound + bias).max(initial=0.0))
        return bound

    @cached_property
    def _sums(self) -> tuple[Array, Array, Array, Array]:
        """The sums of absolute weights that bounds of scores are made of."""
        fixed = np.abs(self.b) + np.abs(self.pad).sum(axis=0)
        none = np.zeros(0, "f")
        U = none[:, None] if self.U is None else self.U
        c = none if self.c is None else self.c
        per_unit = np.abs(self.W).sum(axis=(0, 1))
        return per_unit, fixed, np.abs(U).sum(axis=1), np.abs(c)

    @cached_property
    def UT(self) -> Array | None:
        """U for products with vectors on its left, (nH, nO)."""
        return None if self.U is None else np.ascontiguousarray(self.U.T)

    @cached_property
    def rest(self) -> list[Array]:
        """The bias and the pads of all features from a number on, (nP * nH,) each."""
        pads = [self.pad[i:].sum(axis=0) for i in range(len(self.pad) + 1)]
        return [pad + self.b for pad in pads]


class StateScorer:
    """Score the moves of states, each given by the tokens that are its features.

    Args:
        vectors: Of the tokens of all documents, end to end, (n_tokens, nI).
        lengths: Tokens of each document, (n_docs,).
        weights: What to score with.
        docs: The documents.
        dropout: Chance of zeroing a number of a hidden vector in training, 0 to 1.
        learn_ends: Whether a parser learns from documents to their ends.
    """

    def __init__(
        self,
        vectors: Array,
        lengths: Array,
        weights: ScorerWeights,
        docs: Sequence[Any] = (),
        dropout: float = 0.0,
        learn_ends: bool = True,
    ) -> None:
        weights.check(vectors)
        self.vectors = vectors
        self.lengths = lengths
        self.weights = weights
        self.docs = docs
        self.dropout = dropout
        self.learn_ends = learn_ends

    @property
    def n_features(self) -> int:
        return len(self.weights.W)

    def check_features(self, owner: str, allowed: tuple[int, int]) -> None:
        """Raise ValueError if a state has not one of two numbers of features.

        Args:
            owner: "parser" or "ner", for the message.
            allowed: What it can have.
        """
        if self.n_features not in allowed:
            raise ValueError(
                f"{owner}: the state_type of its model must be '{owner}', got a model "
                f"whose states have {self.n_features} tokens."
            )

    def parts(self, max_tokens: int) -> Iterator[tuple[slice, "StateScorer"]]:
        """Split the documents into parts, so that their tables take less memory.

        Args:
            max_tokens: Tokens of a part, unless it is one document.

        Yields:
            Which documents they are, and what scores their states.
        """
        if len(self.vectors) <= max_tokens:
            yield slice(len(self.lengths)), self
            return
        ends = np.cumsum(self.lengths)
        start, first = 0, 0
        while start < len(ends):
            limit = first + max_tokens
            stop = max(int(np.searchsorted(ends, limit, side="right")), start + 1)
            part, end = slice(start, stop), int(ends[stop - 1])
            yield (
                part,
                StateScorer(
                    self.vectors[first:end],
                    self.lengths[part],
                    self.weights,
                    self.docs[part],
                    self.dropout,
                    self.learn_ends,
                ),
            )
            start, first = stop, end

    def table(self) -> Array:
        """Return what each token adds as each feature, (n_features, n_tokens + 1, D).

        D is ``nP * nH``. Row 0 is for a feature that has no token. The bias is in the
        rows of feature 0, of which each state has one.
        """
        weights, n_tokens = self.weights, len(self.vectors)
        shape = self.n_features, n_tokens + 1, weights.W.shape[2]
        table = np.empty(shape, self.vectors.dtype)
        table[:, 0] = weights.pad
        np.matmul(self.vectors, weights.W, out=table[:, 1:])
        table[0] += weights.b
        return table

    def feature(self, number: int, tokens: Array | slice) -> Array:
        """Return what some tokens add as one feature, without bias: (n, D)."""
        product: Array = self.vectors[tokens] @ self.weights.W[number]
        return product

    def activate(self, sums: Array, out: Array | None = None) -> Array:
        """Return hidden vectors for sums of features, (..., D) to (..., nH)."""
        nP = self.weights.nP
        if nP == 1:
            return np.maximum(sums, 0, out=out) if self.weights.is_rectified else sums
        nH = sums.shape[-1] // nP
        hidden = np.maximum(sums[..., :nH], sums[..., nH : 2 * nH], out=out)
        for start in range(2 * nH, nP * nH, nH):
            np.maximum(hidden, sums[..., start : start + nH], out=hidden)
        return hidden


class StepBuffers:
    """Memory for the numbers of one step, which serves for all steps.

    Args:
        table: As `StateScorer.table` returns it.
        offsets: The first row of each feature in the flattened table, in the order in
            which states list their features, (n_features,).
        capacity: States of the largest step.
    """

    def __init__(
        self, scorer: StateScorer, table: Array, offsets: Array, capacity: int
    ) -> None:
        self._scorer = scorer
        weights = scorer.weights
        n_features, D, dtype = len(offsets), table.shape[2], table.dtype
        self._flat = table.reshape(-1, D)
        self._offsets = offsets[:, None]
        self._ones = np.ones(n_features, dtype)
        nH = D // weights.nP
        self._UT = weights.UT
        nO = nH if weights.U is None else len(weights.U)
        self._memory = {
            "rows": np.empty(n_features * capacity, np.intp),
            "places": np.empty(n_features * capacity, np.intp),
            "values": np.empty(n_features * capacity * D, dtype),
            "sums": np.empty(capacity * D, dtype),
            "hidden": np.empty(capacity * nH, dtype),
            "scores": np.empty(capacity * nO, dtype),
        }
        self._shapes = n_features, D, nH, nO
        self.fit(capacity)

    def fit(self, n: int) -> None:
        """Prepare for steps of n states."""
        n_features, D, nH, nO = self._shapes

        def view(name: str, *shape: int) -> Array:
            size = int(np.prod(shape))
            return self._memory[name][:size].reshape(shape)

        #: The features of each state, rows of tokens; to be filled before `score`.
        self.rows = view("rows", n_features, n)
        self._places = view("places", n_features, n)
        self._where = self._places.reshape(-1)
        self._values = view("values", n_features * n, D)
        self._by_feature = self._values.reshape(n_features, n * D)
        self._flat_sums = view("sums", n * D)
        self._sums = self._flat_sums.reshape(n, D)
        self._hidden = view("hidden", n, nH)
        self._scores = view("scores", n, nO)

    def score(self) -> Array:
        """Return the scores of the states in `rows`, without their bias: (n, nO)."""
        np.add(self.rows, self._offsets, out=self._places)
        # With mode "clip", take writes into `out` without a copy of its own.
        self._flat.take(self._where, 0, out=self._values, mode="clip")
        np.dot(self._ones, self._by_feature, out=self._flat_sums)
        hidden = self._scorer.activate(self._sums, self._hidden)
        if self._UT is None:
            return hidden
        return np.dot(hidden, self._UT, out=self._scores)
