"""Look up the norms that a saved tokenizer has beside the common ones."""

from collections.abc import Mapping

from .._lexical.attributes import norm, string_id

#: Words that are remembered; then all of them are forgotten.
CACHE_SIZE = 1 << 17
#: Characters of the longest word that is remembered.
LONGEST_CACHED = 64


class Norms(dict[str, str]):
    """Remember the norm of each word: that of a table, or else its base norm.

    Several threads may share it.

    Args:
        table: Norms by spaCy's ids of words, as its file ``lookups.bin`` has them.
    """

    def __init__(self, table: Mapping[int, str]) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, word: str) -> str:
        found = self.table.get(string_id(word)) if self.table else None
        found = norm(word) if found is None else found
        if len(word) <= LONGEST_CACHED:
            if len(self) >= CACHE_SIZE:
                self.clear()
            self[word] = found
        return found
