"""Hide some words of documents, so that an encoder can be asked for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .._checks import SHARE, Range, check_numbers
from ..doc import Doc

#: Stands in the place of a word that is hidden, as in spaCy.
MASK: Final = "[MASK]"
#: What the share of the chosen words may be.
CHOSEN: Final = Range(0, 1, above=True)


class Masked(NamedTuple):
    """Documents with hidden words, and which tokens were chosen."""

    docs: list[Doc]
    tokens: NDArray[np.int64]  # Places in the batch, laid end to end, in order.


@dataclass(frozen=True)
class Masking:
    """Choose words at random, each by itself, and hide most of the chosen ones.

    share: Chance of a word to be chosen, above 0 and at most 1.
    random: Share of the chosen words that another word takes the place of.
    keep: Share of the chosen words that stay as they are. The others become `MASK`.

    Raises ValueError if a share is out of range, or the last two exceed 1 together.

    Source: Devlin et al. (2019), https://arxiv.org/abs/1810.04805, who draw the other
    words from the vocabulary, each alike.
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
        """Give documents with hidden words; those that are given stay as they are.

        What becomes of a document depends on the seed and on its words alone, not on
        the batch that it is in: the parts of a batch give what the whole does. A new
        document has the words, spaces and norms of the old one. A word that takes
        another's place has the norm that it has by itself.

        words: Where random words are drawn from: running text of the corpus, so that
            they come by their frequency.
        seed: Start of the random numbers, from 0 to below 2**64.
        """
        is_chosen, fates, drawn = _draw(docs, seed)
        tokens = np.flatnonzero(is_chosen < self.share)
        is_random = fates[tokens] < self.random
        is_hidden = fates[tokens] >= self.random + self.keep
        places = (drawn[tokens[is_random]] * len(words)).astype(np.int64)
        new = dict.fromkeys(tokens[is_hidden].tolist(), MASK)
        others = (words[place] for place in places.tolist())
        new.update(zip(tokens[is_random].tolist(), others, strict=True))
        return Masked(_replace(docs, new), tokens)


def _draw(docs: Sequence[Doc], seed: int) -> NDArray[np.float64]:
    """Draw three numbers for each token, from 0 to below 1: (3, n_tokens).

    Source: the mixing of SplitMix64, Steele et al. (2014),
    https://doi.org/10.1145/2660193.2660195.
    """
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    digests = [
        crc32("\0".join(doc.words).encode("utf8", "surrogatepass")) for doc in docs
    ]
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    places = (np.arange(lengths.sum()) - starts).astype(np.uint64)
    state = np.repeat(np.array(digests, dtype=np.uint64), lengths)
    state = _mix(_mix(state + np.uint64(seed)) + places)
    steps = np.arange(1, 4, dtype=np.uint64)[:, None]
    mixed = _mix(state + steps * np.uint64(0x9E3779B97F4A7C15))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _replace(docs: Sequence[Doc], new: dict[int, str]) -> list[Doc]:
    """Copy documents, with other words at some places of the batch."""
    words = list(chain.from_iterable(doc.words for doc in docs))
    is_new = np.zeros(len(words), dtype=bool)
    for place, word in new.items():
        words[place] = word
        is_new[place] = True
    copies, start = [], 0
    for doc in docs:
        part = slice(start, start + len(doc))
        norms = doc.norms
        if norms is not None:  # A norm of "" lets the word's own hold.
            pairs = zip(norms, is_new[part].tolist(), strict=True)
            norms = ["" if other else norm for norm, other in pairs]
        copies.append(Doc(words[part], doc.spaces, norms))
        start = part.stop
    return copies
