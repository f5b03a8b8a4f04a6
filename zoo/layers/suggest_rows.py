"""Suggest how many rows the hashed tables of an embedding need for a corpus."""

from collections.abc import Iterable, Sequence
from itertools import islice
from math import ceil, comb, floor, log10
from typing import Final, NamedTuple

import numpy as np

from .._lexical.attributes import feature_keys, feature_names
from ..doc import DocLike, refuse_one
from ..tokenizer import Tokenizer

#: The seed of the first table of MultiHashEmbed, as in spaCy. Table i has 8 + i.
FIRST_SEED: Final = 8
#: With this seed of MurmurHash3 the two halves of a hash are 2a and 3a of one number
#: a, so that the four rows depend on each other: two keys have the same rows with a
#: probability of 0.09 to 0.1 over the square of the number of rows, as measured on
#: random keys.
_WEAK_SEED: Final = 8
_WEAK_PROBABILITY: Final = 0.1
#: Documents whose keys are looked up at once.
_DOCS: Final = 1024
#: Rows that a key is hashed to.
_HASHES: Final = 4


class _Kind(NamedTuple):
    """Four rows of which some may be equal: all, three, two and two, two, or none.

    Attributes:
        n_distinct: Number of different rows.
        n_orders: Number of orders of the four rows.
        n_choices: Number of such fours that one set of different rows can make.
    """

    n_distinct: int
    n_orders: int
    n_choices: int

    def probability(self, n_rows: int) -> float:
        """Return the probability that four rows are of this kind."""
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
    """The number of rows that a feature needs, and the expected collisions.

    Attributes:
        feature: The name of the feature.
        n_keys: Number of unique keys that count.
        n_rows: Suggested number of rows.
        crowded: Expected share of keys without a row of their own: other keys use each
            of their four rows too. The sums of the four rows still differ.
        confused: Expected share of keys with the same four rows as another key. No
            training can distinguish the two.
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
    max_crowded: float = 0.5,
    max_confused: float = 0.001,
    min_count: int = 1,
) -> list[RowAdvice]:
    """Suggest rows for the tables of `MultiHashEmbed`, one suggestion per feature.

    They are the fewest rows within both bounds below, rounded up to two digits.

    Args:
        docs: A corpus: documents of any kind, or texts, which are split into words.
        features: Lexical attributes to embed, by name or by spaCy's number.
        max_crowded: Largest expected share of keys without a row of their own; 0.5
            results in about two rows per key.
        max_confused: Largest expected share of keys with the same rows as another.
        min_count: Number of times that a key must occur to count. Rarer keys learn
            little.

    Raises:
        ValueError: A feature is unknown, or a bound is not between 0 and 1.
        TypeError: `docs` is one text instead of several.
    """
    refuse_one("suggest_rows", docs)
    names = feature_names(features)
    bounds = {"max_crowded": max_crowded, "max_confused": max_confused}
    for name, bound in bounds.items():
        if not 0 < bound < 1:
            raise ValueError(
                f"suggest_rows: {name} must be between 0 and 1, got {bound}."
            )
    tables = zip(names, count_keys(docs, names), strict=True)
    advice = []
    for seed, (name, counts) in enumerate(tables, FIRST_SEED):
        n_keys = sum(count >= min_count for count in counts.values())
        n_rows = _round_up(_fewest_rows(n_keys, seed, max_crowded, max_confused))
        crowded = expect_crowded(n_keys, n_rows)
        confused = expect_confused(n_keys, n_rows, seed)
        advice.append(RowAdvice(name, n_keys, n_rows, crowded, confused))
    return advice


def _fewest_rows(
    n_keys: int, seed: int, max_crowded: float, max_confused: float
) -> int:
    """Find the fewest rows within both bounds, by binary search."""

    def is_enough(n_rows: int) -> bool:
        crowded = expect_crowded(n_keys, n_rows)
        return (
            crowded <= max_crowded
            and expect_confused(n_keys, n_rows, seed) <= max_confused
        )

    too_few, enough = 0, 1
    while not is_enough(enough):
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if is_enough(middle):
            enough = middle
        else:
            too_few = middle
    return enough


def count_keys(
    docs: Iterable[DocLike | str], features: Sequence[str]
) -> list[dict[int, int]]:
    """Count how often each key of each feature occurs."""
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
    """Compute the expected share of keys without a row of their own.

    Source:
        The false positives of Bloom (1970), https://doi.org/10.1145/362686.362692.
    """
    n_others = _HASHES * (n_keys - 1)
    if n_others < 1:
        return 0.0
    share = 0.0
    for kind in _KINDS:
        # The probability that others use all its rows, by inclusion and exclusion.
        hit = sum(
            (-1) ** i * comb(kind.n_distinct, i) * max(0.0, 1 - i / n_rows) ** n_others
            for i in range(kind.n_distinct + 1)
        )
        share += kind.probability(n_rows) * hit
    return min(1.0, max(0.0, share))


def expect_confused(n_keys: int, n_rows: int, seed: int) -> float:
    """Compute the expected share of keys with the same four rows as another.

    Args:
        n_keys: Number of unique keys.
        n_rows: Rows of the table.
        seed: Seed of the table's hash; one seed is weaker than others.
    """
    weak = _WEAK_PROBABILITY / n_rows**2 if seed == _WEAK_SEED else 0.0
    share = 0.0
    for kind in _KINDS:
        same = min(1.0, kind.n_orders / n_rows**_HASHES + weak)
        alone = (1 - same) ** max(0, n_keys - 1)
        share += kind.probability(n_rows) * (1 - alone)
    return share


def _round_up(number: int) -> int:
    """Round up to two digits: 4,101 gives 4,200."""
    unit: int = 10 ** max(0, floor(log10(number)) - 1)
    return ceil(number / unit) * unit
