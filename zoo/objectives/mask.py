"""Mask some words of documents, for an encoder to predict."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .._check_numbers import SHARE, Range, check_numbers
from ..doc import Doc

#: Replaces a masked word, as in spaCy.
MASK: Final = "[MASK]"
#: The range of the share of masked words.
CHOSEN: Final = Range(0, 1, above=True)


class Masked(NamedTuple):
    """Documents with masked words, and the tokens that were chosen."""

    docs: list[Doc]
    tokens: NDArray[np.int64]  # Positions in the concatenated batch, in order.


@dataclass(frozen=True)
class Masking:
    """Choose words independently at random, and mask most of them.

    Attributes:
        share: Probability that a word is chosen, above 0 and at most 1.
        random: Share of the chosen words that are replaced by another word.
        keep: Share of the chosen words that stay as they are. All others become `MASK`.

    Raises:
        ValueError: A share is out of range, or `random` and `keep` sum to more than 1.

    Source:
        Devlin et al. (2019), https://arxiv.org/abs/1810.04805, who draw other words
        uniformly from the vocabulary.
    """

    share: float = 0.15
    random: float = 0.1
    keep: float = 0.1

    def __post_init__(self) -> None:
        check_numbers("Masking", CHOSEN, share=self.share)
        check_numbers("Masking", SHARE, random=self.random, keep=self.keep)
        if self.random + self.keep > 1:
            raise ValueError(
                f"Masking: random and keep must be at most 1 together, got "
                f"{self.random} and {self.keep}."
            )

    def __call__(self, docs: Sequence[Doc], words: Sequence[str], seed: int) -> Masked:
        """Return copies of documents with masked words.

        The result for a document depends only on the seed and on its words, not on the
        batch that it is in. The copies have the words, spaces and norms of the
        documents. A word that replaces another has its own default norm.

        Args:
            docs: The documents, which are not changed.
            words: The words that random words are drawn from: running text of the
                corpus, so that frequent words are drawn more often.
            seed: Seed of the random numbers, 0 or more and below 2**64.
        """
        is_chosen, fates, drawn = _draw(docs, seed)
        tokens = np.flatnonzero(is_chosen < self.share)
        is_random = fates[tokens] < self.random
        is_masked = fates[tokens] >= self.random + self.keep
        positions = (drawn[tokens[is_random]] * len(words)).astype(np.int64)
        new = dict.fromkeys(tokens[is_masked].tolist(), MASK)
        others = (words[position] for position in positions.tolist())
        new.update(zip(tokens[is_random].tolist(), others, strict=True))
        return Masked(_replace(docs, new), tokens)


def _draw(docs: Sequence[Doc], seed: int) -> NDArray[np.float64]:
    """Draw three numbers for each token, 0 or more and below 1: (3, n_tokens).

    Source:
        the mixing of SplitMix64, Steele et al. (2014),
        https://doi.org/10.1145/2660193.2660195.
    """
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    digests = [
        crc32("\0".join(doc.words).encode("utf8", "surrogatepass")) for doc in docs
    ]
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    positions = (np.arange(lengths.sum()) - starts).astype(np.uint64)
    state = np.repeat(np.array(digests, dtype=np.uint64), lengths)
    state = _mix(_mix(state + np.uint64(seed)) + positions)
    steps = np.arange(1, 4, dtype=np.uint64)[:, None]
    mixed = _mix(state + steps * np.uint64(0x9E3779B97F4A7C15))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _replace(docs: Sequence[Doc], new: dict[int, str]) -> list[Doc]:
    """Copy documents, with other words at some positions of the batch."""
    words = list(chain.from_iterable(doc.words for doc in docs))
    is_new = np.zeros(len(words), dtype=bool)
    for position, word in new.items():
        words[position] = word
        is_new[position] = True
    copies, start = [], 0
    for doc in docs:
        part = slice(start, start + len(doc))
        norms = doc.norms
        if norms is not None:  # "" stands for the default norm of the word.
            pairs = zip(norms, is_new[part].tolist(), strict=True)
            norms = ["" if other else norm for norm, other in pairs]
        copies.append(Doc(words[part], doc.spaces, norms))
        start = part.stop
    return copies
