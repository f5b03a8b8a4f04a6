"""Cut documents into lanes, which are parsed at once, and mend wrong cuts.

A state with an empty stack and nothing put back depends on the front of its buffer
alone. So parsing may start at any word where the parser is likely to come by with an
empty stack, such as behind a full stop. A lane is over when it comes by the start of
the next with an empty stack: that went on from the same state. One that comes there
with words on its stack, and does anything but reduce them, shows that the next lane
started from a wrong state: all that it did is undone, and this one goes on.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from .._types import Array
from .parser_rows import ParserRows

#: Words that often end a sentence, and words that then belong to it still.
FINAL = frozenset(".!?")
CLOSING = frozenset([")", "''", '"', "”", "»"])
#: Documents of no more words are not cut.
SHORTEST = 40


def guess_starts(documents: Iterable[Sequence[str]]) -> list[int]:
    """Return rows at which a sentence is likely to begin inside long documents.

    Args:
        documents: The words of each document of a batch.
    """
    rows, first = [], 1
    for words in documents:
        if len(words) > SHORTEST:
            rows += [first + i for i in _guess_words(words)]
        first += len(words)
    return rows


def _guess_words(words: Sequence[str]) -> Iterator[int]:
    is_after = False
    for i, word in enumerate(words):
        if word in FINAL:
            is_after = True
        elif is_after and word not in CLOSING and not word.isspace():
            is_after = False
            yield i


class Lanes:
    """Where lanes start and end, the longest first.

    Args:
        rows: The rows of the batch.
        guesses: Rows to start at beside those of the first words.
    """

    def __init__(self, rows: ParserRows, guesses: Sequence[int] | Array = ()) -> None:
        starts, nexts = _find_starts(rows.firsts, guesses)
        sizes = np.append(starts[1:], len(rows.below)) - starts
        order = np.argsort(-sizes, kind="stable")
        #: Whether some lane is followed by another one of its document.
        self.are_cut = len(starts) > len(rows.firsts)
        #: The first row of each lane, which names it.
        self.starts = starts[order]
        #: The start of the next lane of the document, -1 if there is none.
        self.nexts = nexts[order]
        #: The row at which each lane starts, 0 if it was cancelled.
        self.fronts = self.starts.copy()
        #: The next lane of each, by name, as far as the ones between were cancelled.
        self.next_of: dict[int, int] = dict(
            zip(starts.tolist(), nexts.tolist(), strict=True)
        )
        self.n_cancelled = 0

    def __len__(self) -> int:
        return len(self.starts)

    def cancel(self, rows: ParserRows, wrong: int, winner: int) -> int:
        """Undo a lane whose start is wrong; return the next lane of the one before.

        Args:
            rows: What the lane has written to.
            wrong: The name of the lane that is undone.
            winner: The name of the lane that goes on in its place.
        """
        behind = self.next_of[wrong]
        is_last = behind < 0
        end = rows.end_of(wrong) if is_last else behind
        rows.clear(wrong, end, is_last=is_last)
        self.next_of[winner] = behind
        self.n_cancelled += 1
        return behind


def _find_starts(firsts: Array, guesses: Sequence[int] | Array) -> tuple[Array, Array]:
    """Return the starts of all lanes, in order, and that of the next one of each.

    That is -1 for the last one of a document.
    """
    if not len(guesses):
        return firsts, np.full(len(firsts), -1)
    starts = np.union1d(firsts, np.asarray(guesses, np.intp))
    nexts = np.append(starts[1:], -1)
    nexts[np.isin(nexts, firsts)] = -1
    return starts, nexts
