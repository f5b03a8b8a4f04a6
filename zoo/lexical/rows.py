"""Advise how many rows the hashed tables of an embedding need for a corpus."""

from collections.abc import Iterable, Sequence
from itertools import islice
from math import ceil, comb, floor, log10
from typing import Final, NamedTuple

import numpy as np

from ..docs import DocLike
from ..tokenizer import Tokenizer
from .attributes import feature_keys, feature_names

#: The seed of the first table of MultiHashEmbed, as in spaCy; table i has 8 + i.
FIRST_SEED: Final = 8
#: With this seed of MurmurHash3 the two halves of a hash are 2a and 3a of one number
#: a, so that the four rows depend on one another: two keys have the same with a chance
#: of 0.09 to 0.1 over the square of the rows, as measured on random keys.
_WEAK_SEED: Final = 8
_WEAK_CHANCE: Final = 0.1
#: Documents whose keys are looked up at a time.
_DOCS: Final = 1024
#: Rows that stand for a key.
_HASHES: Final = 4


class _Kind(NamedTuple):
    """Four rows of which some may be the same: all, three, two and two, two, none.

    n_distinct: How many different rows they are.
    n_orders: In how many orders they can come.
    n_choices: How often one set of different rows makes such four.
    """

    n_distinct: int
    n_orders: int
    n_choices: int

    def chance(self, n_rows: int) -> float:
        """Give the chance that four rows are of this kind."""
        n_sets = comb(n_rows, self.n_distinct)
        return n_sets * self.n_choices * self.n_orders / n_rows**_HASHES


_KINDS: Final = (
    _Kind(1, 1, 1),
    _Kind(2, 4, 2),
    _Kind(2, 6, 1),
    _Kind(3, 12, 3),
    _Kind(4, 24, 1),
)


class RowAdvice(NamedTuple):
    """What the table of a feature needs, and what hashing into it costs.

    n_keys: The distinct keys that count.
    n_rows: The rows that are suggested.
    crowded: The expected share of keys that have no row for themselves: each of their
        four rows is one of another key's too. Such keys are still told apart, by the
        sum of the four.
    confused: The expected share of keys that have the same four rows as another, so
        that no training can tell the two apart.
    """

    feature: str
    n_keys: int
    n_rows: int
    crowded: float
    confused: float


def suggest_rows(
    docs: Iterable[DocLike | str],
    features: Sequence[str | int] = ("NORM", "PREFIX", "SUFFIX", "SHAPE"),
    *,
    keys_per_row: float = 4.0,
    max_confused: float = 0.001,
    min_count: int = 1,
) -> list[RowAdvice]:
    """Suggest rows for the tables of `MultiHashEmbed`, one advice per feature.

    These are the fewest rows, rounded up to two digits, within both bounds below.

    docs: A corpus: documents of any kind, or texts, which are split into words.
    features: Lexical attributes to embed, by name or by spaCy's number.
    keys_per_row: The most distinct keys per row.
    max_confused: The largest expected share of keys with the same rows as another.
    min_count: How often a key must be in the corpus to count. Those that are rarer
        learn little.

    Raises ValueError if a feature is unknown, or a bound is not above 0.
    """
    names = feature_names(features)
    for name, value in (("keys_per_row", keys_per_row), ("max_confused", max_confused)):
        if not value > 0:
            raise ValueError(f"suggest_rows: {name} must be above 0, got {value}.")
    advice = []
    for seed, (name, counts) in enumerate(
        zip(names, count_keys(docs, names), strict=True), FIRST_SEED
    ):
        n_keys = sum(count >= min_count for count in counts.values())
        least = max(1, ceil(n_keys / keys_per_row))
        while expect_confused(n_keys, least, seed) > max_confused:
            least += ceil(least / 50)
        n_rows = _round_up(least)
        crowded = expect_crowded(n_keys, n_rows)
        confused = expect_confused(n_keys, n_rows, seed)
        advice.append(RowAdvice(name, n_keys, n_rows, crowded, confused))
    return advice


def count_keys(
    docs: Iterable[DocLike | str], features: Sequence[str]
) -> list[dict[int, int]]:
    """Count the keys of each feature, by key."""
    counts: list[dict[int, int]] = [{} for _ in features]
    tokenize = Tokenizer()
    rest = iter(docs)
    while some := list(islice(rest, _DOCS)):
        words = [tokenize(doc) if isinstance(doc, str) else doc for doc in some]
        keys, index = feature_keys(words, features)
        n_tokens = np.bincount(index, minlength=len(keys))
        for column, known in zip(keys.T, counts, strict=True):
            for key, n in zip(column.tolist(), n_tokens.tolist(), strict=True):
                known[key] = known.get(key, 0) + n
    return counts


def expect_crowded(n_keys: int, n_rows: int) -> float:
    """Give the expected share of keys of which another key has each row too.

    Source: the false positives of Bloom (1970),
    https://doi.org/10.1145/362686.362692.
    """
    n_others = _HASHES * (n_keys - 1)
    if n_others < 1:
        return 0.0
    share = 0.0
    for kind in _KINDS:
        # That others have every one of its rows, by inclusion and exclusion.
        hit = sum(
            (-1) ** i * comb(kind.n_distinct, i) * max(0.0, 1 - i / n_rows) ** n_others
            for i in range(kind.n_distinct + 1)
        )
        share += kind.chance(n_rows) * hit
    return min(1.0, max(0.0, share))


def expect_confused(n_keys: int, n_rows: int, seed: int) -> float:
    """Give the expected share of keys that have the same four rows as another.

    seed: Of the table's hash; one is weaker than others.
    """
    weak = _WEAK_CHANCE / n_rows**2 if seed == _WEAK_SEED else 0.0
    share = 0.0
    for kind in _KINDS:
        same = min(1.0, kind.n_orders / n_rows**_HASHES + weak)
        alone = (1 - same) ** max(0, n_keys - 1)
        share += kind.chance(n_rows) * (1 - alone)
    return share


def _round_up(number: int) -> int:
    """Round up to two digits: 4,101 gives 4,200."""
    unit: int = 10 ** max(0, floor(log10(number)) - 1)
    return ceil(number / unit) * unit
