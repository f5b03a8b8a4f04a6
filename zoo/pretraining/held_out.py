"""Hold some documents of a corpus out, so that they are never learned from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

from ..docs import Doc
from ..training.learner import Corpus

#: How many documents, and about how many words, are looked through for documents that
#: are held out, and for words to draw random ones from. Later documents that would be
#: held out are left out.
N_SEARCHED, WORDS_SEARCHED = 50_000, 5_000_000


@dataclass
class HeldOut:
    """Split a corpus into documents to learn from and documents that are held out.

    On which side a document is depends on its words alone. So it is the same in each
    epoch, whatever the order, and two that are alike are on one side.

    corpus: Gives the documents, from the start at each call.
    share: The share of the documents that are held out, 0 to 1.
    """

    corpus: Corpus
    share: float

    def train(self) -> Iterator[Doc]:
        """Give the documents to learn from."""
        return (doc for doc in self.corpus() if not self._is_held_out(doc))

    def dev(self) -> Iterator[Doc]:
        """Give those that are held out of the documents that are looked through."""
        return (doc for doc in _first(self.corpus()) if self._is_held_out(doc))

    def sample(self) -> Iterator[Doc]:
        """Give the first of those to learn from, as many as are looked through."""
        return _first(self.train())

    def _is_held_out(self, doc: Doc) -> bool:
        digest = crc32("\0".join(doc.words).encode("utf8", "surrogatepass"))
        return digest < self.share * 2**32


def _first(docs: Iterable[Doc]) -> Iterator[Doc]:
    n_words = 0
    for doc in islice(docs, N_SEARCHED):
        yield doc
        n_words += len(doc)
        if n_words >= WORDS_SEARCHED:
            return
