"""Read raw text to learn from without labels, long texts in parts."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from .._check_numbers import check_sizes
from .._registry import registry
from ..doc import Doc
from ..tokenizer import Tokenize
from ._columns import Columns
from .corpus import Corpus
from .formats import Source


@registry.readers("zoo.RawText.v1")
class RawText:
    """Read the texts of files, without labels, from the start at each call.

    A text of more than `max_length` words is split into parts of about equal length,
    at sentence ends where these are known, and none of it is lost.

    The attributes `n_texts`, `n_short` and `n_split` count the texts that the last call
    has read so far, those of them that were left out as too short, and those that were
    split; `has_ended` is whether it has read all.

    Args:
        path: The file, a folder, or a list of both, in the formats that `read_docs`
            knows.
        min_length: Words below which a text is left out.
        max_length: The most words of a part. 0 splits nothing.
        limit: How many texts to read. 0 reads all.
        shuffle_buffer: Of how many texts at a time the order is drawn, as in `Corpus`.
        seed: Start of that drawing.
        tokenizer: Splits what is raw text into words. None takes that of the pipeline,
            if the corpus stands in a config, and else ``zoo.Tokenizer.v1``.
        columns: Which column of a table holds the text, as "text=review", or "word=2"
            in files of words and labels. None: the columns that `read_docs` reads.
        comments: What lines begin with that are passed over in files of words and
            labels, such as "# id". "": none are.
        format: The suffix of the format, such as ".conll", for files of any suffix.
            None: that of each file.

    Raises:
        ValueError: There is no path, or a number is negative: when it is built, before
            anything is read.
        FileNotFoundError: A file is missing: then, too.
    """

    def __init__(
        self,
        path: Source | None,
        *,
        min_length: int = 1,
        max_length: int = 500,
        limit: int = 0,
        shuffle_buffer: int = 0,
        seed: int = 0,
        tokenizer: Tokenize | None = None,
        columns: Columns | None = None,
        comments: str = "",
        format: str | None = None,
    ) -> None:
        check_sizes("RawText", 0, min_length=min_length, max_length=max_length)
        self.min_length = min_length
        self.max_length = max_length
        self.n_texts = self.n_short = self.n_split = 0
        self.has_ended = False
        self._corpus = Corpus(
            path,
            limit=limit,
            shuffle_buffer=shuffle_buffer,
            seed=seed,
            tokenizer=tokenizer,
            misaligned="skip",  # Labels are of no use here, and stop nothing.
            overlapping="longest",
            columns=columns,
            comments=comments,
            format=format,
        )

    def __call__(self) -> Iterator[Doc]:
        """Read the texts, and yield their parts."""
        self.n_texts = self.n_short = self.n_split = 0
        self.has_ended = False
        # Now and not when the first is read, as the corpus counts its calls.
        return self._split(self._corpus())

    def _split(self, docs: Iterable[Doc]) -> Iterator[Doc]:
        for doc in docs:
            self.n_texts += 1
            if len(doc) < self.min_length:
                self.n_short += 1
                continue
            parts = split_long(doc, self.max_length)
            self.n_split += len(parts) > 1
            yield from parts
        self.has_ended = True

    def describe(self) -> str:
        """Describe what became of the texts that the last call has read so far."""
        so_far = "" if self.has_ended else " so far"
        split = f"{self.n_split:,} of more than {self.max_length:,} words were split, "
        return (
            f"Read {self.n_texts:,} texts{so_far}. {split if self.max_length else ''}"
            f"{self.n_short:,} of fewer than {self.min_length:,} left out."
        )


def split_long(doc: Doc, max_length: int) -> list[Doc]:
    """Split a document of more than `max_length` words; 0 splits none.

    The parts are about equally long. One ends at the last sentence end that it can
    reach, where sentences are known. They hold words, spaces and norms only.
    """
    n_words = len(doc)
    if not max_length or n_words <= max_length:
        return [Doc(doc.words, doc.spaces, doc.norms)]
    bounds = [0, *_find_ends(doc, max_length), n_words]
    return [
        Doc(
            doc.words[start:end],
            None if doc.spaces is None else doc.spaces[start:end],
            None if doc.norms is None else doc.norms[start:end],
        )
        for start, end in pairwise(bounds)
    ]


def _find_ends(doc: Doc, max_length: int) -> Iterable[int]:
    """Find where parts end, but for the last."""
    starts = [i for i, begins in enumerate(doc.sent_starts or ()) if begins and i]
    start, n_words = 0, len(doc)
    while n_words - start > max_length:
        n_parts = -(-(n_words - start) // max_length)
        even = start + -(-(n_words - start) // n_parts)
        reached = [i for i in starts if start < i <= start + max_length]
        start = reached[-1] if reached else even
        yield start
